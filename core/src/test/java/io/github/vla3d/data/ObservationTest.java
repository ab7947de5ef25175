package io.github.vla3d.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ObservationTest {
  private static final RgbImage PICTURE = RgbImage.copyOf(4, 2, new byte[24]);

  private static View view(String name) {
    return View.of(name, PICTURE, Optional.empty(), Optional.empty());
  }

  private static Camera camera(int width, int height, double x) {
    return new Camera(
        Intrinsics.of(10, 10, 2, 1, width, height),
        RigidTransform.translation(new Vector3(x, 0, 0)));
  }

  @Test
  void nothingFromOutsideChangesIt() {
    byte[] pixels = new byte[24];
    float[] state = {1, 2};
    RgbImage picture = RgbImage.copyOf(4, 2, pixels);
    Observation observation = new Observation(List.of(view("a")), state, List.of(), "go", 0);
    pixels[0] = 7;
    state[0] = 7;
    observation.state()[1] = 7;
    assertThat(picture.at(0, 0, 0)).isZero();
    assertThat(observation.state()).containsExactly(1, 2);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    DepthImage depth = DepthImage.of(new float[9], 3, 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> View.of("a", PICTURE, Optional.of(depth), Optional.empty()))
        .withMessage("view a: wanted a depth of 4 x 2, got 3 x 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> View.of("a", PICTURE, Optional.empty(), Optional.of(camera(8, 2, 0))))
        .withMessage("view a: wanted a camera of 4 x 2, got 8 x 2");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new View(
                    "a",
                    PICTURE,
                    Optional.empty(),
                    Optional.of(camera(4, 2, 0)),
                    Optional.of(camera(4, 2, 1))))
        .withMessageContaining("one pose");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Observation(List.of(view("a"), view("a")), new float[0], List.of(), "", 0))
        .withMessageContaining("two views named a");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Observation(List.of(), new float[] {0, Float.NaN}, List.of(), "", 0))
        .withMessageContaining("got NaN at 1");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Observation(
                    List.of(),
                    new float[0],
                    Collections.nCopies(3, RigidTransform.identity()),
                    "",
                    0))
        .withMessageContaining("at most 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RgbImage.copyOf(4, 2, new byte[23]))
        .withMessageContaining("wanted 24 bytes, got 23");
  }

  @Test
  void aFaultIsOneLine() {
    assertThat(new DataException("x.parquet", "action", 3, "7 numbers", "6"))
        .hasMessage("x.parquet, action, row 3: wanted 7 numbers, got 6");
  }
}
