package io.github.vla3d.policy.pi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.View;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Gradients;
import io.github.vla3d.torch.optim.LeRobotCosine;
import io.github.vla3d.torch.optim.ParameterGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * 200 steps of LeRobot's own training, done again: same weights, batch, noise, times, optimiser and
 * schedule (tools/reference/pi_training.py).
 */
class PiTrainingTest {
  private static final double RELATIVE = 1e-3;
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @EnumSource(PiFamily.class)
  void lossesFollowTheReference(PiFamily family) throws IOException {
    Path folder = Path.of("src/test/resources/golden/training");
    JsonNode manifest = JSON.readTree(Files.readString(folder.resolve("manifest.json")));
    JsonNode settings = manifest.path("families").path(family.type());
    try (Safetensors file = Safetensors.open(folder.resolve(family.type() + ".safetensors"));
        PiNetwork network = new PiNetwork(config(family, manifest.path("dims")))) {
      network.load(new PiNames(new Prefixed(file, "weights."), PiPrecision.FP32), null, Device.CPU);
      network.training(true);
      List<Double> losses = train(new PiPolicy(network), file, settings);
      double[] wanted = Scope.call(scope -> file.get("loss").toDoubles());
      assertThat(losses).hasSize(wanted.length);
      assertThat(wanted.length).isEqualTo(manifest.path("steps").asInt()).isEqualTo(200);
      for (int i = 0; i < wanted.length; i++) {
        assertThat(losses.get(i))
            .as("loss of step %d", i)
            .isCloseTo(wanted[i], within(RELATIVE * wanted[i]));
      }
      assertThat(wanted[wanted.length - 1]).isLessThan(wanted[0]);
    }
  }

  private static List<Double> train(PiPolicy policy, Safetensors file, JsonNode settings) {
    Map<String, Parameter> all = policy.network().trainable();
    JsonNode adam = settings.path("optimizer");
    JsonNode cosine = settings.path("schedule");
    double[] rates = Scope.call(scope -> file.get("rate").toDoubles());
    LeRobotCosine schedule =
        new LeRobotCosine(
                cosine.path("warmup").asLong(),
                cosine.path("decay").asLong(),
                cosine.path("peak").asDouble(),
                cosine.path("end").asDouble())
            .scaledTo(rates.length);
    AdamW.Options options =
        new AdamW.Options(
            adam.path("betas").path(0).asDouble(),
            adam.path("betas").path(1).asDouble(),
            adam.path("eps").asDouble(),
            false);
    List<Double> losses = new ArrayList<>();
    try (AdamW optimiser =
        new AdamW(
            options, List.of(new ParameterGroup(all, adam.path("weight_decay").asDouble())))) {
      for (int s = 0; s < rates.length; s++) {
        int step = s;
        assertThat(schedule.at(step)).isCloseTo(rates[step], within(1e-12));
        losses.add(Scope.call(scope -> step(policy, file, step)));
        Gradients.clipNorm(all.values(), adam.path("clip_norm").asDouble());
        optimiser.step(schedule.at(step));
        optimiser.zeroGrad();
      }
    }
    return losses;
  }

  private static double step(PiPolicy policy, Safetensors file, int step) {
    PiConfig config = policy.config();
    List<View> views = new ArrayList<>();
    for (int i = 0; i < config.cameras().size(); i++) {
      views.add(
          new View(
              config.cameras().get(i), file.get("in.image" + i), file.get("in.image_mask" + i)));
    }
    Prefix prefix =
        policy.prefix(
            policy.encodeViews(views),
            new Instruction(file.get("in.tokens"), file.get("in.token_mask")),
            config.family() == PiFamily.PI0 ? file.get("in.state") : null);
    Tensor loss =
        policy
            .loss(
                prefix,
                file.get("in.actions"),
                file.get("noise").select(0, step),
                file.get("time").select(0, step))
            .narrow(2, 0, config.robot().action())
            .mean();
    loss.backward();
    return loss.item();
  }

  private static PiConfig config(PiFamily family, JsonNode dims) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    dims.properties().forEach(size -> sizes.put(size.getKey(), size.getValue().asLong()));
    JsonNode json = JSON.createObjectNode().put("action_horizon", 1).put("action_dim", 1);
    return PiConfig.openpi(json, family).withSizes(sizes);
  }

  /** The tensors whose names begin with a prefix. */
  private record Prefixed(Weights file, String prefix) implements Weights {
    @Override
    public String source() {
      return file.source();
    }

    @Override
    public Map<String, TensorSpec> specs() {
      Map<String, TensorSpec> specs = new LinkedHashMap<>();
      file.specs()
          .forEach(
              (name, spec) -> {
                if (name.startsWith(prefix)) {
                  specs.put(name.substring(prefix.length()), spec);
                }
              });
      return specs;
    }

    @Override
    public Tensor get(String name) {
      return file.get(prefix + name);
    }

    @Override
    public void close() {}
  }
}
