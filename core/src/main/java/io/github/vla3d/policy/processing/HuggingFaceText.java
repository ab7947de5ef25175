package io.github.vla3d.policy.processing;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@code tokenizer.json}. */
final class HuggingFaceText implements Tokenizer {
  static {
    TokenizerLibrary.keepOffline();
  }

  private static final List<String> USUAL_PADS = List.of("<pad>", "[PAD]");

  private final HuggingFaceTokenizer tokenizer;
  private final int pad;

  private HuggingFaceText(HuggingFaceTokenizer tokenizer, int pad) {
    this.tokenizer = tokenizer;
    this.pad = pad;
  }

  static HuggingFaceText open(Path file) {
    int pad = padOf(file);
    try {
      return new HuggingFaceText(
          HuggingFaceTokenizer.builder()
              .optTokenizerPath(file)
              .optPadding(false)
              .optTruncation(false)
              .build(),
          pad);
    } catch (IOException | RuntimeException | LinkageError e) {
      throw new ProcessingException(file + ": no tokenizer: " + e.getMessage(), e);
    }
  }

  /**
   * The id of the padding token, which {@code tokenizer_config.json} names; without it Gemma's or
   * BERT's.
   */
  private static int padOf(Path file) {
    Path config = file.resolveSibling("tokenizer_config.json");
    List<String> tokens = USUAL_PADS;
    if (Files.exists(config)) {
      JsonObject json = JsonObject.read(config);
      tokens = json.has("pad_token") ? List.of(tokenText(json, "pad_token")) : tokens;
    }
    Map<String, Integer> added = new TreeMap<>();
    for (JsonObject json : JsonObject.read(file).objects("added_tokens")) {
      added.put(json.text("content"), json.integer("id"));
    }
    for (String token : tokens) {
      @Nullable Integer id = added.get(token);
      if (id != null) {
        return id;
      }
    }
    throw new ProcessingException(
        "%s: wanted a padding token '%s', got %s"
            .formatted(file, String.join("' or '", tokens), added.keySet()));
  }

  /** Older files describe a token instead of naming it. */
  private static String tokenText(JsonObject json, String key) {
    try {
      return json.text(key);
    } catch (ProcessingException e) {
      return json.object(key).text("content");
    }
  }

  @Override
  public int[] encode(String text, boolean special) {
    return Arrays.stream(tokenizer.encode(text, special, false).getIds())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  @Override
  public int pad() {
    return pad;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
