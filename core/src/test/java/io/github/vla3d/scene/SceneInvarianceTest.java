package io.github.vla3d.scene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenTokens;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Trace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must not change the scene tokens, over random scenes and weights. */
class SceneInvarianceTest {
  private static Tensor moved(Tensor cameraFromWorld, Tensor by) {
    // A world moved by d: R (p + d) + t' = R p + t.
    Tensor result = cameraFromWorld.copy();
    Tensor r = cameraFromWorld.narrow(2, 0, 3).narrow(3, 0, 3);
    Tensor t = result.narrow(2, 0, 3).narrow(3, 3, 1);
    t.sub_(r.matmul(by.view(3, 1)));
    return result;
  }

  private static SceneInput moved(SceneInput in, Tensor by) {
    return new SceneInput(
        in.tokens(),
        in.depth(),
        in.intrinsics(),
        moved(in.cameraFromWorld(), by),
        in.present(),
        in.padding(),
        in.viewIds(),
        in.endEffector().add(by));
  }

  /**
   * World, cameras, end-effector, probes and workspace moved together: nothing changes. Without the
   * workspace Eq. (1) sees other coordinates; the test prints by how much tokens change.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void movingEverything(long seed) {
    double[] by = {0.125, -0.0625, 0.03125};
    SceneConfig here = Scenes.config();
    SceneConfig there =
        Scenes.config(
            "scene.workspace.min", "[0.225, -0.6125, -0.06875]",
            "scene.workspace.max", "[1.325, 0.4875, 0.63125]");
    try (SceneModule module = Scenes.module(here, seed);
        SceneModule beside = Scenes.module(there, seed)) {
      Scope.run(
          () -> {
            Tensor d = Tensors.of(by, 3).to(DType.F32);
            SceneInput input = Scenes.input(2, 3, seed);
            CompletionQueries queries = Scenes.queries(here, 2, seed, 30, 10);
            CompletionQueries shifted =
                new CompletionQueries(queries.points().add(d), queries.viewIds(), queries.valid());
            Tensor probes =
                Objects.requireNonNull(module.parameters().get("probes.points")).value().detach();
            Objects.requireNonNull(beside.parameters().get("probes.points"))
                .value()
                .detach()
                .copy_(probes.add(d));
            Tensor before = Scenes.tokens(module, input, queries);
            Tensor after = Scenes.tokens(beside, moved(input, d), shifted);
            assertThat(before.abs().amax(false).item()).isGreaterThan(0.1);
            assertThat(Scenes.relative(before, after)).isLessThan(1e-4);
            Tensor sameBox = Scenes.tokens(module, moved(input, d), shifted);
            double change = Scenes.relative(before, sameBox);
            System.out.printf("moved by 14 cm within the workspace: %.3f of the largest%n", change);
            assertThat(change).isGreaterThan(1e-3);
          });
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void orderOfViewsAndAbsentViewsAndPaddedBatches(long seed) {
    SceneConfig config = Scenes.config();
    try (SceneModule module = Scenes.module(config, seed)) {
      Scope.run(
          () -> {
            SceneInput input = Scenes.input(2, 3, seed);
            CompletionQueries queries = Scenes.queries(config, 2, seed, 30, 10);
            Tensor tokens = Scenes.tokens(module, input, queries);
            Tensor order = Tensors.of(new long[] {2, 0, 1}, 3);
            SceneInput other = Scenes.perView(input, x -> x.indexSelect(1, order));
            assertThat(Scenes.relative(tokens, Scenes.tokens(module, other, queries)))
                .isLessThan(1e-5);

            // The last view of the second sample is not there, whatever it carries.
            Tensor present = input.present().copy();
            present.select(0, 1).select(0, 2).fill_(0);
            SceneInput missing =
                new SceneInput(
                    input.tokens(),
                    input.depth(),
                    input.intrinsics(),
                    input.cameraFromWorld(),
                    present,
                    input.padding(),
                    input.viewIds(),
                    input.endEffector());
            Tensor batch = Scenes.tokens(module, missing, queries);
            for (int b = 0; b < 2; b++) {
              long views = b == 0 ? 3 : 2;
              SceneInput some = Scenes.perView(missing, x -> x.narrow(1, 0, views));
              SceneInput one =
                  new SceneInput(
                      some.tokens().narrow(0, b, 1),
                      some.depth().narrow(0, b, 1),
                      some.intrinsics().narrow(0, b, 1),
                      some.cameraFromWorld().narrow(0, b, 1),
                      some.present().narrow(0, b, 1),
                      some.padding().narrow(0, b, 1),
                      some.viewIds().narrow(0, b, 1),
                      input.endEffector().narrow(0, b, 1));
              CompletionQueries own =
                  new CompletionQueries(
                      queries.points().narrow(0, b, 1),
                      queries.viewIds().narrow(0, b, 1),
                      queries.valid().narrow(0, b, 1));
              assertThat(Scenes.relative(batch.narrow(0, b, 1), Scenes.tokens(module, one, own)))
                  .isLessThan(1e-5);
            }
            Tensor noise = missing.tokens().copy();
            noise.select(0, 1).select(0, 2).fill_(1e6);
            Tensor depth = missing.depth().copy();
            depth.select(0, 1).select(0, 2).fill_(0.7);
            SceneInput garbage =
                new SceneInput(
                    noise,
                    depth,
                    missing.intrinsics(),
                    missing.cameraFromWorld(),
                    present,
                    missing.padding(),
                    missing.viewIds(),
                    missing.endEffector());
            assertThat(Scenes.tokens(module, garbage, queries).equal(batch)).isTrue();
          });
    }
  }

  /** Eq. (3): a view that does not show a probe has weight 0, exactly. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void viewsThatDoNotShowAProbeAddNothing(long seed) {
    SceneConfig config = Scenes.config();
    try (SceneModule module = Scenes.module(config, seed);
        Store kept = new Store()) {
      Scope.run(
          () -> {
            Map<String, Tensor> seen = new LinkedHashMap<>();
            module.perceive(
                Scenes.input(2, 3, seed),
                Guidance.inference(null),
                (stage, value) -> seen.put(stage, kept.put(value.detach().copy())));
            for (int l = 0; l < 2; l++) {
              Tensor valid = Objects.requireNonNull(seen.get("layer" + l + ".valid"));
              Tensor share = Objects.requireNonNull(seen.get("layer" + l + ".gate_normalised"));
              assertThat(valid.all().itemBoolean()).isFalse();
              assertThat(valid.any().itemBoolean()).isTrue();
              assertThat(share.maskedFill(valid, 0).abs().amax(false).item()).isEqualTo(0);
              Tensor step =
                  Objects.requireNonNull(seen.get("layer" + l + ".points"))
                      .sub(Objects.requireNonNull(seen.get("layer" + l + ".points_in")));
              assertThat(step.abs().amax(false).item()).isLessThan(config.alpha() + 1e-6);
            }
          });
    }
  }

  /** Eq. (7): what is hidden does not reach the context, nor what is predicted of it. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void maskingDoesNotLeak(long seed) {
    SceneConfig config = Scenes.config();
    try (SceneModule module = Scenes.module(config, seed);
        Generator generator = new Generator(seed);
        Store kept = new Store()) {
      Scope.run(
          () -> {
            SceneInput input = Scenes.input(1, 2, seed);
            Tensor masked = Tensors.zeros(DType.BOOL, Device.CPU, 1, input.count());
            masked.narrow(1, 3, 7).fill_(1);
            HiddenTokens hidden = HiddenTokens.of(masked, Tensors.ones(DType.BOOL, Device.CPU, 1));
            Tensor[] context = new Tensor[2];
            Tensor[] said = new Tensor[2];
            for (int i = 0; i < 2; i++) {
              Tensor tokens = input.tokens().copy().view(1, input.count(), -1);
              if (i == 1) {
                tokens.narrow(1, 3, 7).add_(generator.randn(DType.F32, 1, 7, 64).mul(100));
              }
              SceneInput one =
                  new SceneInput(
                      tokens.view(input.tokens().shape()),
                      input.depth(),
                      input.intrinsics(),
                      input.cameraFromWorld(),
                      input.present(),
                      input.padding(),
                      input.viewIds(),
                      input.endEffector());
              Map<String, Tensor> seen = new LinkedHashMap<>();
              Perception perception = module.perceive(one, Guidance.inference(null), Trace.NONE);
              module.selfSupervise(
                  one,
                  perception,
                  perception.embedded(),
                  hidden,
                  null,
                  (stage, value) -> seen.put(stage, kept.put(value.detach().copy())));
              context[i] = Objects.requireNonNull(seen.get("ssl.memory_visible"));
              said[i] = Objects.requireNonNull(seen.get("ssl.output"));
            }
            assertThat(context[1].equal(context[0])).isTrue();
            assertThat(said[1].equal(said[0])).isTrue();
            assertThat(context[0].narrow(1, 3, 7).abs().amax(false).item()).isEqualTo(0);
          });
    }
  }

  /** Depth that is no number is none, wherever it is read: for tokens and by the gate of a view. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void depthThatIsNoNumberIsNone(long seed) {
    try (SceneModule module = Scenes.module(Scenes.config("scene.gate.depth", "true"), seed)) {
      Scope.run(
          () -> {
            SceneInput in = Scenes.input(2, 3, seed);
            CompletionQueries queries = Scenes.queries(module.config(), 2, seed, 30, 10);
            Tensor whole = Scenes.tokens(module, in, queries);
            boolean[] third = new boolean[Math.toIntExact(in.depth().numel())];
            for (int i = 0; i < third.length; i += 3) {
              third[i] = true;
            }
            Tensor lost = Tensors.of(third, in.depth().shape());
            Tensor empty =
                Scenes.tokens(
                    module,
                    Scenes.perView(in, x -> x == in.depth() ? hole(x, lost, 0) : x),
                    queries);
            assertThat(empty.equal(whole)).isFalse();
            for (double bad :
                new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -1}) {
              SceneInput broken = Scenes.perView(in, x -> x == in.depth() ? hole(x, lost, bad) : x);
              assertThat(Scenes.tokens(module, broken, queries).equal(empty)).isTrue();
            }
          });
    }
  }

  private static Tensor hole(Tensor depth, Tensor lost, double value) {
    return depth.maskedFill(lost, value);
  }

  /**
   * A camera or an end-effector that is no number, where it is read; where it is not, it is not.
   */
  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void whatIsNoNumberIsRefusedWhereItIsRead(double bad) {
    try (SceneModule module = Scenes.module(Scenes.config(), 1)) {
      Scope.run(
          () -> {
            SceneInput in = Scenes.input(2, 3, 1);
            CompletionQueries queries = Scenes.queries(module.config(), 2, 1, 30, 10);
            Tensor intrinsics = in.intrinsics().copy();
            intrinsics.select(0, 1).select(0, 2).select(0, 0).fill_(bad);
            SceneInput noCamera = Scenes.perView(in, x -> x == in.intrinsics() ? intrinsics : x);
            assertThatThrownBy(() -> Scenes.tokens(module, noCamera, queries))
                .isInstanceOf(SceneException.class)
                .hasMessageContaining("intrinsics: wanted finite numbers, got [" + bad)
                .hasMessageContaining("in place 2 of sample 1");
            Tensor pose = in.cameraFromWorld().copy();
            pose.select(0, 0).select(0, 1).select(0, 0).fill_(bad);
            SceneInput noPose = Scenes.perView(in, x -> x == in.cameraFromWorld() ? pose : x);
            assertThatThrownBy(() -> Scenes.tokens(module, noPose, queries))
                .isInstanceOf(SceneException.class)
                .hasMessageContaining("cameraFromWorld: wanted finite numbers, got [" + bad)
                .hasMessageContaining("in place 1 of sample 0");
            Tensor hand = in.endEffector().copy();
            hand.select(0, 1).fill_(bad);
            SceneInput noHand =
                new SceneInput(
                    in.tokens(),
                    in.depth(),
                    in.intrinsics(),
                    in.cameraFromWorld(),
                    in.present(),
                    in.padding(),
                    in.viewIds(),
                    hand);
            assertThatThrownBy(() -> Scenes.tokens(module, noHand, queries))
                .isInstanceOf(SceneException.class)
                .hasMessageContaining("end-effector: wanted finite numbers, got [" + bad)
                .hasMessageContaining("of sample 1");
            // An absent view may carry anything.
            Tensor present = in.present().copy();
            present.select(0, 1).select(0, 2).fill_(0);
            SceneInput absent = Scenes.perView(noCamera, x -> x == in.present() ? present : x);
            SceneInput plain = Scenes.perView(in, x -> x == in.present() ? present : x);
            assertThat(
                    Scenes.tokens(module, absent, queries)
                        .equal(Scenes.tokens(module, plain, queries)))
                .isTrue();
          });
    }
  }

