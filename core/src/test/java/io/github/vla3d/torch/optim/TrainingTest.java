package io.github.vla3d.torch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Linear;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TrainingTest {
  private static Linear linear(Generator generator) {
    Linear linear = new Linear(4, 3);
    linear.initialise(generator);
    return linear;
  }

  private static void step(Linear linear, Optimizer optimizer, Generator generator) {
    Scope.run(
        () -> {
          optimizer.zeroGrad();
          linear.apply(generator.randn(DType.F32, 8, 4)).square().sum().backward();
          Gradients.clipNorm(linear.parameters().values(), 1);
          optimizer.step(0.01);
        });
  }

  private static List<ParameterGroup> groups(Linear linear) {
    return List.of(new ParameterGroup(linear.parameters(), 0.1));
  }

  @Test
  void optimisersAreDeterministicAndRestoreBitForBit() {
    List<Function<Linear, Optimizer>> kinds =
        List.of(
            linear -> new Sgd(0.9, groups(linear)),
            linear -> new AdamW(AdamW.Options.DEFAULT, groups(linear)));
    for (Function<Linear, Optimizer> kind : kinds) {
      float[] whole = run(kind, Integer.MAX_VALUE);
      assertThat(run(kind, Integer.MAX_VALUE)).isEqualTo(whole);
      assertThat(run(kind, 7)).isEqualTo(whole);
    }
  }

  private static float[] run(Function<Linear, Optimizer> kind, int restart) {
    try (Generator generator = new Generator(3);
        Linear linear = linear(generator)) {
      Optimizer optimizer = kind.apply(linear);
      for (int i = 0; i < 15; i++) {
        if (i == restart) {
          Optimizer next = kind.apply(linear);
          next.restore(optimizer.state());
          optimizer.close();
          optimizer = next;
        }
        step(linear, optimizer, generator);
      }
      optimizer.close();
      return linear.weight().value().toFloats();
    }
  }

  @Test
  void frozenParametersAndThoseWithoutGradientStay() {
    try (Generator generator = new Generator(4);
        Linear linear = linear(generator);
        AdamW adam = new AdamW(AdamW.Options.DEFAULT, groups(linear))) {
      float[] before = linear.weight().value().toFloats();
      adam.step(1);
      assertThat(linear.weight().value().toFloats()).isEqualTo(before);
      step(linear, adam, generator);
      float[] after = linear.weight().value().toFloats();
      assertThat(after).isNotEqualTo(before);
      linear.freeze(name -> name.equals("weight"));
      adam.step(1);
      assertThat(linear.weight().value().toFloats()).isEqualTo(after);
    }
  }

  @Test
  void aStateOfAnotherModelIsRefused() {
    try (Generator generator = new Generator(5);
        Linear linear = linear(generator);
        AdamW adam = new AdamW(AdamW.Options.DEFAULT, groups(linear));
        Sgd sgd = new Sgd(0.9, groups(linear))) {
      assertThatThrownBy(() -> adam.restore(sgd.state()))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("missing [exp_avg.bias")
          .hasMessageContaining("superfluous [momentum_buffer.bias");
      Map<String, Tensor> other = new LinkedHashMap<>(adam.state());
      other.put("exp_avg.bias", adam.state().get("exp_avg.weight"));
      assertThatThrownBy(() -> adam.restore(other))
          .hasMessageContaining("exp_avg.bias: wanted F32[3], got F32[3, 4]");
    }
  }

  @Test
  void clippingOfAGroupLeavesTheOthers() {
    try (Generator generator = new Generator(6);
        Linear linear = linear(generator)) {
      Scope.run(
          () -> {
            linear.apply(generator.randn(DType.F32, 8, 4)).square().sum().backward();
            Tensor bias = linear.parameters().values().stream().toList().get(1).value();
            Tensor biasGrad = bias.grad();
            assertThat(biasGrad).isNotNull();
            float[] before = biasGrad.toFloats();
            double norm = Gradients.clipNorm(List.of(linear.weight()), 0.5);
            assertThat(norm).isGreaterThan(0.5);
            assertThat(Gradients.norm(List.of(linear.weight()))).isCloseTo(0.5, within(1e-5));
            assertThat(biasGrad.toFloats()).isEqualTo(before);
          });
    }
  }

  @Test
  void averagesSwapInAndOutAndRestore() {
    try (Generator generator = new Generator(7);
        Linear linear = linear(generator);
        Sgd sgd = new Sgd(0, groups(linear));
        Ema ema = new Ema(0.9, true, linear.parameters());
        Ema copy = new Ema(0.9, true, linear.parameters())) {
      for (int i = 0; i < 5; i++) {
        step(linear, sgd, generator);
        ema.update();
      }
      copy.restore(ema.state());
      float[] weights = linear.weight().value().toFloats();
      float[] average = values(ema.averages(), "weight");
      assertThat(average).isNotEqualTo(weights);
      assertThat(ema.<float[]>evaluate(() -> linear.weight().value().toFloats()))
          .isEqualTo(average);
      assertThat(linear.weight().value().toFloats()).isEqualTo(weights);
      assertThat(linear.weight().value().requiresGrad()).isTrue();
      step(linear, sgd, generator);
      ema.update();
      copy.update();
      assertThat(values(copy.averages(), "weight")).isEqualTo(values(ema.averages(), "weight"));
      assertThat(Autograd.isRecording()).isTrue();
    }
  }

  private static float[] values(Map<String, Tensor> tensors, String name) {
    Tensor tensor = tensors.get(name);
    assertThat(tensor).isNotNull();
    return tensor.toFloats();
  }

  @Test
  void schedulesAtTheirCorners() {
    Schedule openpi = new WarmupCosine(1000, 2.5e-5, 30_000, 2.5e-6);
    assertThat(openpi.at(0)).isEqualTo(2.5e-5 / 1001);
    assertThat(openpi.at(1000)).isCloseTo(2.5e-5, within(1e-18));
    assertThat(openpi.at(30_000)).isCloseTo(2.5e-6, within(1e-18));
    assertThat(openpi.at(1_000_000)).isEqualTo(openpi.at(30_000));
    LeRobotCosine leRobot = new LeRobotCosine(1000, 30_000, 2.5e-5, 2.5e-6);
    assertThat(leRobot.at(1000)).isLessThan(2.5e-5); // its angle counts from step 0
    assertThat(leRobot.scaledTo(3000)).isEqualTo(new LeRobotCosine(100, 3000, 2.5e-5, 2.5e-6));
    assertThat(leRobot.scaledTo(30_000)).isSameAs(leRobot);
    assertThat(Schedule.constant(3).at(9)).isEqualTo(3);
    assertThatThrownBy(() -> new WarmupCosine(10, 1, 10, 0)).hasMessageContaining("warmup < total");
  }
}
