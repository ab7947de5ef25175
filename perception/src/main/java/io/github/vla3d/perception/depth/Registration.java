package io.github.vla3d.perception.depth;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.List;

/**
 * Moves a model by little so that its points lie on the surfaces that the views show: point to
 * plane, damped, so that a motion the depth does not tell (a bowl about its axis) is none.
 */
final class Registration {
  private static final int ROUNDS = 5;
  private static final int POINTS = 400;

  /** Standard deviation of a residual, of a shift and of a turn, metres and radians. */
  private static final double RESIDUAL = 0.002;

  private static final double SHIFT = 0.006;
  private static final double TURN = 0.08;
  private static final double GATE = 0.015;

  private Registration() {}

  static RigidTransform refine(ObjectModel model, RigidTransform start, List<SeenPoints> views) {
    RigidTransform pose = start;
    double[] at = new double[1];
    double[] normal = new double[3];
    int step = Math.max(1, model.size / POINTS);
    double residual = RESIDUAL;
    for (SeenPoints v : views) {
      residual = Math.max(residual, v.noise);
    }
    for (int round = 0; round < ROUNDS; round++) {
      double[] m = pose.toRowMajor();
      double[][] a = new double[6][7];
      // About the middle of the model, so that turns and shifts mix little.
      double[] middle = middle(model, m);
      int n = 0;
      for (int i = 0; i < model.size; i += step) {
        if (model.seen[i] == 0) {
          continue;
        }
        double wx = m[0] * model.x[i] + m[1] * model.y[i] + m[2] * model.z[i] + m[3];
        double wy = m[4] * model.x[i] + m[5] * model.y[i] + m[6] * model.z[i] + m[7];
        double wz = m[8] * model.x[i] + m[9] * model.y[i] + m[10] * model.z[i] + m[11];
        for (SeenPoints v : views) {
          int q = v.project(wx, wy, wz, at);
          if (q < 0
              || !v.foreground[q]
              || Math.abs(v.depth[q] - at[0]) > Math.max(GATE, 2 * v.footprint(q))
              || !normal(v, q, normal)) {
            continue;
          }
          double r =
              normal[0] * (v.x[q] - wx) + normal[1] * (v.y[q] - wy) + normal[2] * (v.z[q] - wz);
          double px = wx - middle[0];
          double py = wy - middle[1];
          double pz = wz - middle[2];
          double[] row = {
            normal[0],
            normal[1],
            normal[2],
            py * normal[2] - pz * normal[1],
            pz * normal[0] - px * normal[2],
            px * normal[1] - py * normal[0],
            r
          };
          double weight = 1 / (residual * residual * (1 + r * r / (4 * residual * residual)));
          for (int j = 0; j < 6; j++) {
            for (int k = j; k < 7; k++) {
              a[j][k] += weight * row[j] * row[k];
            }
          }
          n++;
        }
      }
      if (n < 30) {
        return pose;
      }
      // As much as thirty points would say that it has not moved.
      double scale = n / 30.0;
      for (int j = 0; j < 6; j++) {
        double sigma = j < 3 ? SHIFT : TURN;
        a[j][j] += scale / (sigma * sigma);
        for (int k = 0; k < j; k++) {
          a[j][k] = a[k][j];
        }
      }
      double[] d = solve(a);
      Vector3 turn = new Vector3(d[3], d[4], d[5]);
      Vector3 c = new Vector3(middle[0], middle[1], middle[2]);
      RigidTransform rotation = RigidTransform.fromAxisAngle(turn, Vector3.ZERO);
      Vector3 shift = new Vector3(d[0], d[1], d[2]).plus(c).minus(rotation.apply(c));
      pose = RigidTransform.fromAxisAngle(turn, shift).compose(pose);
    }
    return pose;
  }

  private static double[] middle(ObjectModel model, double[] m) {
    double x = (model.low[0] + model.high[0]) / 2;
    double y = (model.low[1] + model.high[1]) / 2;
    double z = (model.low[2] + model.high[2]) / 2;
    return new double[] {
      m[0] * x + m[1] * y + m[2] * z + m[3],
      m[4] * x + m[5] * y + m[6] * z + m[7],
      m[8] * x + m[9] * y + m[10] * z + m[11]
    };
  }

  private static boolean normal(SeenPoints v, int q, double[] normal) {
    int column = q % v.width;
    int row = q / v.width;
    if (column == 0 || row == 0 || column == v.width - 1 || row == v.height - 1) {
      return false;
    }
    int l = q - 1;
    int r = q + 1;
    int u = q - v.width;
    int d = q + v.width;
    double limit = 3 * v.footprint(q) + 0.003;
    if (!v.foreground[l]
        || !v.foreground[r]
        || !v.foreground[u]
        || !v.foreground[d]
        || Math.abs(v.depth[l] - v.depth[r]) > 2 * limit
        || Math.abs(v.depth[u] - v.depth[d]) > 2 * limit) {
      return false;
    }
    double ax = v.x[r] - v.x[l];
    double ay = v.y[r] - v.y[l];
    double az = v.z[r] - v.z[l];
    double bx = v.x[d] - v.x[u];
    double by = v.y[d] - v.y[u];
    double bz = v.z[d] - v.z[u];
    double nx = ay * bz - az * by;
    double ny = az * bx - ax * bz;
    double nz = ax * by - ay * bx;
    double norm = Math.sqrt(nx * nx + ny * ny + nz * nz);
    if (!(norm > 0)) {
      return false;
    }
    normal[0] = nx / norm;
    normal[1] = ny / norm;
    normal[2] = nz / norm;
    return true;
  }

  /** Gauss-Jordan; the matrix is positive definite by its damping. */
  private static double[] solve(double[][] a) {
    int n = a.length;
    for (int i = 0; i < n; i++) {
      double pivot = a[i][i];
      for (int k = i; k <= n; k++) {
        a[i][k] /= pivot;
      }
      for (int j = 0; j < n; j++) {
        if (j != i) {
          double factor = a[j][i];
          for (int k = i; k <= n; k++) {
            a[j][k] -= factor * a[i][k];
          }
        }
      }
    }
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = a[i][n];
    }
    return x;
  }
}
