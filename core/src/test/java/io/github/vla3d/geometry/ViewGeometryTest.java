package io.github.vla3d.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ViewGeometryTest {
  private static final double Z_MAX = 2;

  static LongStream seeds() {
    return LongStream.range(0, 20);
  }

  private static Tensor tensor(Golden golden, String name) {
    return Tensors.of(golden.floats(name), golden.shape(name));
  }

  @Test
  void tokenPointsOfTheReference() throws IOException {
    Golden golden = new Golden();
    Scope.run(
        () -> {
          ViewGeometry.Tokens tokens =
              ViewGeometry.tokenPoints(
                  tensor(golden, "token_points.in.depth"),
                  tensor(golden, "token_points.in.intrinsics"),
                  tensor(golden, "token_points.in.camera_from_world"),
                  4,
                  8,
                  Z_MAX);
          assertThat(tokens.points().shape()).containsExactly(1, 64, 3);
          assertThat(tokens.hasDepth().toBooleans())
              .isEqualTo(golden.booleans("token_points.out.has_depth"));
          assertThat(tokens.points().toFloats())
              .containsExactly(golden.floats("token_points.out.points"), within(1e-6f));
        });
  }

  @Test
  void tokenPointsOfTheReferenceOnTheHost() throws IOException {
    Golden golden = new Golden();
    float[] wanted = golden.floats("token_points.out.points");
    for (int view = 0; view < 2; view++) {
      Camera camera =
          Camera.fromCameraFromWorld(
              Intrinsics.fromRowMajor(
                  golden.doubles("token_points.in.intrinsics", 9 * view, 9), 16, 8),
              RigidTransform.fromRowMajor(
                  golden.doubles("token_points.in.camera_from_world", 16 * view, 16)));
      float[] depth =
          Arrays.copyOfRange(golden.floats("token_points.in.depth"), 128 * view, 128 * view + 128);
      TokenPoints tokens = TokenPoints.of(DepthImage.of(depth, 16, 8), camera, 4, 8, Z_MAX);
      for (int i = 0; i < 32; i++) {
        assertThat(tokens.hasDepth()[i])
            .isEqualTo(golden.booleans("token_points.out.has_depth")[32 * view + i]);
      }
      for (int i = 0; i < 96; i++) {
        assertThat(tokens.points()[i]).isEqualTo(wanted[96 * view + i], within(1e-6));
      }
    }
  }

  @Test
  void projectionOfTheReference() throws IOException {
    Golden golden = new Golden();
    Scope.run(
        () -> {
          ViewGeometry.Projected projected =
              ViewGeometry.project(
                  tensor(golden, "projection.in.points"),
                  tensor(golden, "projection.in.intrinsics"),
                  tensor(golden, "projection.in.camera_from_world"),
                  0.05);
          float[] u = projected.pixels().div(Tensors.of(new float[] {16, 8}, 2)).toFloats();
          float[] wanted = golden.floats("projection.out.u_raw");
          for (int i = 0; i < wanted.length; i++) {
            assertThat((double) u[i])
                .isEqualTo(wanted[i], within(2e-4 + 1e-4 * Math.abs(wanted[i])));
          }
          assertThat(projected.depth().toFloats())
              .containsExactly(golden.floats("projection.out.z"), within(1e-6f));
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void tensorsSayWhatTheHostSays(long seed) {
    Samples random = new Samples(seed);
    List<Camera> cameras = new ArrayList<>();
    for (int view = 0; view < 3; view++) {
      Camera camera = random.camera();
      Intrinsics k = camera.intrinsics();
      cameras.add(camera.transformed(ImageTransform.resize(k.width(), k.height(), 32, 24)));
    }
    float[] depth = new float[3 * 32 * 24];
    for (int i = 0; i < depth.length; i++) {
      depth[i] = (float) Math.max(0, random.in(-0.5, 2.5));
    }
    Scope.run(
        () -> {
          Tensor k = ViewGeometry.intrinsics(cameras).unsqueeze(0);
          Tensor pose = ViewGeometry.cameraFromWorld(cameras).unsqueeze(0);
          ViewGeometry.Tokens tokens =
              ViewGeometry.tokenPoints(Tensors.of(depth, 1, 3, 24, 32), k, pose, 6, 8, Z_MAX);
          float[] points = tokens.points().toFloats();
          boolean[] hasDepth = tokens.hasDepth().toBooleans();
          ViewGeometry.Projected back = ViewGeometry.project(tokens.points(), k, pose, 0.01);
          float[] pixels = back.pixels().toFloats();
          for (int view = 0; view < 3; view++) {
            TokenPoints wanted =
                TokenPoints.of(
                    DepthImage.of(Arrays.copyOfRange(depth, 768 * view, 768 * (view + 1)), 32, 24),
                    cameras.get(view),
                    6,
                    8,
                    Z_MAX);
            for (int i = 0; i < 48; i++) {
              int token = 48 * view + i;
              assertThat(hasDepth[token]).isEqualTo(wanted.hasDepth()[i]);
              for (int a = 0; a < 3; a++) {
                assertThat((double) points[3 * token + a])
                    .isEqualTo(wanted.points()[3 * i + a], within(2e-5));
              }
              // Each token projects to its own patch centre in its own view.
              int at = 2 * (144 * view + token);
              assertThat((double) pixels[at]).isEqualTo((i % 8 + 0.5) * 4, within(2e-3));
              assertThat((double) pixels[at + 1]).isEqualTo((i / 8 + 0.5) * 4, within(2e-3));
            }
          }
        });
  }

  @Test
  void gradientsReachThePoints() {
    Scope.run(
        () -> {
          Tensor k = Tensors.of(new float[] {100, 0, 50, 0, 100, 40, 0, 0, 1}, 1, 1, 3, 3);
          Tensor pose =
              Tensors.eye(4, io.github.vla3d.torch.DType.F32, k.device()).view(1, 1, 4, 4);
          Tensor points = Tensors.of(new float[] {0.1f, 0.2f, 2}, 1, 1, 3).requiresGrad_(true);
          ViewGeometry.project(points, k, pose, 0.05).pixels().sum().backward();
          // u + v = (100 x + 50 z + 100 y + 40 z) / z
          assertThat(java.util.Objects.requireNonNull(points.grad()).toFloats())
              .containsExactly(new float[] {50, 50, -7.5f}, within(1e-4f));
        });
  }

  @Test
  void shapesAreChecked() {
    Scope.run(
        () -> {
          Tensor k = Tensors.ones(1, 2, 3, 3);
          Tensor pose = Tensors.ones(1, 2, 4, 4);
          assertThatThrownBy(() -> ViewGeometry.project(Tensors.ones(2, 5, 3), k, pose, 0.05))
              .isInstanceOf(GeometryException.class)
              .hasMessageContaining("points: wanted [1, 5, 3], got Tensor[2, 5, 3]");
          assertThatThrownBy(
                  () -> ViewGeometry.tokenPoints(Tensors.ones(1, 2, 9, 8), k, pose, 4, 8, 2))
              .hasMessageContaining("4x8 grid");
        });
  }
}
