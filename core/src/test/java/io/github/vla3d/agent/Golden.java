package io.github.vla3d.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.torch.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The reference tensors that are small enough for the repository. */
final class Golden {
  private static final Path FOLDER = Path.of("src/test/resources/golden");

  private Golden() {}

  static Path path(String first, String... more) {
    return FOLDER.resolve(Path.of(first, more));
  }

  static JsonNode json(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The sizes of the tiny models, which their config.json does not tell. */
  static Map<String, Long> sizes(String family) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    json(path(family, "manifest.json"))
        .path("dims")
        .properties()
        .forEach(
            size -> {
              if (size.getValue().isIntegralNumber()) {
                sizes.put(size.getKey(), size.getValue().longValue());
              }
            });
    return sizes;
  }

  static AgentOptions options(String family) {
    return AgentOptions.DEFAULTS.withSizes(sizes(family));
  }

  static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  static Observation observation(String task, float[] state, View... views) {
    return new Observation(List.of(views), state, List.of(), task, 0);
  }

  static View view(String name, RgbImage picture) {
    return View.of(name, picture, Optional.empty(), Optional.empty());
  }

  /** A picture of the nearest bytes of F32 [3, h, w] in [0, 1]. */
  static RgbImage picture(Tensor unit) {
    Tensor last = unit.permute(1, 2, 0).contiguous();
    float[] values = last.toFloats();
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.round(255 * values[i]);
    }
    return RgbImage.owning(Math.toIntExact(last.size(1)), Math.toIntExact(last.size(0)), bytes);
  }
}
