package io.github.vla3d.scene.aggregation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.scene.Scenes;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.GradientCheck;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Trace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Eq. (14) to (16). */
class AggregationTest {
  private static Tensor flags(int batch, int n, int... off) {
    Tensor flags = Tensors.ones(DType.BOOL, Device.CPU, batch, n);
    for (int i : off) {
      flags.select(1, i).fill_(0);
    }
    return flags;
  }

  /** Eq. (15) and (16); the uncertainty is outside the graph. */
  @Test
  void gradientsOfRouting() {
    SceneConfig config = Scenes.config("scene.routing.neighbours", "3");
    try (Routing routing = new Routing(config);
        Generator generator = new Generator(1)) {
      Scenes.stir(routing, 2);
      Scope.run(
          () -> {
            Tensor logits = generator.randn(DType.F64, 2, 4);
            GradientCheck.module(
                routing,
                x ->
                    routing.apply(
                        new Routing.Placed(x.get(0), x.get(1), flags(2, 4, 3)),
                        logits,
                        new Routing.Placed(x.get(2), x.get(3), flags(2, 6, 5)),
                        Trace.NONE),
                generator.randn(DType.F64, 2, 4, 48),
                generator.rand(DType.F64, 2, 4, 3).mul(0.1),
                generator.randn(DType.F64, 2, 6, 48),
                generator.rand(DType.F64, 2, 6, 3).mul(0.1));
          });
    }
  }

  /** Eq. (14) on both kinds of tokens, with two arms. */
  @Test
  void gradientsOfTokens() {
    try (TokenMaker maker = new TokenMaker(Scenes.config(), 24, 2);
        Generator generator = new Generator(3)) {
      Scenes.stir(maker, 4);
      Scope.run(
          () -> {
            TokenMaker.Standpoint from =
                new TokenMaker.Standpoint(
                    generator.rand(DType.F64, 2, 2, 3), Tensors.zeros(3).to(DType.F64));
            GradientCheck.module(
                maker,
                x ->
                    Tensors.cat(
                        1,
                        maker.apply(
                            TokenMaker.Kind.INSTANCE,
                            new Routing.Placed(x.get(0), x.get(1), flags(2, 4, 1)),
                            from,
                            null,
                            BatchShare.ALL),
                        maker.apply(
                            TokenMaker.Kind.COMPLETION,
                            new Routing.Placed(x.get(0), x.get(1), flags(2, 4)),
                            from,
                            null,
                            BatchShare.ALL)),
                generator.randn(DType.F64, 2, 4, 48),
                generator.rand(DType.F64, 2, 4, 3).mul(0.1));
          });
    }
  }

  /** Eq. (16) at first: sigmoid(-3) whatever the instance; closed where there is no neighbour. */
  @Test
  void theGateOpensFourPointSevenPercentAtFirst() {
    try (Routing routing = new Routing(Scenes.config());
        Store kept = new Store();
        Generator generator = new Generator(5)) {
      routing.initialise(generator);
      Scope.run(
          () -> {
            Tensor near = generator.rand(DType.F32, 1, 2, 3).mul(0.05);
            near.select(1, 1).add_(Tensors.full(1, DType.F32, Device.CPU, 3));
            Tensor features = generator.randn(DType.F32, 1, 2, 48);
            Map<String, Tensor> seen = new LinkedHashMap<>();
            Tensor routed =
                routing.apply(
                    new Routing.Placed(features, near, flags(1, 2)),
                    generator.randn(DType.F32, 1, 2),
                    new Routing.Placed(
                        generator.randn(DType.F32, 1, 6, 48),
                        generator.rand(DType.F32, 1, 6, 3).mul(0.05),
                        flags(1, 6)),
                    (stage, value) -> seen.put(stage, kept.put(value.detach().copy())));
            Tensor gate = Objects.requireNonNull(seen.get("gate"));
            assertThat(gate.select(1, 0).sub(.0474259).abs().amax(false).item()).isLessThan(1e-6);
            assertThat(gate.select(1, 1).abs().amax(false).item()).isEqualTo(0);
            assertThat(routed.select(1, 1).equal(features.select(1, 1))).isTrue();
            Tensor weights = Objects.requireNonNull(seen.get("weights"));
            assertThat(weights.select(2, 0).sum(false, -1).amin(false).item())
                .isCloseTo(1, within(1e-6));
          });
    }
  }

  /** Eq. (14) and (15) know differences of places only. */
  @Test
  void movingEverythingChangesNothing() {
    SceneConfig config = Scenes.config();
    try (Routing routing = new Routing(config);
        TokenMaker maker = new TokenMaker(config, 64, 1);
        Generator generator = new Generator(6)) {
      Scenes.stir(routing, 7);
      Scenes.stir(maker, 8);
      for (int seed = 0; seed < 20; seed++) {
        Scope.run(
            () -> {
              Tensor move = generator.randn(DType.F32, 3).mul(0.3);
              Tensor c = generator.randn(DType.F32, 1, 4, 48);
              Tensor p = generator.rand(DType.F32, 1, 4, 3).mul(0.3);
              Tensor f = generator.randn(DType.F32, 1, 9, 48);
              Tensor at = generator.rand(DType.F32, 1, 9, 3).mul(0.3);
              Tensor logits = generator.randn(DType.F32, 1, 4);
              Tensor hand = generator.rand(DType.F32, 1, 1, 3);
              Tensor centre = Tensors.zeros(3);
              Tensor[] routed = new Tensor[2];
              Tensor[] offset = new Tensor[2];
              for (int i = 0; i < 2; i++) {
                Tensor by = move.mul(i);
                routed[i] =
                    routing.apply(
                        new Routing.Placed(c, p.add(by), flags(1, 4)),
                        logits,
                        new Routing.Placed(f, at.add(by), flags(1, 9, 8)),
                        Trace.NONE);
                offset[i] =
                    maker.offset(p.add(by), new TokenMaker.Standpoint(hand.add(by), centre));
              }
              assertThat(Scenes.relative(routed[0], routed[1])).isLessThan(1e-4);
              assertThat(Scenes.relative(offset[0], offset[1])).isLessThan(1e-4);
            });
      }
    }
  }
}
