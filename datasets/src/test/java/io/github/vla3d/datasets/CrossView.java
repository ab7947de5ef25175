package io.github.vla3d.datasets;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The checks of the recordings' own README, written anew from its text: pixels of one view are
 * lifted, projected into another and compared with the depth there, bilinear in 1/z over four
 * neighbours that all have the id of the pixel.
 */
final class CrossView {
  /** One view with the ids of its pixels. */
  static final class Picture {
    private final Camera camera;
    private final byte[] ids;
    private final int width;
    private final int height;
    private final double[] metres;

    Picture(Camera camera, DepthImage depth, byte[] ids) {
      this.camera = camera;
      this.ids = ids;
      this.width = depth.width();
      this.height = depth.height();
      this.metres = new double[ids.length];
      float[] stored = depth.toArray();
      for (int i = 0; i < metres.length; i++) {
        // The decimal that was meant: millimetres often differ by just the 2 cm of a depth step.
        metres[i] = Double.parseDouble(Float.toString(stored[i]));
      }
    }
  }

  private static final double STEP = 0.02;

  private final int lower;
  private final int upper;
  private final double boxMargin;
  private final int leastPixels;
  private final Values all = new Values();
  private final Values cut = new Values();
  private final List<Double> inFront = new ArrayList<>();
  private final List<Double> inBox = new ArrayList<>();

  private static final class Values {
    private double[] values = new double[1 << 16];
    private int size;

    void add(double value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    /** Between the two nearest ranks, as NumPy does it. */
    double quantile(double q) {
      Arrays.sort(values, 0, size);
      double rank = q * (size - 1);
      int below = (int) rank;
      int above = Math.min(size - 1, below + 1);
      return values[below] + (rank - below) * (values[above] - values[below]);
    }
  }

  /**
   * The margins are those of the program that made the tables: pixels of the border are left out.
   */
  private CrossView(int lower, int upper, double boxMargin, int leastPixels) {
    this.lower = lower;
    this.upper = upper;
    this.boxMargin = boxMargin;
    this.leastPixels = leastPixels;
  }

  static CrossView ofScenes() {
    return new CrossView(1, 3, 0.003, 1);
  }

  static CrossView ofLayouts() {
    return new CrossView(1, 2, 0.004, 30);
  }

  /** Millimetres of neighbours that lie within 2 cm of each other, whatever the difference. */
  double median() {
    return all.quantile(0.5);
  }

  double p90() {
    return all.quantile(0.9);
  }

  /** Millimetres of differences below 2 cm. */
  double cutMedian() {
    return cut.quantile(0.5);
  }

  double cutP90() {
    return cut.quantile(0.9);
  }

  /** Mean over the pairs of the share that floats more than 2 cm in front. */
  double inFront() {
    return mean(inFront);
  }

  /** Mean over views and objects of the share of pixels in the object's box. */
  double inBox() {
    return mean(inBox);
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /** Adds all ordered pairs of the views of one moment. */
  void add(List<Picture> pictures, List<Truth.Box> boxes) {
    List<double[]> clouds = new ArrayList<>();
    for (Picture picture : pictures) {
      clouds.add(lift(picture));
    }
    for (int a = 0; a < pictures.size(); a++) {
      for (int b = 0; b < pictures.size(); b++) {
        if (a != b) {
          pair(pictures.get(a), clouds.get(a), pictures.get(b));
        }
      }
      for (Truth.Box box : boxes) {
        box(pictures.get(a), clouds.get(a), box);
      }
    }
  }

  private static double[] lift(Picture picture) {
    double[] points = new double[3 * picture.metres.length];
    for (int row = 0, i = 0; row < picture.height; row++) {
      for (int column = 0; column < picture.width; column++, i += 3) {
        Vector3 p = picture.camera.unproject(Pixel.centre(column, row), picture.metres[i / 3]);
        points[i] = p.x();
        points[i + 1] = p.y();
        points[i + 2] = p.z();
      }
    }
    return points;
  }

  private void pair(Picture from, double[] points, Picture to) {
    int width = to.width;
    int height = to.height;
    double[] e = to.camera.cameraFromWorld().toRowMajor();
    int compared = 0;
    int front = 0;
    for (int i = 0; i < from.ids.length; i++) {
      if (from.metres[i] == 0) {
        continue;
      }
      double px = points[3 * i];
      double py = points[3 * i + 1];
      double pz = points[3 * i + 2];
      double z = e[8] * px + e[9] * py + e[10] * pz + e[11];
      if (!(z > 1e-6)) {
        continue;
      }
      Pixel at =
          to.camera
              .intrinsics()
              .pixel(
                  (e[0] * px + e[1] * py + e[2] * pz + e[3]) / z,
                  (e[4] * px + e[5] * py + e[6] * pz + e[7]) / z);
      double u = at.u() - 0.5;
      double v = at.v() - 0.5;
      if (!(u >= lower && v >= lower && u < width - upper && v < height - upper)) {
        continue;
      }
      int column = (int) u;
      int row = (int) v;
      double surface = surface(to, u, v, column, row, from.ids[i]);
      if (Double.isNaN(surface)) {
        continue;
      }
      double difference = z - Math.abs(surface);
      if (surface > 0) {
        compared++;
        all.add(1000 * Math.abs(difference));
        front += difference < -STEP ? 1 : 0;
      }
      if (Math.abs(difference) < STEP) {
        cut.add(1000 * Math.abs(difference));
      }
    }
    if (compared > 0) {
      inFront.add((double) front / compared);
    }
  }

  /**
   * Depth of the other view there: NaN where not all four neighbours have the id, negative where
   * they lie apart.
   */
  private static double surface(Picture to, double u, double v, int column, int row, byte id) {
    double inverse = 0;
    double nearest = Double.MAX_VALUE;
    double farthest = 0;
    for (int corner = 0; corner < 4; corner++) {
      int c = column + corner % 2;
      int r = row + corner / 2;
      int at = r * to.width + c;
      double z = to.metres[at];
      if (to.ids[at] != id || z == 0) {
        return Double.NaN;
      }
      nearest = Math.min(nearest, z);
      farthest = Math.max(farthest, z);
      inverse += (1 - Math.abs(u - c)) * (1 - Math.abs(v - r)) / z;
    }
    return farthest - nearest < STEP ? 1 / inverse : -1 / inverse;
  }

  private void box(Picture picture, double[] points, Truth.Box box) {
    int pixels = 0;
    int inside = 0;
    for (int i = 0; i < picture.ids.length; i++) {
      if ((picture.ids[i] & 0xff) == box.id()) {
        pixels++;
        Vector3 p = new Vector3(points[3 * i], points[3 * i + 1], points[3 * i + 2]);
        inside += box.contains(p, boxMargin) ? 1 : 0;
      }
    }
    if (pixels >= leastPixels) {
      inBox.add((double) inside / pixels);
    }
  }
}
