package io.github.vla3d.data.doctor;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Arrays;
import java.util.Locale;

/**
 * How well one shot's points lie on the surfaces that another shot sees. Each sampled pixel is
 * lifted, projected into the other picture and compared with the depth there. A point behind the
 * other's surface may be hidden; a point in front of it floats in what the other camera saw to be
 * empty, which cannot be.
 */
final class Agreement {
  private static final double CLOSE = 0.01;
  private static final double CLOSE_SHARE = 0.005;

  /** At any scale: otherwise a world shrunk to nothing would agree with itself. */
  private static final double MOST = 0.1;

  private static final double FLOATING = 0.02;
  private static final double FLOATING_SHARE = 0.01;
  private static final double PENALTY = 3;
  private static final double CAP = 0.03;

  /** Points that agree have to be spread wider than this, in widths of the picture. */
  private static final double SPOT = 0.01;

  private long sampled;
  private long agreeing;
  private long floating;
  private long hidden;
  private double cost;
  private long near;
  private double[] residuals = new double[256];
  private int size;

  /** Adds the comparison of about so many points of the one shot with the other. */
  Agreement add(Shot from, Shot to, int points) {
    return add(from, to, points, 1);
  }

  /**
   * @param slack factor on all tolerances, for a coarse search
   */
  Agreement add(Shot from, Shot to, int points, double slack) {
    int width = from.depth().width();
    int height = from.depth().height();
    int step = Math.max(1, (int) Math.sqrt((double) width * height / points));
    Camera camera = from.camera();
    RigidTransform toFromFrom = to.camera().cameraFromWorld().compose(camera.worldFromCamera());
    long before = agreeing;
    double u = 0;
    double v = 0;
    double squares = 0;
    for (int row = step / 2; row < height; row += step) {
      for (int column = step / 2; column < width; column += step) {
        if (from.depth().at(column, row) == 0) {
          continue;
        }
        sampled++;
        Pixel centre = Pixel.centre(column, row);
        double z = from.surface(centre);
        if (z == 0) {
          continue;
        }
        Vector3 ray = from.intrinsics().ray(centre);
        Vector3 point = toFromFrom.apply(ray.times(z));
        if (point.z() <= 0) {
          continue;
        }
        Pixel seen = to.intrinsics().pixel(point.x() / point.z(), point.y() / point.z());
        double surface = to.surface(seen);
        if (surface == 0) {
          continue;
        }
        if (count(point.z() - surface, surface, slack)) {
          double du = seen.u() / to.depth().width();
          double dv = seen.v() / to.depth().width();
          u += du;
          v += dv;
          squares += du * du + dv * dv;
        }
      }
    }
    long n = agreeing - before;
    if (n > 0 && squares / n - (u * u + v * v) / n / n < SPOT * SPOT) {
      // A picture shrunk to the camera's own place would agree with the housing seen there.
      agreeing = before;
    }
    return this;
  }

  /** Files one residual and says whether it agrees. */
  private boolean count(double residual, double surface, double slack) {
    double size = Math.abs(residual);
    double close = slack * Math.min(CLOSE + CLOSE_SHARE * surface, MOST * surface);
    if (size <= close) {
      agreeing++;
    } else if (residual < -slack * (FLOATING + FLOATING_SHARE * surface)) {
      floating++;
    } else if (residual > 0) {
      hidden++;
    }
    if (residual < CAP) {
      cost += Math.min(size, CAP);
      near++;
    }
    if (this.size == residuals.length) {
      residuals = Arrays.copyOf(residuals, 2 * this.size);
    }
    residuals[this.size++] = size;
    return size <= close;
  }

  Agreement add(Agreement other) {
    sampled += other.sampled;
    agreeing += other.agreeing;
    floating += other.floating;
    hidden += other.hidden;
    cost += other.cost;
    near += other.near;
    int wanted = size + other.size;
    if (wanted > residuals.length) {
      residuals = Arrays.copyOf(residuals, Math.max(2 * residuals.length, wanted));
    }
    System.arraycopy(other.residuals, 0, residuals, size, other.size);
    size = wanted;
    return this;
  }

  /** Points in agreement less a fine for those that float, per sampled point; at most 1. */
  double score() {
    return sampled == 0 ? 0 : (agreeing - PENALTY * floating) / sampled;
  }

  /** Points taken, whether or not they could be compared. */
  long sampled() {
    return sampled;
  }

  /** Share of the points that float, among those that could agree. */
  double floatingShare() {
    return agreeing + floating == 0 ? 0 : (double) floating / (agreeing + floating);
  }

  /** Points that the other view saw, per sampled point. */
  double overlap() {
    return sampled == 0 ? 0 : (double) size / sampled;
  }

  double agreeingShare() {
    return sampled == 0 ? 0 : (double) agreeing / sampled;
  }

  /** Mean residual in metres of the points that nothing hides, each cut at 3 cm. */
  double cost() {
    return near == 0 ? CAP : cost / near;
  }

  /** Median residual in metres; NaN without any. */
  double median() {
    double[] sorted = Arrays.copyOf(residuals, size);
    Arrays.sort(sorted);
    return size == 0 ? Double.NaN : sorted[size / 2];
  }

  long points() {
    return size;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "score %.3f agree %.3f floating %.4f overlap %.3f median %.2f mm cost %.2f mm",
        score(),
        agreeingShare(),
        floatingShare(),
        overlap(),
        1e3 * median(),
        1e3 * cost());
  }
}
