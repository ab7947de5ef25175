package io.github.vla3d.verify.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Attention;
import io.github.vla3d.torch.nn.Conv1d;
import io.github.vla3d.torch.nn.Conv2d;
import io.github.vla3d.torch.nn.ConvTranspose2d;
import io.github.vla3d.torch.nn.Convolution;
import io.github.vla3d.torch.nn.Embedding;
import io.github.vla3d.torch.nn.GatedMlp;
import io.github.vla3d.torch.nn.GroupNorm;
import io.github.vla3d.torch.nn.HalfRotary;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.MultiHeadAttention;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.RmsNorm;
import io.github.vla3d.torch.nn.Rotary;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One layer: parameters and inputs in, output and all gradients compared. The gradients are those
 * of sum(output * output_weight).
 *
 * @param module null for a function without parameters
 * @param forward from inputs by name
 */
record LayerCase(@Nullable Module module, Function<Map<String, Tensor>, Tensor> forward) {
  private static final String FILE = "layers.safetensors";
  private static final Tolerance FP32 = EngineVerifier.tolerance(DType.F32);

  /** With bf16 input all gradients are rounded to bf16 on their way, whatever their type. */
  private static final Tolerance BF16 = EngineVerifier.tolerance(DType.BF16);

  static void verify(Fixture fixture, JsonNode entry) {
    String prefix = entry.required("name").asText() + ".";
    LayerCase layer = of(entry);
    try (Module module = layer.module) {
      Map<String, Parameter> parameters = module == null ? Map.of() : module.parameters();
      if (module != null) {
        FixtureWeights weights = new FixtureWeights(fixture, FILE, prefix + "parameter.");
        module.load(weights, null, Device.CPU);
      }
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      for (JsonNode input : entry.required("inputs")) {
        String name = input.asText();
        Tensor value = fixture.input(FILE, prefix + "input." + name).copy();
        boolean leaf = value.dtype().isFloating() && !name.equals("mask");
        inputs.put(name, leaf ? value.requiresGrad_(true) : value);
      }
      boolean bf16 = inputs.values().stream().anyMatch(input -> input.dtype() == DType.BF16);
      Tensor output = layer.forward.apply(inputs);
      fixture.compare(FILE, prefix + "output", output, bf16 ? BF16 : FP32);
      output.mul(fixture.input(FILE, prefix + "output_weight")).sum().backward();
      Map<String, @Nullable Tensor> gradients = new LinkedHashMap<>();
      parameters.forEach(
          (name, parameter) ->
              gradients.put(prefix + "gradient.parameter." + name, parameter.grad()));
      inputs.forEach(
          (name, input) -> {
            if (input.requiresGrad()) {
              gradients.put(prefix + "gradient.input." + name, input.grad());
            }
          });
      compare(fixture, gradients, bf16 ? BF16 : FP32);
    }
  }

  /**
   * Some gradients are 0 but for rounding, like that of a key's bias, which the softmax cannot see:
   * so a tenth of the tolerance counts from the largest gradient of the layer.
   */
  private static void compare(
      Fixture fixture, Map<String, @Nullable Tensor> gradients, Tolerance tolerance) {
    double largest = 0;
    for (String name : gradients.keySet()) {
      largest = Math.max(largest, fixture.input(FILE, name).abs().amax(false).item());
    }
    Tolerance allowed =
        new Tolerance(0, 0.1 * tolerance.ofMaximum() * largest, tolerance.ofMaximum());
    gradients.forEach(
        (name, got) -> {
          if (got == null) {
            throw new TorchException(name + ": no gradient arrived");
          }
          fixture.compare(FILE, name, got, allowed);
        });
  }

