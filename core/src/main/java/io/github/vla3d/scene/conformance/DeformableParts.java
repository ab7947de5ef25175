package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.scene.instance.DeformableAttention;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Multi-scale deformable attention: its core and the whole layer, with gradients. */
final class DeformableParts {
  private static final Tolerance FP32 = Tolerance.of(1e-4, 1e-5);
  private static final Tolerance FP64 = Tolerance.of(1e-10, 1e-10);

  private static final Map<String, String> NAMES =
      Map.of(
          "sampling_offsets", "offsets",
          "attention_weights", "weights",
          "value_proj", "value",
          "output_proj", "output");

  private DeformableParts() {}

  static void core(ComponentFile file, JsonNode entry) {
    for (int c = 0; c < entry.required("cases").size(); c++) {
      JsonNode shapes = entry.required("cases").get(c).required("sh");
      for (String type : new String[] {"f32", "f64"}) {
        String name = "c" + c + "." + type + ".";
        if (!file.has(name + "value")) {
          continue;
        }
        Tolerance tolerance = type.equals("f32") ? FP32 : FP64;
        Tensor value = file.leaf(name + "value"); // [N, cells, H, d]
        Tensor locations = file.leaf(name + "locations");
        Tensor weights = file.leaf(name + "weights");
        Tensor out =
            DeformableAttention.sample(maps(value.flatten(2, 3), shapes), locations, weights);
        file.compare(name + "out", out.detach(), tolerance);
        out.mul(file.input(name + "grad_out")).sum().backward();
        file.compareGradient(name + "grad_value", value.grad(), tolerance);
        file.compareGradient(name + "grad_locations", locations.grad(), tolerance);
        file.compareGradient(name + "grad_weights", weights.grad(), tolerance);
      }
    }
  }

  /** Tokens [N, cells of all levels, C] as one map [N, C, h, w] for each level. */
  private static List<Tensor> maps(Tensor tokens, JsonNode shapes) {
    List<Tensor> maps = new ArrayList<>();
    long from = 0;
    for (JsonNode shape : shapes) {
      long h = shape.get(0).asLong();
      long w = shape.get(1).asLong();
      Tensor level = tokens.narrow(1, from, h * w).transpose(1, 2);
      maps.add(level.reshape(level.size(0), level.size(1), h, w));
      from += h * w;
    }
    return maps;
  }

  static void module(ComponentFile file, JsonNode entry) {
    for (int c = 0; c < entry.required("cases").size(); c++) {
      JsonNode size = entry.required("cases").get(c);
      String name = "m" + c + ".";
      try (DeformableAttention attention =
              new DeformableAttention(
                  size.required("d_model").asLong(),
                  size.required("heads").asLong(),
                  size.required("levels").asLong(),
                  size.required("points").asLong());
          Generator generator = new Generator(0)) {
        attention.initialise(generator);
        file.compare(
            name + "init.sampling_offsets.bias", parameter(attention, "offsets.bias"), FP32);
        attention.load(file.weights(name, theirs -> renamed(theirs)), null, Device.CPU);
        layer(file, name, size, attention);
      }
    }
  }

  private static @Nullable String renamed(String theirs) {
    int dot = theirs.indexOf('.');
    String ours = NAMES.get(dot < 0 ? theirs : theirs.substring(0, dot));
    return ours == null ? null : ours + theirs.substring(dot);
  }

  private static Tensor parameter(DeformableAttention attention, String name) {
    Parameter parameter = Objects.requireNonNull(attention.parameters().get(name));
    return parameter.value().detach();
  }

  private static void layer(
      ComponentFile file, String name, JsonNode size, DeformableAttention attention) {
    JsonNode shapes = size.required("shapes_hw");
    Tensor query = file.leaf(name + "in.query");
    Tensor reference = file.leaf(name + "in.reference_points");
    Tensor value = file.leaf(name + "in.value");
    List<Tensor> blank = new ArrayList<>();
    Tensor padding = file.input(name + "in.padding_mask").unsqueeze(-1);
    maps(padding, shapes).forEach(map -> blank.add(map.select(1, 0)));
    List<Tensor> maps = maps(value, shapes);
    Tensor offsets = attention.offsets(query); // [N, Q, H, S, K, 2]
    Tensor at = reference.unsqueeze(2).unsqueeze(4); // [N, Q, 1, S, 1, 2 or 4]
    Tensor locations;
    if (size.required("ref_dim").asInt() == 2) {
      double[] sizes = new double[2 * maps.size()];
      for (int s = 0; s < maps.size(); s++) {
        sizes[2 * s] = maps.get(s).size(3);
        sizes[2 * s + 1] = maps.get(s).size(2);
      }
      locations = at.add(offsets.div(Tensors.of(sizes, maps.size(), 1, 2).to(offsets.dtype())));
    } else {
      // A box: offsets count in units of half its size, shared out among the points.
      Tensor half = at.narrow(-1, 2, 2).mul(0.5 / size.required("points").asDouble());
      locations = at.narrow(-1, 0, 2).add(offsets.mul(half));
    }
    Tensor out = attention.attend(query, locations, maps, blank);
    file.compare(name + "out", out.detach(), FP32);
    out.mul(file.input(name + "grad_out")).sum().backward();
    file.compareGradient(name + "grad.query", query.grad(), FP32);
    file.compareGradient(name + "grad.reference_points", reference.grad(), FP32);
    file.compareGradient(name + "grad.value", value.grad(), FP32);
    attention
        .parameters()
        .forEach(
            (ours, parameter) ->
                NAMES.forEach(
                    (theirs, part) -> {
                      if (ours.startsWith(part + ".")) {
                        String wanted = name + "grad." + theirs + ours.substring(part.length());
                        if (file.has(wanted)) {
                          file.compareGradient(wanted, parameter.grad(), FP32);
                        }
                      }
                    }));
  }
}
