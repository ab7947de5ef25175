package io.github.vla3d.scene.learning;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Things on a table and cameras around it, drawn from a seed, and what the cameras see. Metres, z
 * up, the table's top is z = 0.
 *
 * @param things 2 to 4 that do not touch
 * @param eyes places of the cameras and what they look at: x, y, z, x, y, z
 * @param table colour
 * @param noise seed of the noise in the pictures
 */
record TableScene(List<Thing> things, List<double[]> eyes, float[] table, long noise) {
  /** Height and width of a picture. */
  static final int SIZE = 48;

  static final double FOCAL = SIZE / 2.0 / Math.tan(Math.toRadians(25));

  static final int MOST_THINGS = 4;

  private static final double MIDDLE_X = 0.65;
  private static final double TABLE_RADIUS = 0.7;

  /** Where cameras stand. The azimuths of training and of unseen poses lie in separate sectors. */
  enum Poses {
    TRAINING(0, 45),
    UNSEEN(45, 60);

    private final double from;
    private final double to;

    Poses(double from, double to) {
      this.from = from;
      this.to = to;
    }

    /** One of six sectors, degrees. */
    double azimuth(SplittableRandom random) {
      return 60 * random.nextInt(6) + random.nextDouble(from, to);
    }
  }

  /** The same for the same arguments. */
  static TableScene of(long seed, int views, Poses poses) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Thing> things = new ArrayList<>();
    int count = 2 + random.nextInt(MOST_THINGS - 1);
    while (things.size() < count) {
      Thing thing = thing(random);
      boolean free = true;
      for (Thing other : things) {
        double apart = Math.hypot(thing.x() - other.x(), thing.y() - other.y());
        free &= apart > thing.reach() + other.reach() + 0.01;
      }
      if (free) {
        things.add(thing);
      }
    }
    List<double[]> eyes = new ArrayList<>();
    for (int v = 0; v < views; v++) {
      double azimuth = Math.toRadians(poses.azimuth(random));
      double elevation = Math.toRadians(random.nextDouble(30, 65));
      double far = random.nextDouble(0.65, 0.85);
      double x = MIDDLE_X + random.nextDouble(-0.04, 0.04);
      double y = random.nextDouble(-0.04, 0.04);
      eyes.add(
          new double[] {
            x + far * Math.cos(elevation) * Math.cos(azimuth),
            y + far * Math.cos(elevation) * Math.sin(azimuth),
            far * Math.sin(elevation),
            x,
            y,
            0.03
          });
    }
    float grey = (float) random.nextDouble(0.35, 0.65);
    float[] table = {grey, grey, grey};
    return new TableScene(things, eyes, table, random.nextLong());
  }

  private static Thing thing(SplittableRandom random) {
    boolean round = random.nextBoolean();
    double halfX = random.nextDouble(0.03, 0.06);
    double halfY = round ? halfX : random.nextDouble(0.03, 0.06);
    double x = MIDDLE_X + random.nextDouble(-0.2, 0.2);
    double y = random.nextDouble(-0.2, 0.2);
    double halfZ = random.nextDouble(0.03, 0.06);
    double yaw = random.nextDouble(0, Math.PI);
    double hue = random.nextDouble(0, 6);
    float[] colour = new float[3];
    for (int i = 0; i < 3; i++) {
      double far = Math.abs((hue + 2.0 * i) % 6 - 3);
      colour[i] = (float) (0.1 + 0.8 * Math.min(1, Math.max(0, far - 1)));
    }
    return new Thing(round, x, y, halfX, halfY, halfZ, yaw, colour);
  }

  /** Camera from world, row-major [4, 4]: x right, y down, z forward. */
  double[] cameraFromWorld(int view) {
    double[] e = eyes.get(view);
    double[] z = unit(e[3] - e[0], e[4] - e[1], e[5] - e[2]);
    double[] x = unit(z[1], -z[0], 0);
    double[] y = {z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]};
    double[] m = new double[16];
    double[][] rows = {x, y, z};
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 3; c++) {
        m[4 * r + c] = rows[r][c];
        m[4 * r + 3] -= rows[r][c] * e[c];
      }
    }
    m[15] = 1;
    return m;
  }

  private static double[] unit(double x, double y, double z) {
    double n = Math.sqrt(x * x + y * y + z * z);
    return new double[] {x / n, y / n, z / n};
  }

  /**
   * What a camera sees.
   *
   * @param rgb [3, SIZE, SIZE] in [-1, 1]
   * @param depth [SIZE, SIZE] planar z, 0 where there is nothing
   * @param thing [SIZE, SIZE] number of the thing, -1 for the table and beyond
   */
  record Picture(float[] rgb, float[] depth, byte[] thing) {}

  Picture render(int view) {
    SplittableRandom random = new SplittableRandom(noise + view);
    int pixels = SIZE * SIZE;
    Picture picture = new Picture(new float[3 * pixels], new float[pixels], new byte[pixels]);
    double[] m = cameraFromWorld(view);
    double[] eye = eyes.get(view);
    double[] sun = unit(0.3, -0.4, 0.85);
    for (int i = 0; i < pixels; i++) {
      double px = (i % SIZE + 0.5 - SIZE / 2.0) / FOCAL;
      double py = (i / SIZE + 0.5 - SIZE / 2.0) / FOCAL;
      double[] d = new double[3];
      for (int c = 0; c < 3; c++) {
        d[c] = px * m[c] + py * m[4 + c] + m[8 + c];
      }
      double t = -eye[2] / d[2];
      boolean table =
          t > 0 && Math.hypot(eye[0] + t * d[0] - MIDDLE_X, eye[1] + t * d[1]) < TABLE_RADIUS;
      double light = 0.4 + 0.6 * sun[2];
      float[] colour = table ? this.table : new float[] {0.05f, 0.05f, 0.08f};
      t = table ? t : Double.POSITIVE_INFINITY;
      int seen = -1;
      for (int k = 0; k < things.size(); k++) {
        Thing.Hit hit = things.get(k).hit(eye, d);
        if (hit != null && hit.t() < t) {
          t = hit.t();
          seen = k;
          double facing = hit.nx() * sun[0] + hit.ny() * sun[1] + hit.nz() * sun[2];
          light = 0.4 + 0.6 * Math.max(0, facing);
          colour = things.get(k).colour();
        }
      }
      picture.thing()[i] = (byte) seen;
      picture.depth()[i] = Double.isFinite(t) ? (float) t : 0;
      for (int c = 0; c < 3; c++) {
        double value = colour[c] * light + 0.02 * (random.nextDouble() - 0.5);
        picture.rgb()[c * pixels + i] = (float) (2 * value - 1);
      }
    }
    return picture;
  }
}
