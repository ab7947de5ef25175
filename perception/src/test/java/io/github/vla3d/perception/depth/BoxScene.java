package io.github.vla3d.perception.depth;

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
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Boxes on a table at z = 0, seen by casting a ray through each pixel. */
final class BoxScene {
  static final String FRONT = "front";
  static final String TOP = "top";

  /** Corners of a box, metres, and its colour. */
  record Box(Vector3 low, Vector3 high, int red, int green, int blue) {
    static Box at(double x, double y, double sx, double sy, double sz, int r, int g, int b) {
      return new Box(
          new Vector3(x - sx / 2, y - sy / 2, 0), new Vector3(x + sx / 2, y + sy / 2, sz), r, g, b);
    }

    Box moved(Vector3 by) {
      return new Box(low.plus(by), high.plus(by), red, green, blue);
    }

    Vector3 centre() {
      return low.plus(high).times(0.5);
    }
  }

  private final List<Box> boxes;
  private final int size;
  private boolean table = true;
  private boolean depth = true;
  private double noise;

  BoxScene(int size, Box... boxes) {
    this.size = size;
    this.boxes = List.of(boxes);
  }

  BoxScene withoutTable() {
    table = false;
    return this;
  }

  BoxScene withoutDepth() {
    depth = false;
    return this;
  }

  BoxScene withNoise(double metres) {
    noise = metres;
    return this;
  }

  private Camera camera(String name) {
    Intrinsics k = Intrinsics.fromFieldOfView(Math.toRadians(45), size, size);
    return name.equals(FRONT)
        ? looking(k, new Vector3(1.0, 0, 0.7), new Vector3(0, 0, 0))
        : looking(k, new Vector3(-0.15, 0.05, 0.8), new Vector3(0, 0.02, 0));
  }

  private static Camera looking(Intrinsics k, Vector3 from, Vector3 at) {
    Vector3 z = at.minus(from).normalized();
    Vector3 x = z.cross(new Vector3(0, 0, 1)).normalized();
    Vector3 y = z.cross(x);
    return new Camera(
        k,
        RigidTransform.of(
            new double[] {x.x(), y.x(), z.x(), x.y(), y.y(), z.y(), x.z(), y.z(), z.z()}, from));
  }

  Observation observe(List<RigidTransform> effectors, String... views) {
    List<View> seen = new ArrayList<>();
    for (String name : views) {
      seen.add(view(name));
    }
    return new Observation(seen, new float[0], effectors, "", 0);
  }

  /** The pixels whose ray meets a box first. */
  BitSet truth(int box, String name) {
    BitSet bits = new BitSet();
    Camera camera = camera(name);
    for (int i = 0; i < size * size; i++) {
      if (hit(camera, i)[1] == box + 1) {
        bits.set(i);
      }
    }
    return bits;
  }

  private View view(String name) {
    Camera camera = camera(name);
    float[] metres = new float[size * size];
    byte[] rgb = new byte[3 * size * size];
    Random random = new Random(name.hashCode());
    for (int i = 0; i < metres.length; i++) {
      double[] hit = hit(camera, i);
      int thing = (int) hit[1];
      if (depth && thing >= 0) {
        metres[i] = (float) (hit[0] + noise * random.nextGaussian());
      }
      double shade = 1 - 0.15 * hit[2];
      int[] colour = {180, 160, 130};
      if (thing > 0) {
        Box box = boxes.get(thing - 1);
        colour = new int[] {box.red(), box.green(), box.blue()};
      }
      for (int c = 0; c < 3; c++) {
        rgb[3 * i + c] = (byte) (colour[c] * shade);
      }
    }
    return View.of(
        name,
        RgbImage.owning(size, size, rgb),
        Optional.of(DepthImage.of(metres, size, size)),
        Optional.of(camera));
  }

  /** Planar depth, thing (-1 none, 0 table, 1.. boxes) and the axis of the face. */
  private double[] hit(Camera camera, int pixel) {
    Vector3 o = camera.worldFromCamera().translation();
    Vector3 d =
        camera
            .worldFromCamera()
            .rotate(camera.intrinsics().ray(Pixel.centre(pixel % size, pixel / size)));
    double[] best = {Double.POSITIVE_INFINITY, -1, 2};
    if (table && d.z() < 0) {
      double t = -o.z() / d.z();
      if (Math.abs(o.x() + t * d.x()) < 0.6 && Math.abs(o.y() + t * d.y()) < 0.6) {
        best = new double[] {t, 0, 2};
      }
    }
    for (int b = 0; b < boxes.size(); b++) {
      double[] from = {o.x(), o.y(), o.z()};
      double[] to = {d.x(), d.y(), d.z()};
      Vector3 l = boxes.get(b).low();
      Vector3 h = boxes.get(b).high();
      double[] low = {l.x(), l.y(), l.z()};
      double[] high = {h.x(), h.y(), h.z()};
      double in = 0;
      double out = Double.POSITIVE_INFINITY;
      int axis = 0;
      for (int a = 0; a < 3; a++) {
        double t1 = (low[a] - from[a]) / to[a];
        double t2 = (high[a] - from[a]) / to[a];
        if (Math.min(t1, t2) > in) {
          in = Math.min(t1, t2);
          axis = a;
        }
        out = Math.min(out, Math.max(t1, t2));
      }
      if (in < out && in > 0 && in < best[0]) {
        best = new double[] {in, b + 1, axis};
      }
    }
    return best;
  }
}
