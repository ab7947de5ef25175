package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Rotations;

/**
 * The seven joints of a Franka Emika Panda, as its maker publishes them (modified
 * Denavit-Hartenberg), with the flange and grip site of robosuite's model. The physics moves the
 * hand; the arm follows it, so that pictures show one and recordings have its joints.
 */
final class Arm {
  /** Where LIBERO's table scenes have the base. */
  static final Vector3 BASE = new Vector3(-0.66, 0, 0.912);

  /** LIBERO's first joint angles, radians. */
  static final double[] HOME = {0, -0.161, 0, -2.4446, 0, 2.2268, Math.PI / 4};

  private static final int JOINTS = 7;
  private static final double[] OFFSET = {0, 0, 0, 0.0825, -0.0825, 0, 0.088};
  private static final double[] LENGTH = {0.333, 0, 0.316, 0, 0.384, 0, 0};
  private static final double[] TWIST = {0, -1, 1, 1, -1, 1, 1};
  private static final double[] LOWEST = {-2.89, -1.76, -2.89, -3.07, -2.89, -0.01, -2.89};
  private static final double[] HIGHEST = {2.89, 1.76, 2.89, -0.07, 2.89, 3.75, 2.89};

  /** From the last joint to the grip site. */
  private static final double REACH = 0.2035;

  /** robosuite prints the turn between last joint and hand with three digits. */
  private static final RigidTransform LAST_FROM_HAND =
      RigidTransform.fromQuaternion(0, 0, -0.383, 0.924, new Vector3(0, 0, REACH));

  private static final double DAMPING = 1e-4;

  private Arm() {}

  /** Frames of the seven joints and of the hand, in the world. */
  static RigidTransform[] frames(double[] joints) {
    RigidTransform[] frames = new RigidTransform[JOINTS + 1];
    RigidTransform frame = RigidTransform.translation(BASE);
    for (int i = 0; i < JOINTS; i++) {
      double t = joints[i];
      double c = StrictMath.cos(t);
      double s = StrictMath.sin(t);
      double a = TWIST[i];
      // Twists are quarter turns: their cosine is 0, or 1 where there is none.
      double ca = a == 0 ? 1 : 0;
      frame =
          frame.compose(
              RigidTransform.of(
                  new double[] {c, -s, 0, s * ca, c * ca, -a, s * a, c * a, ca},
                  new Vector3(OFFSET[i], -a * LENGTH[i], ca * LENGTH[i])));
      frames[i] = frame;
    }
    frames[JOINTS] = frame.compose(LAST_FROM_HAND);
    return frames;
  }

  /** Where the hand is, with the grip site as its origin. */
  static RigidTransform worldFromHand(double[] joints) {
    return frames(joints)[JOINTS];
  }

  /**
   * Joints that bring the hand to a pose, near given ones; if they cannot, those that come nearest.
   * Damped least squares with a pull of the free motion to {@link #HOME}.
   */
  static double[] solve(RigidTransform worldFromHand, double[] near, int rounds) {
    double[] q = near.clone();
    for (int round = 0; round < rounds; round++) {
      RigidTransform[] frames = frames(q);
      RigidTransform hand = frames[JOINTS];
      Vector3 move = worldFromHand.translation().minus(hand.translation());
      double[] turn =
          Rotations.log(
              Rotations.product(
                  worldFromHand.quaternion(), Rotations.conjugate(hand.quaternion())));
      double[] error = {move.x(), move.y(), move.z(), turn[0], turn[1], turn[2]};
      double[][] jacobian = new double[6][JOINTS];
      for (int j = 0; j < JOINTS; j++) {
        Vector3 axis = frames[j].rotate(new Vector3(0, 0, 1));
        Vector3 push = axis.cross(hand.translation().minus(frames[j].translation()));
        jacobian[0][j] = push.x();
        jacobian[1][j] = push.y();
        jacobian[2][j] = push.z();
        jacobian[3][j] = axis.x();
        jacobian[4][j] = axis.y();
        jacobian[5][j] = axis.z();
      }
      // q += J^T (J J^T + d)^-1 (e - J n) + n, where n pulls to the posture.
      double[] posture = new double[JOINTS];
      for (int j = 0; j < JOINTS; j++) {
        posture[j] = 0.05 * (HOME[j] - q[j]);
      }
      double[][] square = new double[6][6];
      double[] right = new double[6];
      for (int i = 0; i < 6; i++) {
        right[i] = error[i];
        for (int j = 0; j < JOINTS; j++) {
          right[i] -= jacobian[i][j] * posture[j];
        }
        for (int k = 0; k < 6; k++) {
          for (int j = 0; j < JOINTS; j++) {
            square[i][k] += jacobian[i][j] * jacobian[k][j];
          }
        }
        square[i][i] += DAMPING;
      }
      double[] x = solve(square, right);
      for (int j = 0; j < JOINTS; j++) {
        double step = posture[j];
        for (int i = 0; i < 6; i++) {
          step += jacobian[i][j] * x[i];
        }
        step = Math.max(-0.3, Math.min(0.3, step));
        q[j] = Math.max(LOWEST[j], Math.min(HIGHEST[j], q[j] + step));
      }
    }
    return q;
  }

  /** Solves a positive definite system by Cholesky's factors. */
  private static double[] solve(double[][] a, double[] b) {
    int n = b.length;
    double[][] l = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[i][j];
        for (int k = 0; k < j; k++) {
          sum -= l[i][k] * l[j][k];
        }
        l[i][j] = i == j ? Math.sqrt(sum) : sum / l[j][j];
      }
    }
    double[] x = b.clone();
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        x[i] -= l[i][k] * x[k];
      }
      x[i] /= l[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= l[k][i] * x[k];
      }
      x[i] /= l[i][i];
    }
    return x;
  }
}
