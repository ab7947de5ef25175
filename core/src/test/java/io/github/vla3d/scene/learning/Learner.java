package io.github.vla3d.scene.learning;

import io.github.vla3d.scene.Guidance;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.Ports;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.completion.BlockMasks;
import io.github.vla3d.scene.completion.HiddenTokens;
import io.github.vla3d.scene.completion.SelfSupervisedLoss;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.InstanceLoss;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Conv2d;
import io.github.vla3d.torch.nn.Convolution;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Trace;
import java.util.Objects;

/**
 * The method behind a small convolutional encoder, which stands for the tower of a policy: it makes
 * tokens of pixels and learns with the rest.
 */
final class Learner extends Module {
  private static final int CHANNELS = 64;

  final SceneModule scene;
  private final Conv2d first;
  private final Conv2d second;
  private final Conv2d third;

  Learner(SceneConfig config) {
    this.first =
        register("first", new Conv2d(3, 32, 5, Convolution.DEFAULT.withStride(2).withPadding(2)));
    this.second =
        register(
            "second",
            new Conv2d(32, CHANNELS, 3, Convolution.DEFAULT.withStride(2).withPadding(1)));
    this.third =
        register("third", new Conv2d(CHANNELS, CHANNELS, 3, Convolution.DEFAULT.withPadding(1)));
    this.scene =
        register("scene", new SceneModule(config, new Ports(CHANNELS, CHANNELS, 1), Body.FULL));
  }

  /** Views as the method reads them; tokens know colours only, no labels and no depth. */
  SceneInput input(SceneBatch batch) {
    int b = batch.scenes().size();
    int g = SceneBatch.GRID;
    return batch.input(
        Scope.tensor(
            () -> {
              Tensor x = Functional.gelu(first.apply(batch.rgb().flatten(0, 1)));
              x = Functional.gelu(second.apply(x));
              return third.apply(x).permute(0, 2, 3, 1).reshape(b, batch.views(), g, g, CHANNELS);
            }));
  }

  /** L_inst of Eq. (6), the first stage. */
  InstanceLoss instanceLoss(SceneBatch batch) {
    return Scope.call(
        scope -> {
          SceneInput input = input(batch);
          Perception seen =
              scene.perceive(input, Guidance.training(batch.targets(), null), Trace.NONE);
          InstanceLoss loss =
              InstanceLoss.of(
                  seen.instances(),
                  batch.targets(),
                  Objects.requireNonNull(seen.match()),
                  input.present(),
                  scene.config());
          loss.layers().forEach(layer -> layer.byName().values().forEach(scope::keep));
          scope.keep(loss.total());
          return loss;
        });
  }

  /** What the predictor was asked for. */
  record Asked(SceneInput input, Perception seen, HiddenTokens hidden) {}

  /** Hides tokens; nothing here has a graph. */
  Asked hide(SceneBatch batch, Generator generator) {
    return Autograd.noGrad(
        () -> {
          SceneInput input = input(batch);
          Perception seen = scene.perceive(input, Guidance.inference(null), Trace.NONE);
          BlockMasks.Drawn drawn =
              new BlockMasks(scene.config().ssl())
                  .draw(
                      seen.memory().placement(),
                      batch.views(),
                      SceneBatch.GRID,
                      SceneBatch.GRID,
                      generator);
          return new Asked(input, seen, HiddenTokens.of(drawn.masked(), drawn.supervised()));
        });
  }

  /** L_ssl of Eq. (11), the second stage: only the predictor learns. */
  SelfSupervisedLoss selfSupervise(Asked asked, Trace trace) {
    return scene.selfSupervise(
        asked.input, asked.seen, asked.seen.embedded(), asked.hidden, null, trace);
  }
}
