package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Rotations;
import io.github.vla3d.tabletop.render.Picture;

/**
 * What sensors add. As in LIBERO-Plus the picture of the scene camera alone is blurred or fogged;
 * depth noise (our addition) is on both views, an error of calibration on the scene camera.
 */
final class Noise {
  private Noise() {}

  /** The picture as a policy gets it. */
  static Picture on(Variant variant, int step, Shot shot) {
    Picture clean = shot.picture();
    if (!variant.is(Dimension.NOISE)) {
      return clean;
    }
    int s = variant.severity();
    boolean scene = shot.name().equals(Tabletop.SCENE_VIEW);
    Dice dice = variant.dice("noise/" + shot.name() + "/" + step);
    if (variant.kind().equals("depth")) {
      return new Picture(
          clean.width(), clean.height(), clean.rgb(), depth(clean, s, dice), clean.ids());
    }
    if (!scene || variant.kind().equals("calibration")) {
      return clean;
    }
    double scale = clean.width() / 128.0;
    byte[] rgb =
        switch (variant.kind()) {
          case "motion" -> motion(clean, 1.2 * s * scale, dice);
          case "gaussian" -> gaussian(clean, 0.5 * s * scale);
          case "zoom" -> zoom(clean, 0.03 * s);
          case "fog" -> fog(clean, 0.14 * s, variant.dice("fog"));
          default -> glass(clean, Math.max(1, (int) Math.rint(0.6 * s * scale)), dice);
        };
    return new Picture(clean.width(), clean.height(), rgb, clean.depth(), clean.ids());
  }

  /** The camera as a policy is told: with an error that stays for the episode. */
  static Camera calibration(Variant variant, int step, Shot shot) {
    if (!variant.is(Dimension.NOISE, "calibration") || !shot.name().equals(Tabletop.SCENE_VIEW)) {
      return shot.camera();
    }
    Dice dice = variant.dice("calibration");
    double metres = 0.004 * variant.severity();
    double radians = Math.toRadians(0.3 * variant.severity());
    Vector3 shift = direction(dice).times(metres);
    Vector3 axis = direction(dice).times(radians);
    double[] q = Rotations.exp(axis.x(), axis.y(), axis.z());
    RigidTransform error = RigidTransform.fromQuaternion(q[0], q[1], q[2], q[3], shift);
    return new Camera(shot.camera().intrinsics(), shot.camera().worldFromCamera().compose(error));
  }

  private static Vector3 direction(Dice dice) {
    return new Vector3(dice.normal(), dice.normal(), dice.normal()).normalized();
  }

  /**
   * Grows with the square of the distance, as of stereo; holes, and edges that mix two surfaces.
   */
  private static float[] depth(Picture clean, int severity, Dice dice) {
    int w = clean.width();
    float[] z = clean.depth();
    float[] noisy = new float[z.length];
    double sigma = 0.0012 * severity;
    double holes = 0.004 * severity;
    for (int i = 0; i < z.length; i++) {
      if (z[i] == 0 || dice.uniform() < holes) {
        continue;
      }
      float other = i % w + 1 < w ? z[i + 1] : z[i];
      boolean edge = Math.abs(other - z[i]) > 0.03;
      double base = edge && dice.uniform() < 0.15 * severity ? 0.5 * (z[i] + other) : z[i];
      noisy[i] = (float) (base + sigma * base * base * dice.normal());
    }
    return noisy;
  }

  private static byte[] motion(Picture p, double length, Dice dice) {
    double angle = dice.uniform(-0.8, 0.8);
    int taps = 2 * (int) Math.ceil(length) + 1;
    return blend(
        p,
        taps,
        (i, x, y, at) -> {
          double t = length * (2.0 * i / (taps - 1) - 1);
          at[0] = x + t * StrictMath.cos(angle);
          at[1] = y + t * StrictMath.sin(angle);
        });
  }

