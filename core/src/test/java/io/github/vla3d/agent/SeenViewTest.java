package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.policy.PixelRectangle;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.processing.ImageResize;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the tower sees still lies where it lay in the world. */
class SeenViewTest {
  private static final Camera CAMERA =
      new Camera(
          Intrinsics.of(50, 48, 31, 19, 60, 40),
          RigidTransform.fromQuaternion(0.5, -0.5, 0.5, -0.5, new Vector3(0.3, -0.2, 1)));

  /** A slanted wall, coloured by its place; stored by a transform of the upright picture. */
  private static View view(ImageTransform stored) {
    byte[] pixels = new byte[3 * 60 * 40];
    float[] metres = new float[60 * 40];
    Random random = new Random(4);
    random.nextBytes(pixels);
    for (int i = 0; i < metres.length; i++) {
      metres[i] = 1 + 0.01f * (i % 60) + 0.02f * (i / 60);
    }
    View upright =
        View.of(
            "agentview",
            RgbImage.owning(60, 40, pixels),
            Optional.of(DepthImage.of(metres, 60, 40)),
            Optional.of(CAMERA));
    return io.github.vla3d.data.ViewTransforms.apply(upright, stored);
  }

  private static ImageTransform fitted(int width, int height) {
    return Scope.call(
        scope ->
            ImageResize.pil(Tensors.zeros(DType.U8, Device.CPU, height, width, 3), 56, 56)
                .transform());
  }

  @Test
  void pointsOfTheTowersPictureAreThoseOfTheView() {
    View view = view(ImageTransform.identity(60, 40));
    SeenView seen = new SeenView("base", view, fitted(60, 40));
    PixelRectangle content = seen.content();
    assertThat(content).isEqualTo(new PixelRectangle(0, 9, 56, 46));
    Camera camera = seen.camera().orElseThrow();
    DepthImage depth = seen.depth().orElseThrow();
    assertThat(depth.at(5, 3)).isZero();
    for (int row = content.top(); row < content.bottom(); row++) {
      for (int column = 0; column < 56; column++) {
        Vector3 world = camera.unproject(Pixel.centre(column, row), depth.at(column, row));
        Camera.Projection back = CAMERA.project(world);
        double wall = 1 + 0.01 * (back.pixel().u() - 0.5) + 0.02 * (back.pixel().v() - 0.5);
        // Picked from the nearest pixel, which is at most half a pixel away on each axis.
        assertThat(back.depth()).isCloseTo(wall, within(0.005 + 0.01 + 1e-5));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void howAPictureLiesIsReadOffItsCamera(boolean reversed, boolean mirrored) {
    ImageTransform stored = ImageTransform.identity(60, 40);
    stored = reversed ? stored.then(ImageTransform.reverseRows(60, 40)) : stored;
    stored = mirrored ? stored.then(ImageTransform.mirror(60, 40)) : stored;
    View view = view(stored);
    View upright = Orientation.UPRIGHT.apply(view);
    assertThat(upright.rgb()).isEqualTo(view(ImageTransform.identity(60, 40)).rgb());
    assertThat(upright.camera().orElseThrow().intrinsics().fx()).isPositive();
    View turned = Orientation.MIRRORED.apply(view);
    assertThat(turned.rgb()).isEqualTo(view(ImageTransform.mirror(60, 40)).rgb());
    assertThat(turned.camera().orElseThrow().intrinsics().fx()).isNegative();
    assertThat(turned.camera().orElseThrow().intrinsics().fy()).isPositive();
    assertThat(Orientation.STORED.apply(view)).isSameAs(view);
    if (reversed) {
      assertThatThrownBy(() -> Orientation.AUTO.apply(view))
          .isInstanceOf(PolicyException.class)
          .hasMessageContaining("bottom row first");
    } else {
      assertThat(Orientation.AUTO.apply(view)).isSameAs(view);
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutCameraNothingIsTurned(Orientation orientation) {
    View plain =
        View.of(
            "x", view(ImageTransform.identity(60, 40)).rgb(), Optional.empty(), Optional.empty());
    if (orientation == Orientation.AUTO || orientation == Orientation.STORED) {
      assertThat(orientation.apply(plain)).isSameAs(plain);
    } else {
      assertThatThrownBy(() -> orientation.apply(plain))
          .isInstanceOf(PolicyException.class)
          .hasMessageContaining("wanted a camera");
    }
  }

  @Test
  void tensorsHoldTheSame() {
    SeenView seen = new SeenView("base", view(ImageTransform.identity(60, 40)), fitted(60, 40));
    Scope.run(
        () -> {
          ViewTensors tensors =
              ViewTensors.of(List.of(Map.of("base", seen)), List.of("wrist", "base"), 56, 56);
          assertThat(tensors.hasCamera().toBooleans()).containsExactly(false, true);
          assertThat(tensors.hasDepth().toBooleans()).containsExactly(false, true);
          assertThat(tensors.content().toLongs()).containsExactly(0, 0, 0, 0, 0, 9, 56, 46);
          Tensor k = tensors.intrinsics().select(0, 0).select(0, 1);
          double[] wanted = seen.camera().orElseThrow().intrinsics().matrix();
          for (int i = 0; i < 9; i++) {
            assertThat(k.toDoubles()[i]).isCloseTo(wanted[i], within(1e-5));
          }
          assertThat(tensors.depth().select(0, 0).select(0, 1).flatten(0, 1).toFloats())
              .isEqualTo(seen.depth().orElseThrow().toArray());
          assertThat(tensors.depth().select(0, 0).select(0, 0).abs().sum().item()).isZero();
        });
  }
}
