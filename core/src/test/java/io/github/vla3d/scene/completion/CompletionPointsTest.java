package io.github.vla3d.scene.completion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A ball on a table, seen from the side. */
class CompletionPointsTest {
  private static final int SIZE = 96;
  private static final int CELLS = 24;
  private static final Vector3 BALL = new Vector3(0.5, 0.1, 0.06);
  private static final double RADIUS = 0.06;
  private static final Vector3 SIDE = new Vector3(1.1, 0.1, 0.3);
  private static final SceneConfig.Completion RULE =
      new SceneConfig.Completion(SceneConfig.Source.MIRROR, 6, 5, 50, 0.01, 0.1, 0.25);

  private record Seen(ViewSurface surface, float[] logits) {}

  /** What a camera at a place sees that looks at the ball; the mask is the ball's. */
  private static Seen look(long id, Vector3 eye, Vector3 up) {
    Vector3 forward = BALL.minus(eye).normalized();
    Vector3 right = forward.cross(up).normalized();
    Vector3 down = forward.cross(right);
    double[] axes = {
      right.x(),
      down.x(),
      forward.x(),
      right.y(),
      down.y(),
      forward.y(),
      right.z(),
      down.z(),
      forward.z()
    };
    Camera camera =
        new Camera(
            Intrinsics.fromFieldOfView(Math.toRadians(30), SIZE, SIZE),
            RigidTransform.of(axes, eye));
    float[] depth = new float[SIZE * SIZE];
    float[] logits = new float[CELLS * CELLS];
    Arrays.fill(logits, -3);
    for (int i = 0; i < depth.length; i++) {
      Vector3 ray =
          camera
              .worldFromCamera()
              .rotate(camera.intrinsics().ray(Pixel.centre(i % SIZE, i / SIZE)));
      double table = eye.z() / -ray.z();
      double ball = hit(eye, ray);
      depth[i] = (float) (Double.isNaN(ball) ? table : ball);
      if (!Double.isNaN(ball)) {
        int cell = SIZE / CELLS;
        logits[i / SIZE / cell * CELLS + i % SIZE / cell] = 3;
      }
    }
    return new Seen(ViewSurface.of(id, depth, camera, 2), logits);
  }

  private static double hit(Vector3 eye, Vector3 ray) {
    Vector3 from = eye.minus(BALL);
    double a = ray.dot(ray);
    double b = from.dot(ray);
    double root = b * b - a * (from.dot(from) - RADIUS * RADIUS);
    return root < 0 ? Double.NaN : (-b - Math.sqrt(root)) / a;
  }

  private static List<Occluded> find(Seen... views) {
    float[] logits = new float[views.length * CELLS * CELLS];
    for (int v = 0; v < views.length; v++) {
      System.arraycopy(views[v].logits, 0, logits, v * CELLS * CELLS, CELLS * CELLS);
    }
    return new CompletionPoints(RULE, new MirrorCompleter())
        .find(
            Arrays.stream(views).map(Seen::surface).toList(),
            new CompletionPoints.Masks(logits, CELLS, CELLS),
            4);
  }

  private static final Vector3 UP = new Vector3(0, 0, 1);

  @Test
  void pointsLieBehindWhatIsSeen() {
    Occluded one = find(look(2, new Vector3(1.1, 0.1, BALL.z()), UP)).get(0);
    assertThat(one.slot()).isEqualTo(4);
    assertThat(one.viewId()).isEqualTo(2);
    assertThat(one.share()).isBetween(0.1, 0.5);
    assertThat(one.points().size()).isEqualTo(5);
    // Of the half that is seen, the nearest point has its image near the middle of the ball.
    assertThat(one.points().get(0).distance(BALL)).isLessThan(RADIUS / 2);
    for (int i = 0; i < 5; i++) {
      assertThat(one.points().get(i).distance(BALL)).isLessThan(2.5 * RADIUS);
    }
  }

  @Test
  void aSecondViewFromTheOtherSideLeavesLessHidden() {
    double one = find(look(0, SIDE, UP)).get(0).share();
    Seen[] both = {look(0, SIDE, UP), look(1, new Vector3(-0.1, 0.1, 0.3), UP)};
    assertThat(find(both).stream().mapToDouble(Occluded::share).sum()).isLessThan(0.7 * one);
  }

  @Test
  void strayPixelsOfTheBackgroundDoNotCount() {
    Seen clean = look(0, SIDE, UP);
    Seen dirty = look(0, SIDE, UP);
    for (int row = 1; row < 4; row++) {
      Arrays.fill(dirty.logits, row * CELLS + 1, row * CELLS + 4, 3); // far away on the table
    }
    Occluded want = find(clean).get(0);
    Occluded got = find(dirty).get(0);
    assertThat(got.share()).isCloseTo(want.share(), within(1e-9));
    assertThat(got.points().toArray()).isEqualTo(want.points().toArray());
  }

  @Test
  void tooLittleIsNotCompleted() {
    Seen seen = look(0, SIDE, UP);
    for (int cell = 0; cell < seen.logits.length; cell++) {
      boolean few = cell / CELLS == CELLS / 2 && Math.abs(cell % CELLS - CELLS / 2) < 2;
      seen.logits[cell] = few ? 3 : -3;
    }
    assertThat(find(seen)).isEmpty();
    Arrays.fill(seen.logits, Float.NaN);
    assertThat(find(seen)).isEmpty();
    assertThat(find()).isEmpty();
  }

  @Test
  void mirrorsInTheVerticalPlaneAcrossTheView() {
    PointCloud cloud = PointCloud.of(new double[] {1, 0, 0, 2, 0, 1, 3, 3, 2});
    PointCloud whole = new MirrorCompleter().complete(cloud, new Vector3(5, 1, 9));
    // Centroid (2, 1, 1); the camera looks along -x.
    assertThat(whole.toArray())
        .containsExactly(
            new double[] {1, 0, 0, 2, 0, 1, 3, 3, 2, 3, 0, 0, 2, 0, 1, 1, 3, 2}, within(1e-12));
    assertThat(new MirrorCompleter().complete(cloud, new Vector3(2, 1, 9))).isSameAs(cloud);
  }

  @Test
  void theLargestSharesComeFirstAndTiesByIndex() {
    PointCloud point = PointCloud.of(new double[] {0, 0, 0});
    double[] shares = {0.2, 0.5, 0.2, 0.9, 0.5, 0.3, 0.4, 0.2};
    List<Occluded> all =
        IntStream.range(0, shares.length)
            .mapToObj(i -> new Occluded(i, 0, shares[i], point))
            .toList();
    assertThat(Occluded.most(all, RULE))
        .extracting(Occluded::slot)
        .containsExactly(3, 1, 4, 6, 5, 0);
  }

  @Test
  void wrongSizesAreNamed() {
    Seen seen = look(0, SIDE, UP);
    CompletionPoints points = new CompletionPoints(RULE, new MirrorCompleter());
    assertThatThrownBy(
            () ->
                points.find(
                    List.of(seen.surface),
                    new CompletionPoints.Masks(seen.logits, CELLS, CELLS),
                    0,
                    1))
        .isInstanceOf(SceneException.class)
        .hasMessageContaining("2 instances in 1 views");
    Camera camera = new Camera(Intrinsics.fromFieldOfView(1, 4, 3), RigidTransform.identity());
    assertThatThrownBy(() -> ViewSurface.of(0, new float[11], camera, 2))
        .isInstanceOf(SceneException.class)
        .hasMessageContaining("3 x 4 pixels, got 11");
  }
}
