package io.github.vla3d.scene.completion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.io.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Held against clouds and picks of an independent implementation (scene/README.md there). */
class CompletionGoldenTest {
  private static final Path SMALL = Path.of("src/test/resources/golden/completion");

  /** The files of the whole set where it is there, else only our excerpt. */
  static Stream<Path> folders() {
    return Stream.of(
            SMALL, Path.of("../../shared/golden/scene"), Path.of("../../../shared/golden/scene"))
        .filter(Files::isDirectory);
  }

  private static SceneConfig.Completion rule(int minPoints) {
    return new SceneConfig.Completion(SceneConfig.Source.MIRROR, 6, 5, minPoints, 0.01, 0.1, 0.25);
  }

  private static PointCloud cloud(Safetensors file, String name) {
    return PointCloud.of(file.get(name).toFloats());
  }

  private record Case(List<Occluded> all, List<HiddenPoints> hidden) {}

  /** Completes given clouds, as CompletionPoints does with those that it made itself. */
  private static Case complete(
      Safetensors file, String in, int n, long[] viewIds, SceneConfig.Completion rule) {
    List<Occluded> all = new ArrayList<>();
    List<HiddenPoints> hidden = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      PointCloud observed = cloud(file, in + i + ".observed");
      PointCloud dense = cloud(file, in + i + ".dense");
      HiddenPoints one = HiddenPoints.of(observed, dense, rule);
      hidden.add(one);
      if (observed.size() >= rule.minPoints() && one.isOccluded(rule)) {
        all.add(new Occluded(i, viewIds[i], one.share(), dense.select(one.picks())));
      }
    }
    return new Case(Occluded.most(all, rule), hidden);
  }

  private static void check(
      Safetensors want, String out, Case got, SceneConfig.Completion rule, double unknownShare) {
    double[] share = want.get(out + "share").toDoubles();
    for (int i = 0; i < share.length; i++) {
      HiddenPoints one = got.hidden.get(i);
      String name = separated(want, out, i);
      assertThat(one.delta())
          .containsExactly(want.get(name.replace("*", "delta")).toDoubles(), within(2e-6));
      assertThat(one.candidates()).isEqualTo(want.get(name.replace("*", "candidates")).toInts());
      assertThat(one.picks()).isEqualTo(want.get(name.replace("*", "picked")).toInts());
      if (share[i] != unknownShare) {
        assertThat(one.share()).isCloseTo(share[i], within(1e-7));
      }
    }
    CompletionQueries queries = Occluded.queries(List.of(got.all), rule, Device.CPU);
    Tensor valid = queries.valid().select(0, 0);
    assertThat(valid.equal(want.get(out + "valid"))).isTrue();
    boolean[] isValid = valid.toBooleans();
    long[] owner = want.get(out + "owner").toLongs();
    long[] ids = want.get(out + "view_ids").toLongs();
    float[] points = want.get(out + "points").toFloats();
    float[] gotPoints = queries.points().toFloats();
    long[] gotIds = queries.viewIds().toLongs();
    for (int i = 0; i < isValid.length; i++) {
      if (isValid[i]) {
        assertThat((long) got.all.get(i / rule.queries()).slot()).isEqualTo(owner[i]);
        assertThat(gotIds[i]).isEqualTo(ids[i]);
        for (int axis = 3 * i; axis < 3 * i + 3; axis++) {
          assertThat(gotPoints[axis]).isEqualTo(points[axis]);
        }
      }
    }
  }

  /** completion.out.3.delta in one file, expected.delta.3 in the other. */
  private static String separated(Safetensors file, String out, int i) {
    return file.specs().containsKey(out + i + ".delta") ? out + i + ".*" : out + "*." + i;
  }

  @ParameterizedTest
  @MethodSource("folders")
  void nineInstancesForSixPlaces(Path folder) {
    Scope.run(
        () -> {
          try (Safetensors parts = Safetensors.open(folder.resolve("parts.safetensors"))) {
            SceneConfig.Completion rule = rule(30); // of this part, says its manifest
            long[] viewIds = {0, 1, 2, 3, 4, 0, 1, 2, 3};
            Case got = complete(parts, "completion.in.", 9, viewIds, rule);
            assertThat(got.all).hasSize(6);
            check(parts, "completion.out.", got, rule, Double.NaN);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("folders")
  void cloudsOfAScene(Path folder) {
    Scope.run(
        () -> {
          try (Safetensors in = Safetensors.open(folder.resolve("inputs/case_d.safetensors"));
              Safetensors want =
                  Safetensors.open(folder.resolve("inputs/case_d_completion.safetensors"))) {
            SceneConfig.Completion rule = rule(50);
            long[] viewIds = in.get("in.cloud.view_ids").toLongs();
            Case got = complete(in, "in.cloud.", viewIds.length, viewIds, rule);
            assertThat(got.all).extracting(Occluded::slot).doesNotContain(1, 3);
            check(want, "expected.", got, rule, -1);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("folders")
  void pixelsUnderMasks(Path folder) {
    Scope.run(
        () -> {
          try (Safetensors parts = Safetensors.open(folder.resolve("parts.safetensors"))) {
            Tensor masks = parts.get("observed.in.mask_logits");
            Tensor depth = parts.get("observed.in.depth");
            int height = (int) depth.size(1);
            int width = (int) depth.size(2);
            int rows = (int) masks.size(2);
            int columns = (int) masks.size(3);
            float[] logits = masks.toFloats();
            float[] metres = depth.toFloats();
            double[] upsampled = parts.get("observed.out.upsampled").toDoubles();
            boolean[] positive = parts.get("observed.out.positive").toBooleans();
            boolean[] kept = parts.get("observed.out.kept").toBooleans();
            MaskPixels.Grid grid = new MaskPixels.Grid(rows, columns, height, width);
            int views = (int) masks.size(1);
            for (int m = 0, i = 0; m < masks.size(0) * views; m++) {
              MaskPixels mask = new MaskPixels(grid, logits, m * rows * columns);
              boolean[] inner = new boolean[height * width];
              mask.inner((row, column) -> inner[row * width + column] = true);
              for (int pixel = 0; pixel < height * width; pixel++, i++) {
                int row = pixel / width;
                int column = pixel % width;
                assertThat(mask.at(row, column)).isCloseTo(upsampled[i], within(1e-5));
                assertThat(mask.isPositive(row, column)).isEqualTo(positive[i]);
                float z = metres[m % views * height * width + pixel];
                boolean measured = z > 0 && z <= 2;
                assertThat(inner[pixel] && measured).isEqualTo(kept[i]);
                assertThat(mask.isInner(row, column)).isEqualTo(inner[pixel]);
              }
            }
          }
        });
  }

  @Test
  void theExcerptIsThere() {
    assertThat(SMALL).isDirectory();
  }
}
