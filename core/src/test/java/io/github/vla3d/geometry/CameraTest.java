package io.github.vla3d.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CameraTest {
  static LongStream seeds() {
    return LongStream.range(0, 300);
  }

  @Test
  @Tag("long")
  void projectUndoesUnprojectUnderAnyImageTransformManyTimes() {
    LongStream.range(1000, 51_000).forEach(this::projectUndoesUnprojectUnderAnyImageTransform);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void projectUndoesUnprojectUnderAnyImageTransform(long seed) {
    Samples random = new Samples(seed);
    Camera camera = random.camera();
    Intrinsics k = camera.intrinsics();
    ImageTransform transform = random.sequence(k.width(), k.height());
    Camera seen = camera.transformed(transform);
    for (int i = 0; i < 20; i++) {
      Pixel old = new Pixel(random.in(0.0, k.width()), random.in(0.0, k.height()));
      double depth = random.in(0.05, 5.0);
      Vector3 world = camera.unproject(old, depth);

      // K' = A K means: transforming the camera is transforming its pixels.
      Camera.Projection direct = seen.project(world);
      assertThat(direct.pixel().u()).isEqualTo(transform.apply(old).u(), within(1e-9));
      assertThat(direct.pixel().v()).isEqualTo(transform.apply(old).v(), within(1e-9));
      assertThat(direct.depth()).isEqualTo(depth, within(1e-9));
      assertThat(seen.unproject(direct.pixel(), depth).distance(world)).isLessThan(1e-9);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void movingWorldAndCameraTogetherChangesNoPicture(long seed) {
    Samples random = new Samples(seed);
    Camera camera = random.camera();
    RigidTransform newFromOld = random.transform();
    Camera moved = new Camera(camera.intrinsics(), newFromOld.compose(camera.worldFromCamera()));
    Pixel pixel = new Pixel(random.in(0.0, 100.0), random.in(0.0, 100.0));
    Vector3 world = camera.unproject(pixel, random.in(0.1, 3.0));
    Camera.Projection p = moved.project(newFromOld.apply(world));
    assertThat(p.pixel().u()).isEqualTo(pixel.u(), within(1e-9));
    assertThat(p.pixel().v()).isEqualTo(pixel.v(), within(1e-9));
  }

  @Test
  void openGlAxesLookBackward() {
    Intrinsics k = Intrinsics.fromFieldOfView(Math.toRadians(45), 256, 256);
    assertThat(k.fx()).isEqualTo(309.019, within(1e-3));
    Camera camera = Camera.fromOpenGl(k, RigidTransform.identity());
    // An OpenGL camera at the origin looks along -z with y up.
    Camera.Projection p = camera.project(new Vector3(0.1, 0.2, -2));
    assertThat(p.depth()).isEqualTo(2, within(1e-12));
    assertThat(p.pixel().u()).isGreaterThan(128);
    assertThat(p.pixel().v()).isLessThan(128);
    assertThat(camera.frames(new Vector3(0, 0, -1))).isTrue();
    assertThat(camera.frames(new Vector3(0, 0, 1))).isFalse();
    assertThat(camera.project(new Vector3(0, 0, 1)).pixel().u()).isNaN();
    RigidTransform pose = new Samples(3).transform();
    assertThat(Camera.fromCameraFromWorld(k, pose).cameraFromWorld().near(pose, 1e-12, 1e-7))
        .isTrue();
  }

  @Test
  void theMirroredPictureOfTheCommunityIsANegativeFocalLength() {
    // Raw OpenGL rows reversed and mirrored: fx -> -fx, cx -> W - cx, as benchmarks.md 0.1 has it.
    Intrinsics k = Intrinsics.of(309, 309, 120, 128, 256, 256);
    Intrinsics mirrored = k.transformed(ImageTransform.mirror(256, 256));
    assertThat(mirrored.matrix()).containsExactly(-309, 0, 136, 0, 309, 128, 0, 0, 1);
    assertThat(mirrored.mirrored()).isTrue();
    assertThat(mirrored.focal()).isEqualTo(309, within(1e-9));
    assertThat(k.transformed(ImageTransform.resize(256, 256, 224, 224)).fx())
        .isEqualTo(309 * 0.875, within(1e-12));
  }

  @Test
  void centresAtIntegersAreHalfAPixelAway() {
    double[] matrix = {600, 0, 319.5, 0, 600, 239.5, 0, 0, 1};
    Intrinsics k = Intrinsics.fromCentresAtIntegers(matrix, 640, 480);
    assertThat(k.cx()).isEqualTo(320);
    assertThat(k.cy()).isEqualTo(240);
  }

  @Test
  void badIntrinsicsAreRefused() {
    assertThatThrownBy(() -> Intrinsics.of(0, 1, 1, 1, 4, 4))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("singular");
    assertThatThrownBy(() -> Intrinsics.of(Double.NaN, 1, 1, 1, 4, 4))
        .hasMessageContaining("wanted finite");
    assertThatThrownBy(() -> Intrinsics.of(1, 1, 1, 1, 0, 4)).hasMessageContaining("0x4");
    double[] transposed = {300, 0, 0, 0, 300, 0, 128, 128, 1};
    assertThatThrownBy(() -> Intrinsics.fromRowMajor(transposed, 4, 4))
        .hasMessageContaining("last row");
    Intrinsics k = Intrinsics.of(1, 1, 1, 1, 4, 4);
    assertThatThrownBy(() -> k.transformed(ImageTransform.mirror(5, 4)))
        .hasMessageContaining("wanted one for 4x4 pictures, got one for 5x4");
  }

  @Test
  void whatADepthMapHides() {
    Camera camera = new Camera(Intrinsics.of(10, 10, 2, 1, 4, 2), RigidTransform.identity());
    DepthImage depth = DepthImage.of(new float[] {1, 1, 0, 1, 1, 1, 1, 1}, 4, 2);
    Pixel first = Pixel.centre(0, 0);
    assertThat(camera.visibility(camera.unproject(first, 1.01), depth, 0.02))
        .isEqualTo(Visibility.VISIBLE);
    assertThat(camera.visibility(camera.unproject(first, 0.5), depth, 0.02))
        .isEqualTo(Visibility.VISIBLE);
    assertThat(camera.visibility(camera.unproject(first, 1.03), depth, 0.02))
        .isEqualTo(Visibility.OCCLUDED);
    assertThat(camera.visibility(camera.unproject(Pixel.centre(2, 0), 1), depth, 0.02))
        .isEqualTo(Visibility.UNKNOWN);
    assertThat(camera.visibility(new Vector3(0, 0, -1), depth, 0.02)).isEqualTo(Visibility.OUTSIDE);
    assertThat(camera.visibility(new Vector3(5, 0, 1), depth, 0.02)).isEqualTo(Visibility.OUTSIDE);
  }
}
