package io.github.vla3d.scene.completion;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.scene.Scenes;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.distributed.Shares;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The losses of the second stage, of a batch that three processes share. */
class SharedCompletionLossTest {
  private static final int PROCESSES = 3;
  private static final int BATCH = 6;
  private static final int WIDTH = 5;

  /** Hidden tokens of each sample: uneven, all in one share, one in all, none. */
  @ParameterizedTest
  @CsvSource({
    "target, 2, 4, 3, 1, 4, 4",
    "target, 3, 1, 0, 0, 0, 2",
    "target, 0, 0, 4, 3, 0, 0",
    "one, 3, 1, 0, 0, 0, 2",
    "one, 0, 0, 0, 1, 0, 0",
    "one, 0, 0, 0, 0, 0, 0"
  })
  void selfSupervision(String gamma, int a, int b, int c, int d, int e, int f) {
    int[] hidden = {a, b, c, d, e, f};
    SceneConfig.Ssl ssl = Scenes.config("scene.ssl.gamma", gamma).ssl();
    double[] losses =
        Shares.check(
            PROCESSES,
            () -> List.of(numbers(9, BATCH, 4, WIDTH).mul(0.5)),
            (share, own) -> {
              Tensor target = share.rows(numbers(10, BATCH, 4, WIDTH).mul(0.7));
              Tensor rows = places(share, hidden);
              SelfSupervisedLoss loss =
                  SelfSupervisedLoss.of(
                      own.get(0).flatten(0, 1).indexSelect(0, rows),
                      target.flatten(0, 1).indexSelect(0, rows),
                      ssl,
                      share);
              // Even with nothing hidden there is something to differentiate.
              Tensor total = loss.total().add(own.get(0).mul(0).sum());
              return List.of(
                  loss.recon(),
                  loss.cos(),
                  loss.var(),
                  loss.targetVar(),
                  loss.targetSpread().sum(),
                  total);
            });
    int all = Arrays.stream(hidden).sum();
    assertThat(losses[0] > 0).isEqualTo(all > 0);
    assertThat(losses[2] > 0).isEqualTo(all > 1);
  }

  private static Tensor numbers(long seed, long... shape) {
    try (Generator generator = new Generator(seed)) {
      return generator.randn(DType.F64, shape);
    }
  }

  /** Of hidden tokens in [own rows * 4]: I64 [n]. */
  private static Tensor places(BatchShare share, int[] hidden) {
    boolean[] flags = new boolean[BATCH * 4];
    for (int b = 0; b < BATCH; b++) {
      Arrays.fill(flags, 4 * b, 4 * b + hidden[b], true);
    }
    return share.rows(Tensors.of(flags, BATCH, 4)).flatten(0, 1).nonzero().squeeze(-1);
  }

  /** What is known of the objects of a sample. */
  private enum Known {
    ALL,
    NOT_IN_THE_FIRST_SHARE,
    NOTHING
  }

  @ParameterizedTest
  @EnumSource
  void headOfPoints(Known known) {
    int objects = 2;
    int points = 3;
    double[] losses =
        Shares.check(
            PROCESSES,
            () -> List.of(numbers(1, BATCH, objects, points, 3), numbers(2, BATCH, objects)),
            (share, own) -> {
              boolean[] some = new boolean[BATCH * objects];
              int first = known == Known.ALL ? 0 : 2 * objects;
              Arrays.fill(some, known == Known.NOTHING ? some.length : first, some.length, true);
              boolean[] occluded = some.clone();
              occluded[some.length - 1] = false;
              CompletionHead.Loss loss =
                  CompletionHead.loss(
                      new CompletionHead.Said(own.get(0), own.get(1)),
                      new HiddenParts(
                          share.rows(numbers(3, BATCH, objects, points, 3)),
                          share.rows(numbers(4, BATCH, objects).sigmoid()),
                          share.rows(Tensors.of(occluded, BATCH, objects)),
                          share.rows(Tensors.of(some, BATCH, objects))),
                      share);
              return List.of(loss.points(), loss.share(), loss.total());
            });
    assertThat(losses).hasSize(3);
    assertThat(losses[0] > 0 && losses[1] > 0).isEqualTo(known != Known.NOTHING);
  }
}
