package io.github.vla3d.scene.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.scene.Scenes;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.distributed.Shares;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Eq. (6) of a batch that two processes share. */
class SharedInstanceLossTest {
  private static final int BATCH = 4;
  private static final int OBJECTS = 3;
  private static final int VIEWS = 3;
  private static final int PROBES = 8;

  private static List<Tensor> predictions() {
    try (Generator generator = new Generator(6)) {
      return List.of(
          generator.rand(DType.F64, BATCH, PROBES, 3),
          generator.randn(DType.F64, BATCH, PROBES),
          generator.rand(DType.F64, BATCH, VIEWS, PROBES, 4).mul(0.4).add(0.3),
          generator.randn(DType.F64, BATCH, VIEWS, PROBES, 5),
          generator.randn(DType.F64, BATCH * VIEWS, 5, 8, 8));
    }
  }

  /** Of the own rows. */
  private static Targets targets(BatchShare share, boolean[] labelled) {
    Targets all = Scenes.targets(BATCH, OBJECTS, VIEWS, 7);
    Tensor valid = share.rows(Tensors.of(labelled, BATCH, 1)).expand(-1, OBJECTS).contiguous();
    return new Targets(
        share.rows(all.boxes()).to(DType.F64),
        share.rows(all.centroids()).to(DType.F64),
        valid,
        share.rows(all.inView()),
        share.rows(all.masks()));
  }

  private static List<Tensor> losses(
      BatchShare share, List<Tensor> x, boolean[] labelled, SceneConfig config) {
    LayerPrediction prediction =
        new LayerPrediction(
            x.get(0),
            new Projection(x.get(0), x.get(0), x.get(0), x.get(0)),
            x.get(1),
            x.get(2),
            x.get(3));
    Targets targets = targets(share, labelled);
    Tensor present = share.rows(Tensors.ones(DType.BOOL, Device.CPU, BATCH, VIEWS));
    InstanceLoss loss =
        InstanceLoss.of(
            new Instances(x.get(0), List.of(prediction, prediction), x.get(4)),
            targets,
            Matching.match(prediction, targets, present, config),
            present,
            config,
            share);
    List<Tensor> all = new ArrayList<>(loss.layers().get(0).byName().values());
    all.add(loss.total());
    return all;
  }

  /** All samples have objects; uneven numbers; a share without any; no share with any. */
  @ParameterizedTest
  @CsvSource({
    "true, true, true, true",
    "true, false, true, true",
    "true, true, false, false",
    "false, false, true, false",
    "false, false, false, false"
  })
  void sharesAddUpToTheBatch(boolean a, boolean b, boolean c, boolean d) {
    boolean[] labelled = {a, b, c, d};
    for (String matching : List.of("3d", "2d")) {
      SceneConfig config = Scenes.config("scene.matching", matching);
      double[] losses =
          Shares.check(
              2,
              SharedInstanceLossTest::predictions,
              (share, own) -> losses(share, own, labelled, config));
      boolean some = a || b || c || d;
      assertThat(losses).hasSize(7);
      assertThat(Arrays.stream(losses).allMatch(x -> x > 0)).isEqualTo(some);
    }
  }
}
