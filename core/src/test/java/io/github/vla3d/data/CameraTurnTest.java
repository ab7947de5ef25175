package io.github.vla3d.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A turned camera's picture is the one that it would have taken: held against taking it. */
class CameraTurnTest {
  private static final int SIZE = 64;
  private static final CameraTurn.Range RANGE = new CameraTurn.Range(0.3, 0.2);

  static Stream<Long> seeds() {
    return IntStream.range(0, 20).mapToObj(i -> (long) i);
  }

  /** Looks down at a plane z = 0 of the world; upside down, as LIBERO stores pictures, or not. */
  private static Camera camera(SplittableRandom random) {
    double f = 90 + 20 * random.nextDouble();
    boolean flipped = random.nextBoolean();
    Intrinsics k = Intrinsics.of(f, flipped ? -f : f, SIZE / 2.0 - 1, SIZE / 2.0 + 2, SIZE, SIZE);
    Vector3 turn = new Vector3(Math.PI + 0.4 * random.nextDouble(), 0.2 * random.nextDouble(), 0.1);
    return new Camera(k, RigidTransform.fromAxisAngle(turn, new Vector3(0.1, -0.2, 1.2)));
  }

  /** Where the ray of a pixel meets the plane. */
  private static Vector3 hit(Camera camera, double u, double v) {
    Vector3 from = camera.worldFromCamera().translation();
    Vector3 to = camera.worldFromCamera().rotate(camera.intrinsics().ray(new Pixel(u, v)));
    assertThat(to.z()).isNegative();
    return from.plus(to.times(-from.z() / to.z()));
  }

  private static double colour(Vector3 p, int channel) {
    return 127 + 100 * Math.sin(2 * p.x() + channel + (channel - 1) * 3 * p.y());
  }

  private static View taken(Camera camera) {
    byte[] pixels = new byte[3 * SIZE * SIZE];
    for (int i = 0; i < SIZE * SIZE; i++) {
      Vector3 p = hit(camera, i % SIZE + 0.5, i / SIZE + 0.5);
      for (int c = 0; c < 3; c++) {
        pixels[3 * i + c] = (byte) Math.round(colour(p, c));
      }
    }
    return new View(
        "front",
        RgbImage.owning(SIZE, SIZE, pixels),
        Optional.of(depth(camera)),
        Optional.of(camera),
        Optional.of(camera));
  }

  private static DepthImage depth(Camera camera) {
    float[] metres = new float[SIZE * SIZE];
    for (int i = 0; i < metres.length; i++) {
      Vector3 p = hit(camera, i % SIZE + 0.5, i / SIZE + 0.5);
      metres[i] = (float) camera.cameraFromWorld().apply(p).z();
    }
    return DepthImage.of(metres, SIZE, SIZE);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void isWhatTheTurnedCameraSees(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Camera old = camera(random);
    CameraTurn turn = CameraTurn.draw(RANGE, random);
    View view = turn.apply(taken(old));
    Camera camera = view.camera().orElseThrow();
    assertThat(camera.worldFromCamera().translation())
        .isEqualTo(old.worldFromCamera().translation());
    View wanted = taken(camera);
    int[] source = turn.source(old.intrinsics());
    int inside = 0;
    for (int i = 0; i < source.length; i++) {
      int column = i % SIZE;
      int row = i / SIZE;
      float z = view.depth().orElseThrow().at(column, row);
      if (source[i] < 0) {
        assertThat(z).isZero();
        assertThat(view.rgb().at(column, row, 1)).isZero();
        continue;
      }
      inside++;
      // The nearest pixel is at most a pixel's diagonal off, on a plane that is seen at a slant.
      assertThat(z).isCloseTo(wanted.depth().orElseThrow().at(column, row), within(0.02f));
      int edge = Math.min(source[i] % SIZE, source[i] / SIZE);
      int other = Math.max(source[i] % SIZE, source[i] / SIZE);
      if (edge > 0 && other < SIZE - 1) {
        for (int c = 0; c < 3; c++) {
          assertThat(view.rgb().at(column, row, c))
              .isCloseTo(wanted.rgb().at(column, row, c), within(2));
        }
      }
    }
    assertThat(inside).isGreaterThan(SIZE * SIZE / 5);
  }

  /** A pixel shows the same point of the world before and after. */
  @ParameterizedTest
  @MethodSource("seeds")
  void pointsOfTheWorldStay(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Camera old = camera(random);
    CameraTurn turn = CameraTurn.draw(RANGE, random);
    Camera camera = turn.apply(taken(old)).camera().orElseThrow();
    int[] source = turn.source(old.intrinsics());
    for (int i = 0; i < source.length; i += 7) {
      if (source[i] >= 0) {
        Vector3 here = hit(camera, i % SIZE + 0.5, i / SIZE + 0.5);
        Pixel there = old.project(here).pixel();
        assertThat((int) Math.floor(there.u())).isEqualTo(source[i] % SIZE);
        assertThat((int) Math.floor(there.v())).isEqualTo(source[i] / SIZE);
      }
    }
  }

  @Test
  void noneIsTheSameView() {
    View view = taken(camera(new SplittableRandom(3)));
    CameraTurn none = new CameraTurn(RigidTransform.identity(), 1);
    assertThat(none.apply(view).rgb()).isEqualTo(view.rgb());
    float[] before = view.depth().orElseThrow().toArray();
    float[] after = none.apply(view).depth().orElseThrow().toArray();
    for (int i = 0; i < before.length; i++) {
      assertThat(after[i]).isCloseTo(before[i], within(1e-6f));
    }
    assertThat(none.source(view.camera().orElseThrow().intrinsics()))
        .isEqualTo(IntStream.range(0, SIZE * SIZE).toArray());
  }

  /** Depth that was sampled off the centres of the pixels keeps its own intrinsics. */
  @Test
  void depthHasItsOwnCamera() {
    Camera camera = camera(new SplittableRandom(4));
    Intrinsics k = camera.intrinsics();
    Camera ofDepth =
        new Camera(
            Intrinsics.of(k.fx(), k.fy(), k.cx() + 0.5, k.cy() + 0.5, SIZE, SIZE),
            camera.worldFromCamera());
    View taken = taken(camera);
    View both =
        new View(
            "front",
            taken.rgb(),
            Optional.of(depth(ofDepth)),
            Optional.of(camera),
            Optional.of(ofDepth));
    View view = CameraTurn.draw(RANGE, new SplittableRandom(5)).apply(both);
    Camera turned = view.depthCamera().orElseThrow();
    assertThat(turned.intrinsics().cx()).isEqualTo(k.cx() + 0.5);
    float[] metres = view.depth().orElseThrow().toArray();
    float[] wanted = depth(turned).toArray();
    for (int i = 0; i < metres.length; i++) {
      if (metres[i] > 0) {
        assertThat(metres[i]).isCloseTo(wanted[i], within(0.02f));
      }
    }
  }

  @Test
  void rangesAreChecked() {
    assertThat(new CameraTurn.Range(0, 0).isNone()).isTrue();
    assertThat(new CameraTurn.Range(0.1, 0).isNone()).isFalse();
    assertThatThrownBy(() -> new CameraTurn.Range(2, 0))
        .hasMessage("augment.cameraTurn: wanted 0 to 1 rad, got 2.0");
    assertThatThrownBy(() -> new CameraTurn.Range(0, Double.NaN))
        .hasMessage("augment.cameraZoom: wanted 0 to below 1, got NaN");
  }
}
