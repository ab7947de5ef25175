package io.github.vla3d.verify.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Ema;
import io.github.vla3d.torch.optim.Gradients;
import io.github.vla3d.torch.optim.Optimizer;
import io.github.vla3d.torch.optim.ParameterGroup;
import io.github.vla3d.torch.optim.Sgd;
import io.github.vla3d.verify.Fixture;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Traces of what changes parameters: gradients or weights of every step in, every result compared.
 */
final class TrainingCase {
  private static final String FILE = "training.safetensors";

  private TrainingCase() {}

  /** Parameters of given shapes and nothing else. */
  private static final class Bare extends Module {
    Bare(Map<String, TensorSpec> specs) {
      specs.forEach(
          (name, spec) ->
              parameter(
                  name,
                  Initialiser.constant(0),
                  spec.shape().stream().mapToLong(Long::longValue).toArray()));
    }
  }

  private static Bare bare(Fixture fixture, String prefix) {
    FixtureWeights weights = new FixtureWeights(fixture, FILE, prefix);
    Bare module = new Bare(weights.specs());
    module.load(weights, null, Device.CPU);
    return module;
  }

  static void optimizer(Fixture fixture, JsonNode entry) {
    String prefix = entry.required("name").asText() + ".";
    double[] rates = fixture.input(FILE, prefix + "rates").toDoubles();
    long[] latePresent = fixture.input(FILE, prefix + "late_present").toLongs();
    try (Bare module = bare(fixture, prefix + "first.");
        Optimizer optimizer = optimizer(entry, module.parameters())) {
      Map<String, List<Tensor>> after = new LinkedHashMap<>();
      for (int i = 0; i < rates.length; i++) {
        int step = i;
        optimizer.zeroGrad();
        module
            .parameters()
            .forEach(
                (name, parameter) -> {
                  Tensor all = fixture.input(FILE, prefix + "gradients." + name);
                  boolean present = !name.equals("late") || latePresent[step] != 0;
                  parameter.value().grad(present ? all.select(0, step).copy() : null);
                });
        optimizer.step(rates[i]);
        module
            .parameters()
            .forEach(
                (name, parameter) ->
                    after
                        .computeIfAbsent(name, key -> new ArrayList<>())
                        .add(parameter.value().detach().copy()));
      }
      after.forEach(
          (name, steps) -> compare(fixture, prefix + "after." + name, Tensors.stack(0, steps)));
      optimizer
          .state()
          .forEach((name, tensor) -> compare(fixture, prefix + "state." + name, tensor));
    }
  }

  private static Optimizer optimizer(JsonNode entry, Map<String, Parameter> parameters) {
    List<ParameterGroup> groups = new ArrayList<>();
    for (JsonNode group : entry.required("groups")) {
      Map<String, Parameter> members = new LinkedHashMap<>();
      for (JsonNode name : group.required("names")) {
        Parameter parameter = parameters.get(name.asText());
        if (parameter == null) {
          throw new TorchException("engine folder: a group names '" + name.asText() + "'");
        }
        members.put(name.asText(), parameter);
      }
      groups.add(
          new ParameterGroup(
              members, group.required("scale").asDouble(), group.required("decay").asDouble()));
    }
    JsonNode c = entry.required("config");
    String type = entry.required("type").asText();
    return switch (type) {
      case "adamw" ->
          new AdamW(
              new AdamW.Options(
                  c.required("betas").required(0).asDouble(),
                  c.required("betas").required(1).asDouble(),
                  c.required("epsilon").asDouble(),
                  c.required("masters").asBoolean()),
              groups);
      case "sgd" -> new Sgd(c.required("momentum").asDouble(), groups);
      default -> throw new TorchException("engine folder: unknown optimiser '" + type + "'");
    };
  }

  static void clip(Fixture fixture, JsonNode entry) {
    String prefix = entry.required("name").asText() + ".";
    try (Bare module = bare(fixture, prefix + "before.")) {
      module.parameters().values().forEach(p -> p.value().grad(p.value().detach().copy()));
      double norm =
          Gradients.clipNorm(module.parameters().values(), entry.required("largest").asDouble());
      Tensor got = Tensors.scalar(norm);
      compare(fixture, prefix + "norm", got);
      module
          .parameters()
          .forEach(
              (name, parameter) -> {
                Tensor grad = parameter.grad();
                if (grad != null) {
                  compare(fixture, prefix + "after." + name, grad);
                }
              });
    }
  }

  static void average(Fixture fixture, JsonNode entry) {
    String prefix = entry.required("name").asText() + ".";
    Tensor weights = fixture.input(FILE, prefix + "weights");
    try (Bare module = bare(fixture, prefix + "first.");
        Ema ema =
            new Ema(
                entry.required("decay").asDouble(),
                entry.required("warmup").asBoolean(),
                module.parameters())) {
      List<Tensor> after = new ArrayList<>();
      for (long i = 0; i < weights.size(0); i++) {
        Tensor now = weights.select(0, i);
        Autograd.noGrad(() -> only(module.save()).copy_(now));
        ema.update();
        after.add(only(ema.averages()).copy());
      }
      compare(fixture, prefix + "after", Tensors.stack(0, after));
    }
  }

  private static Tensor only(Map<String, Tensor> tensors) {
    return tensors.values().iterator().next();
  }

  private static void compare(Fixture fixture, String name, Tensor got) {
    fixture.compare(FILE, name, got, EngineVerifier.tolerance(got.dtype()));
  }
}
