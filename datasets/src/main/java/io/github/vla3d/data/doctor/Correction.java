package io.github.vla3d.data.doctor;

import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The inverse of a fault of a single view: another reading of its camera, of its depth, or of both.
 *
 * @param detail the magnitude, for the remedy; may be empty
 * @param camera what the camera is in truth
 * @param depth what the numbers of the depth are in truth; empty if they are metres
 */
record Correction(
    FaultKind kind, String detail, UnaryOperator<Camera> camera, Optional<DepthKind> depth) {
  private static final double[] UNITS = {
    1000,
    0.001,
    100,
    0.01,
    10,
    0.1,
    10_000,
    1e-4,
    4000,
    1 / 4000.0,
    0.3048,
    1 / 0.3048,
    0.0254,
    1 / 0.0254
  };

  /** Picture sizes that recordings and policies have. */
  private static final int[] SIDES = {
    64, 84, 96, 112, 120, 128, 180, 192, 224, 240, 256, 270, 288, 300, 320, 336, 360, 384, 400, 424,
    448, 480, 512, 540, 600, 640, 720, 768, 800, 848, 960, 1024, 1080, 1200, 1280, 1536, 1920
  };

  Shot undo(Shot shot) {
    return new Shot(camera.apply(shot.camera()), shot.depth(), depth.orElse(shot.kind()));
  }

  /** The same for a whole view. One without a camera says nothing that could be wrong. */
  View undo(View view) {
    Optional<DepthImage> metres =
        view.depth()
            .flatMap(map -> view.depthCamera().map(k -> undo(new Shot(k, map, DepthKind.METRES))))
            .map(Shot::metres)
            .or(view::depth);
    return new View(
        view.name(), view.rgb(), metres, view.camera().map(camera), view.depthCamera().map(camera));
  }

  /** Undoes it in one view, or in all of them. */
  Repair repair(String where) {
    return new Repair.Possible(
        episode ->
            ChangedEpisode.views(
                episode, name -> where.equals(Fault.ALL_VIEWS) || name.equals(where), this::undo));
  }

  private static Correction camera(FaultKind kind, String detail, UnaryOperator<Camera> camera) {
    return new Correction(kind, detail, camera, Optional.empty());
  }

  static Correction pose(FaultKind kind, UnaryOperator<RigidTransform> undo) {
    return camera(
        kind, "", camera -> new Camera(camera.intrinsics(), undo.apply(camera.worldFromCamera())));
  }

  private static Correction picture(FaultKind kind, String detail, ImageTransform transform) {
    return camera(kind, detail, camera -> camera.transformed(transform));
  }

  static Correction depth(FaultKind kind, String detail, DepthKind meaning) {
    return new Correction(kind, detail, camera -> camera, Optional.of(meaning));
  }

  static Correction planes(DepthKind.ZBuffer planes) {
    return depth(
        FaultKind.Z_BUFFER,
        String.format(
            Locale.ROOT, "near about %.4g m, far about %.3g m", planes.near(), planes.far()),
        planes);
  }

  /**
   * All that are worth a try on pictures of a camera like this; the z-buffer only if its planes are
   * known.
   */
  static List<Correction> of(Intrinsics k, Optional<DepthKind.ZBuffer> planes) {
    int width = k.width();
    int height = k.height();
    List<Correction> all = new ArrayList<>();
    all.add(pose(FaultKind.CAMERA_INVERTED, RigidTransform::inverse));
    all.add(
        camera(
            FaultKind.OPENGL_AXES,
            "",
            camera -> Camera.fromOpenGl(camera.intrinsics(), camera.worldFromCamera())));
    for (double unit : UNITS) {
      all.add(
          depth(
              FaultKind.DEPTH_UNIT,
              String.format(Locale.ROOT, "by %.4g", unit),
              new DepthKind.Planar(unit)));
    }
    all.add(depth(FaultKind.RAY_DISTANCE, "", new DepthKind.RayDistance(1)));
    all.add(
        picture(FaultKind.UPSIDE_DOWN, "rows reversed", ImageTransform.reverseRows(width, height)));
    all.add(
        picture(
            FaultKind.UPSIDE_DOWN,
            "turned by 180 degrees",
            ImageTransform.rotate180(width, height)));
    all.add(picture(FaultKind.MIRRORED, "", ImageTransform.mirror(width, height)));
    all.add(pose(FaultKind.TRANSPOSED, Correction::transposed));
    all.add(pose(FaultKind.QUATERNION_ORDER, pose -> reordered(pose, true)));
    all.add(pose(FaultKind.QUATERNION_ORDER, pose -> reordered(pose, false)));
    all.addAll(resolutions(k));
    planes.map(Correction::planes).ifPresent(all::add);
    return all;
  }

  static RigidTransform transposed(RigidTransform pose) {
    double[] r = pose.rotation();
    return RigidTransform.of(
        new double[] {r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]}, pose.translation());
  }

  /** The pose whose quaternion was read with its scalar at the wrong end. */
  static RigidTransform reordered(RigidTransform pose, boolean scalarWasLast) {
    double[] q = pose.quaternion();
    return scalarWasLast
        ? RigidTransform.fromQuaternion(q[3], q[0], q[1], q[2], pose.translation())
        : RigidTransform.fromQuaternion(q[1], q[2], q[3], q[0], pose.translation());
  }

  /**
   * A principal point far from the middle gives the other size away: it is the middle of that one.
   * Lenses are a little off their middle, so sizes in use near that are tried, too.
   */
  private static List<Correction> resolutions(Intrinsics k) {
    double x = k.width() / (2 * k.cx());
    double y = k.height() / (2 * k.cy());
    List<Correction> all = new ArrayList<>();
    if (!(x > 0.05 && x < 20 && y > 0.05 && y < 20)
        || (Math.abs(x - 1) < 0.08 && Math.abs(y - 1) < 0.08)) {
      return all;
    }
    // Conventions move the principal point by up to half a pixel: then the size in use is meant.
    boolean known = false;
    for (double sx : near(x, k.width())) {
      for (double sy : near(y, k.height())) {
        all.add(scaled(k, sx, sy));
        known |=
            Math.abs(sx * k.cx() - k.width() / 2.0) <= 0.5
                && Math.abs(sy * k.cy() - k.height() / 2.0) <= 0.5;
      }
    }
    if (!known) {
      all.add(scaled(k, x, y));
    }
    return all;
  }

  private static List<Double> near(double factor, int side) {
    List<Double> factors = new ArrayList<>();
    for (int other : SIDES) {
      double candidate = (double) side / other;
      if (Math.abs(candidate / factor - 1) < 0.06) {
        factors.add(candidate);
      }
    }
    return factors;
  }

  private static Correction scaled(Intrinsics k, double x, double y) {
    return camera(
        FaultKind.OTHER_RESOLUTION,
        String.format(Locale.ROOT, "K is for about %.0fx%.0f", k.width() / x, k.height() / y),
        camera -> {
          double[] m = camera.intrinsics().matrix();
          for (int i = 0; i < 3; i++) {
            m[i] *= x;
            m[3 + i] *= y;
          }
          return new Camera(
              Intrinsics.fromRowMajor(m, camera.intrinsics().width(), camera.intrinsics().height()),
              camera.worldFromCamera());
        });
  }
}