  private static LayerCase of(JsonNode entry) {
    JsonNode c = entry.required("config");
    String type = entry.required("type").asText();
    return switch (type) {
      case "linear" -> {
        Linear layer = new Linear(size(c, "in"), size(c, "out"), flag(c, "bias"));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "conv1d" -> {
        Conv1d layer = new Conv1d(size(c, "in"), size(c, "out"), size(c, "kernel"), convolution(c));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "conv2d" -> {
        Conv2d layer = new Conv2d(size(c, "in"), size(c, "out"), size(c, "kernel"), convolution(c));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "conv_transpose2d" -> {
        ConvTranspose2d layer =
            new ConvTranspose2d(size(c, "in"), size(c, "out"), size(c, "kernel"), convolution(c));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "layer_norm" -> {
        LayerNorm layer = new LayerNorm(size(c, "width"), number(c, "epsilon"));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "group_norm" -> {
        GroupNorm layer =
            new GroupNorm(size(c, "groups"), size(c, "channels"), number(c, "epsilon"));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "rms_norm" -> {
        RmsNorm layer =
            flag(c, "gemma")
                ? RmsNorm.gemma(size(c, "width"), number(c, "epsilon"))
                : RmsNorm.plain(size(c, "width"), number(c, "epsilon"));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "embedding" -> {
        Embedding layer = new Embedding(size(c, "n"), size(c, "width"), size(c, "padding"));
        yield new LayerCase(layer, x -> layer.apply(in(x, "ids")));
      }
      case "mlp" -> {
        Mlp layer = new Mlp(activation(c), texts(c, "names"), sizes(c, "widths"));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "gated_mlp" -> {
        GatedMlp layer = new GatedMlp(size(c, "width"), size(c, "hidden"), activation(c));
        yield new LayerCase(layer, x -> layer.apply(in(x, "x")));
      }
      case "attention" -> new LayerCase(null, LayerCase::attention);
      case "rotary_half" ->
          new LayerCase(
              null,
              x ->
                  HalfRotary.of(in(x, "positions"), in(x, "x").size(-1), number(c, "base"))
                      .apply(in(x, "x")));
      case "multi_head_attention" -> multiHeadAttention(c);
      default -> throw new TorchException("engine folder: unknown layer '" + type + "'");
    };
  }

  private static Tensor attention(Map<String, Tensor> x) {
    return Attention.apply(
        in(x, "query"),
        in(x, "key"),
        in(x, "value"),
        x.get("mask"),
        Double.NaN,
        Attention.EmptyRows.ZERO);
  }

  private static LayerCase multiHeadAttention(JsonNode c) {
    List<String> names = texts(c, "names");
    long headWidth = size(c, "head_width");
    MultiHeadAttention layer =
        new MultiHeadAttention(
            new MultiHeadAttention.Layout(
                size(c, "width"),
                size(c, "context_width"),
                size(c, "heads"),
                size(c, "key_heads"),
                headWidth,
                flag(c, "bias")),
            new MultiHeadAttention.Names(names.get(0), names.get(1), names.get(2), names.get(3)),
            Attention.EmptyRows.ZERO);
    return new LayerCase(
        layer,
        x ->
            layer.apply(
                in(x, "x"),
                in(x, "context"),
                x.get("mask"),
                rotary(x.get("query_positions"), headWidth, c),
                rotary(x.get("key_positions"), headWidth, c)));
  }

  private static @Nullable Rotary rotary(@Nullable Tensor positions, long headWidth, JsonNode c) {
    return positions == null ? null : HalfRotary.of(positions, headWidth, number(c, "base"));
  }

  private static Tensor in(Map<String, Tensor> inputs, String name) {
    Tensor input = inputs.get(name);
    if (input == null) {
      throw new TorchException("engine folder: a layer lacks its input '" + name + "'");
    }
    return input;
  }

  private static Convolution convolution(JsonNode c) {
    return new Convolution(
        size(c, "stride"), size(c, "padding"), size(c, "groups"), flag(c, "bias"));
  }

  private static Activation activation(JsonNode c) {
    return Activation.valueOf(c.required("activation").asText());
  }

  private static long size(JsonNode c, String key) {
    return c.required(key).asLong();
  }

  private static double number(JsonNode c, String key) {
    return c.required(key).asDouble();
  }

  private static boolean flag(JsonNode c, String key) {
    return c.required(key).asBoolean();
  }

  private static List<String> texts(JsonNode c, String key) {
    List<String> texts = new ArrayList<>();
    c.required(key).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static long[] sizes(JsonNode c, String key) {
    long[] sizes = new long[c.required(key).size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = c.required(key).get(i).asLong();
    }
    return sizes;
  }
}
