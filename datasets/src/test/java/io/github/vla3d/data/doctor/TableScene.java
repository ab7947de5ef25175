package io.github.vla3d.data.doctor;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Boxes on a table, a hand that moves over them, a fixed camera and one on the hand: ray-cast. */
final class TableScene {
  private static final int SIDE = 72;
  private static final int FRAMES = 52;
  private static final double FAR = 4;

  private record Box(RigidTransform worldFromBox, Vector3 half) {}

  private final List<Box> boxes = new ArrayList<>();
  private final double[] phase = new double[6];
  private final double noise;
  private final Random random;

  private TableScene(long seed, double noise) {
    this.random = new Random(seed);
    this.noise = noise;
    for (int i = 0; i < 7; i++) {
      Vector3 half = new Vector3(in(0.02, 0.06), in(0.02, 0.06), in(0.02, 0.09));
      boxes.add(
          new Box(
              RigidTransform.fromAxisAngle(
                  new Vector3(0, 0, in(-3, 3)),
                  new Vector3(in(0.15, 0.75), in(-0.35, 0.35), half.z())),
              half));
    }
    for (int i = 0; i < phase.length; i++) {
      phase[i] = in(0, 6);
    }
  }

  /**
   * @param noise standard deviation of the depth at 1 m, growing with its square, metres
   */
  static Episode episode(long seed, double noise, List<String> views) {
    TableScene scene = new TableScene(seed, noise);
    List<Observation> observations = new ArrayList<>();
    for (int frame = 0; frame < FRAMES; frame++) {
      observations.add(scene.observation(frame, views));
    }
    return new FakeEpisode("table " + seed, views, FRAMES, observations::get);
  }

  private double in(double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  private Observation observation(int frame, List<String> views) {
    double t = frame / 8.0;
    // The hand points down; it sways, turns and tilts.
    RigidTransform hand =
        RigidTransform.translation(
                new Vector3(
                    0.45 + 0.15 * Math.sin(t + phase[0]),
                    0.2 * Math.sin(0.8 * t + phase[1]),
                    0.32 + 0.07 * Math.sin(1.3 * t + phase[2])))
            .compose(
                RigidTransform.fromAxisAngle(
                    new Vector3(0, 0, 0.5 + 0.6 * Math.sin(0.7 * t + phase[3])), Vector3.ZERO))
            .compose(
                RigidTransform.fromAxisAngle(
                    new Vector3(Math.PI + 0.2 * Math.sin(t + phase[4]), 0.15, 0), Vector3.ZERO));
    List<Box> all = new ArrayList<>(boxes);
    for (int side = -1; side <= 1; side += 2) {
      all.add(
          new Box(
              hand.compose(RigidTransform.translation(new Vector3(0.04 * side, 0, -0.02))),
              new Vector3(0.008, 0.01, 0.03)));
    }
    all.add(
        new Box(
            hand.compose(RigidTransform.translation(new Vector3(0, 0, -0.09))),
            new Vector3(0.06, 0.03, 0.03)));
    List<View> seen = new ArrayList<>();
    for (String name : views) {
      Camera camera =
          switch (name) {
            case "front" -> looking(new Vector3(1.25, 0.15, 0.85), new Vector3(0.4, 0, 0.05), 50);
            case "side" -> looking(new Vector3(0.2, -1.1, 0.7), new Vector3(0.45, 0.05, 0), 55);
            default ->
                new Camera(
                    Intrinsics.fromFieldOfView(Math.toRadians(75), SIDE, SIDE),
                    hand.compose(
                        RigidTransform.fromAxisAngle(
                            new Vector3(0.25, 0.1, 1.3), new Vector3(0.01, 0.06, -0.1))));
          };
      seen.add(
          View.of(
              name,
              RgbImage.owning(SIDE, SIDE, new byte[3 * SIDE * SIDE]),
              Optional.of(render(camera, all)),
              Optional.of(camera)));
    }
    return new Observation(seen, new float[0], List.of(hand), "", frame / 20.0);
  }

  private static Camera looking(Vector3 eye, Vector3 target, double degrees) {
    Vector3 z = target.minus(eye).normalized();
    Vector3 x = z.cross(new Vector3(0, 0, 1)).normalized();
    Vector3 y = z.cross(x);
    return new Camera(
        Intrinsics.fromFieldOfView(Math.toRadians(degrees), SIDE, SIDE),
        RigidTransform.of(
            new double[] {x.x(), y.x(), z.x(), x.y(), y.y(), z.y(), x.z(), y.z(), z.z()}, eye));
  }

  private DepthImage render(Camera camera, List<Box> all) {
    float[] depth = new float[SIDE * SIDE];
    List<RigidTransform> boxFromCamera = new ArrayList<>();
    for (Box box : all) {
      boxFromCamera.add(box.worldFromBox().inverse().compose(camera.worldFromCamera()));
    }
    for (int i = 0; i < depth.length; i++) {
      Vector3 ray = camera.intrinsics().ray(Pixel.centre(i % SIDE, i / SIDE));
      Vector3 down = camera.worldFromCamera().rotate(ray);
      double z = down.z() < 0 ? -camera.worldFromCamera().translation().z() / down.z() : FAR;
      for (int b = 0; b < all.size(); b++) {
        z = Math.min(z, hit(boxFromCamera.get(b), ray, all.get(b).half()));
      }
      if (z < FAR) {
        depth[i] = (float) (z + noise * z * z * random.nextGaussian());
      }
    }
    return DepthImage.of(depth, SIDE, SIDE);
  }

  private static double hit(RigidTransform boxFromCamera, Vector3 ray, Vector3 half) {
    Vector3 o = boxFromCamera.translation();
    Vector3 d = boxFromCamera.rotate(ray);
    double near = 0;
    double far = FAR;
    double[][] axes = {
      {o.x(), d.x(), half.x()}, {o.y(), d.y(), half.y()}, {o.z(), d.z(), half.z()}
    };
    for (double[] a : axes) {
      double p = (-a[2] - a[0]) / a[1];
      double q = (a[2] - a[0]) / a[1];
      near = Math.max(near, Math.min(p, q));
      far = Math.min(far, Math.max(p, q));
    }
    return near < far && near > 0 ? near : FAR;
  }
}
