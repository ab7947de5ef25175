package io.github.vla3d.torch.optim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Linear;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdamWTest {
  @Test
  void fitsALine() {
    try (Generator generator = new Generator(1);
        Linear linear = new Linear(3, 1)) {
      linear.initialise(generator);
      try (AdamW adam =
          new AdamW(AdamW.Options.DEFAULT, List.of(new ParameterGroup(linear.parameters(), 0)))) {
        double first = 0;
        double last = 0;
        for (int i = 0; i < 200; i++) {
          last =
              Scope.call(
                  scope -> {
                    Tensor x = generator.randn(DType.F32, 32, 3);
                    Tensor y = x.sum(true, -1).mul(2).add(1);
                    Tensor loss = linear.apply(x).sub(y).square().mean();
                    adam.zeroGrad();
                    loss.backward();
                    adam.step(0.05);
                    return loss.item();
                  });
          first = i == 0 ? last : first;
        }
        assertThat(last).isLessThan(first * 1e-3);
      }
    }
  }

  @Test
  void aRestoredRunGoesOnBitForBit() {
    Map<String, float[]> whole = run(6, 6);
    Map<String, float[]> resumed = run(3, 6);
    assertThat(resumed.keySet()).isEqualTo(whole.keySet());
    whole.forEach((name, values) -> assertThat(resumed.get(name)).as(name).isEqualTo(values));
  }

  /** Trains a bf16 layer with masters, moving over to a new optimiser after some steps. */
  private static Map<String, float[]> run(int first, int all) {
    try (Generator generator = new Generator(2);
        Linear linear = new Linear(5, 4)) {
      linear.initialise(generator);
      linear.to(DType.BF16);
      List<ParameterGroup> groups = List.of(new ParameterGroup(linear.parameters(), 0.1));
      AdamW adam = new AdamW(AdamW.Options.DEFAULT, groups);
      for (int i = 0; i < all; i++) {
        if (i == first) {
          AdamW next = new AdamW(AdamW.Options.DEFAULT, groups);
          next.restore(adam.state());
          adam.close();
          adam = next;
        }
        AdamW now = adam;
        Scope.run(
            () -> {
              now.zeroGrad();
              linear.apply(generator.randn(DType.BF16, 8, 5)).square().sum().backward();
              now.step(0.01);
            });
      }
      Map<String, float[]> values = new LinkedHashMap<>();
      AdamW last = adam;
      linear.save().forEach((name, tensor) -> values.put(name, tensor.toFloats()));
      last.state().forEach((name, tensor) -> values.put(name, tensor.toFloats()));
      adam.close();
      return values;
    }
  }
}