  @ParameterizedTest
  @ValueSource(longs = 1)
  void badInputIsNamed(long seed) {
    try (SceneModule module = Scenes.module(Scenes.config(), seed)) {
      Scope.run(
          () -> {
            SceneInput five = Scenes.input(1, 5, seed);
            assertThatThrownBy(() -> module.perceive(five, Guidance.inference(null), Trace.NONE))
                .isInstanceOf(SceneException.class)
                .hasMessageContaining("views.max")
                .hasMessageContaining("got 4");
            SceneInput in = Scenes.input(1, 2, seed);
            assertThatThrownBy(
                    () -> Scenes.perView(in, x -> x == in.depth() ? x.narrow(2, 0, 30) : x))
                .isInstanceOf(SceneException.class)
                .hasMessageContaining("4 x 4 tokens, got 30 x 32");
            assertThatThrownBy(
                    () ->
                        Scenes.perView(in, x -> x == in.cameraFromWorld() ? x.narrow(1, 0, 1) : x))
                .isInstanceOf(SceneException.class)
                .hasMessageContaining("cameraFromWorld: wanted floating [1, 2, 4, 4]");
            assertThatThrownBy(
                    () -> Scenes.perView(in, x -> x == in.tokens() ? x.narrow(2, 0, 3) : x))
                .isInstanceOf(SceneException.class)
                .hasMessageContaining("even numbers");
          });
    }
  }
}