  private static byte[] zoom(Picture p, double most) {
    int taps = 12;
    double cx = (p.width() - 1) / 2.0;
    double cy = (p.height() - 1) / 2.0;
    return blend(
        p,
        taps,
        (i, x, y, at) -> {
          double k = 1 / (1 + most * i / (taps - 1));
          at[0] = cx + (x - cx) * k;
          at[1] = cy + (y - cy) * k;
        });
  }

  /** Where the i-th sample of a pixel comes from. */
  @FunctionalInterface
  private interface Warp {
    void at(int i, int x, int y, double[] place);
  }

  private static byte[] blend(Picture p, int taps, Warp warp) {
    int w = p.width();
    int h = p.height();
    byte[] result = new byte[3 * w * h];
    double[] place = new double[2];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int r = 0;
        int g = 0;
        int b = 0;
        for (int i = 0; i < taps; i++) {
          warp.at(i, x, y, place);
          int u = (int) Math.max(0, Math.min(w - 1, Math.rint(place[0])));
          int v = (int) Math.max(0, Math.min(h - 1, Math.rint(place[1])));
          int o = 3 * (v * w + u);
          r += p.rgb()[o] & 255;
          g += p.rgb()[o + 1] & 255;
          b += p.rgb()[o + 2] & 255;
        }
        int o = 3 * (y * w + x);
        result[o] = (byte) ((r + taps / 2) / taps);
        result[o + 1] = (byte) ((g + taps / 2) / taps);
        result[o + 2] = (byte) ((b + taps / 2) / taps);
      }
    }
    return result;
  }

  private static byte[] gaussian(Picture p, double sigma) {
    int w = p.width();
    int h = p.height();
    int reach = (int) Math.ceil(2.5 * sigma);
    double[] kernel = new double[2 * reach + 1];
    double sum = 0;
    for (int i = -reach; i <= reach; i++) {
      kernel[i + reach] = StrictMath.exp(-i * i / (2 * sigma * sigma));
      sum += kernel[i + reach];
    }
    double[] middle = new double[3 * w * h];
    byte[] result = new byte[3 * w * h];
    for (int pass = 0; pass < 2; pass++) {
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          for (int c = 0; c < 3; c++) {
            double value = 0;
            for (int i = -reach; i <= reach; i++) {
              int u = pass == 0 ? Math.max(0, Math.min(w - 1, x + i)) : x;
              int v = pass == 0 ? y : Math.max(0, Math.min(h - 1, y + i));
              int o = 3 * (v * w + u) + c;
              value += kernel[i + reach] * (pass == 0 ? p.rgb()[o] & 255 : middle[o]);
            }
            int o = 3 * (y * w + x) + c;
            if (pass == 0) {
              middle[o] = value / sum;
            } else {
              result[o] = (byte) Math.rint(value / sum);
            }
          }
        }
      }
    }
    return result;
  }

  private static byte[] fog(Picture p, double strength, Dice dice) {
    int w = p.width();
    double[] phase = new double[8];
    for (int i = 0; i < phase.length; i++) {
      phase[i] = dice.uniform(0, 2 * Math.PI);
    }
    byte[] result = new byte[p.rgb().length];
    for (int i = 0; i < p.depth().length; i++) {
      double x = (double) (i % w) / w;
      double y = (double) (i / w) / p.height();
      double cloud = 0.5;
      for (int k = 0; k < 4; k++) {
        double f = 2.3 * (k + 1);
        cloud +=
            0.25
                / (k + 1)
                * StrictMath.sin(f * x * 2 + phase[2 * k])
                * StrictMath.cos(f * y * 2 + phase[2 * k + 1]);
      }
      double share = Math.max(0, Math.min(0.92, strength * (0.6 + 0.8 * cloud)));
      for (int c = 0; c < 3; c++) {
        int v = p.rgb()[3 * i + c] & 255;
        result[3 * i + c] = (byte) Math.rint(v + share * (225 - v));
      }
    }
    return result;
  }

  private static byte[] glass(Picture p, int reach, Dice dice) {
    return blend(
        p,
        2,
        (i, x, y, at) -> {
          at[0] = x + dice.below(2 * reach + 1) - reach;
          at[1] = y + dice.below(2 * reach + 1) - reach;
        });
  }
}
