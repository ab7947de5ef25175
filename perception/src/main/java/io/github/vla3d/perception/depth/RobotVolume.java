package io.github.vla3d.perception.depth;

import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The space that the robot fills at one step: capsules along the links and boxes for hand and
 * fingers where the joints of a Panda are known, else a volume at and behind each end-effector.
 */
final class RobotVolume {
  /** Link frame (-1: the base), ends of the axis (metres) and radius (metres). */
  private static final double[][] CAPSULES = {
    {-1, -0.12, 0, 0.02, 0.03, 0, 0.06, 0.12},
    {-1, 0, 0, 0.05, 0, 0, 0.36, 0.085},
    {1, 0, 0, -0.08, 0, 0, 0.08, 0.085},
    {2, 0, 0, -0.30, 0, 0, -0.06, 0.085},
    {2, 0, 0, -0.05, 0.0825, 0, 0, 0.08},
    {3, 0, 0, -0.08, 0, 0, 0.08, 0.08},
    {3, 0, 0, 0, -0.0825, 0.06, 0, 0.08},
    {4, 0, 0, -0.37, 0, 0, -0.02, 0.08},
    {4, 0, 0.05, -0.25, 0, 0.085, -0.05, 0.065},
    {5, 0, 0, -0.08, 0, 0, 0.08, 0.075},
    {5, 0, 0, 0, 0.088, 0, 0, 0.075},
    {6, 0, 0, -0.08, 0, 0, 0.09, 0.065},
    {6, 0.03, 0.03, 0.07, 0.07, 0.07, 0.08, 0.045},
  };

  /** Half edges of the hand across and along, its end along the axis, in the frame of the hand. */
  private static final double HAND_X = 0.036;

  private static final double HAND_Y = 0.110;
  private static final double HAND_BACK = -0.05;
  private static final double HAND_FRONT = 0.0665;
  private static final double FINGER_X = 0.013;
  private static final double FINGER_LENGTH = 0.113;
  private static final double FINGER_THICKNESS = 0.024;
  private static final double FINGER_OPEN = 0.04;

  /** Nothing but the robot's own stand is this near to its foot, metres. */
  private static final double FOOT_RADIUS = 0.22;

  private static final double FOOT_HEIGHT = 0.06;

  /** The base of a standing arm is upright to this, cosine. */
  private static final double UPRIGHT = 0.995;

  private final List<double[]> capsules = new ArrayList<>(); // a, b, radius in the world
  private final List<double[]> hands = new ArrayList<>(); // handFromWorld 3 x 4
  private final double[] fingers; // inner face of each finger along y of the hand, metres
  private final double[] low = {1e9, 1e9, 1e9};
  private final double[] high = {-1e9, -1e9, -1e9};
  private final Optional<RigidTransform> base;
  private final double margin;

  /** Height above which what hangs together with the hand is the arm, metres; NaN for none. */
  private double shoulder = Double.NaN;

  private RobotVolume(Optional<RigidTransform> base, double[] fingers, double margin) {
    this.base = base;
    this.fingers = fingers;
    this.margin = margin;
  }

  /**
   * @param margin that is added on every side, metres
   */
  static RobotVolume of(Observation observation, double margin) {
    double[] arm = observation.joints().arm();
    List<RigidTransform> effectors = observation.worldFromEffectors();
    double[] measured = observation.joints().fingers();
    double[] fingers = {-FINGER_OPEN, FINGER_OPEN};
    if (measured.length == 2) {
      fingers =
          new double[] {
            -Math.min(FINGER_OPEN, Math.abs(measured[1])),
            Math.min(FINGER_OPEN, Math.abs(measured[0]))
          };
    }
    if (arm.length == PandaArm.JOINTS && effectors.size() == 1) {
      RigidTransform[] frames = PandaArm.frames(arm);
      RigidTransform worldFromBase =
          effectors.get(0).compose(PandaArm.baseFromGrip(frames).inverse());
      // Another arm with seven joints would stand askew.
      if (worldFromBase.rotation()[8] > UPRIGHT) {
        RobotVolume volume = new RobotVolume(Optional.of(worldFromBase), fingers, margin);
        for (double[] c : CAPSULES) {
          RigidTransform at = c[0] < 0 ? worldFromBase : worldFromBase.compose(frames[(int) c[0]]);
          volume.capsule(
              at.apply(new Vector3(c[1], c[2], c[3])),
              at.apply(new Vector3(c[4], c[5], c[6])),
              c[7] + margin);
        }
        volume.hand(worldFromBase.compose(frames[PandaArm.JOINTS]));
        return volume;
      }
    }
    RobotVolume volume = new RobotVolume(Optional.empty(), fingers, margin);
    for (RigidTransform worldFromGrip : effectors) {
      RigidTransform hand =
          worldFromGrip.compose(RigidTransform.translation(new Vector3(0, 0, -PandaArm.GRIP)));
      volume.hand(hand);
      // Wrist and forearm are somewhere behind the hand; upwards is the best guess further on.
      Vector3 wrist = hand.apply(new Vector3(0, 0, -0.12));
      Vector3 elbow = wrist.plus(new Vector3(0, 0, 0.25));
      volume.capsule(hand.apply(new Vector3(0, 0, -0.04)), wrist, 0.12 + margin);
      volume.capsule(wrist, elbow, 0.14 + margin);
      double top =
          Math.max(hand.translation().z(), worldFromGrip.translation().z() + PandaArm.GRIP);
      volume.shoulder = Double.isNaN(volume.shoulder) ? top : Math.max(volume.shoulder, top);
    }
    return volume;
  }

  /** The pose of the base, where the joints tell it. */
  Optional<RigidTransform> base() {
    return base;
  }

  /**
   * The height above which what hangs together with the robot is the robot, too: where its joints
   * are not known, the volume does not reach as far as the arm. Above the hands nothing else hangs
   * together with them. NaN where the joints are known, or nothing is.
   */
  double shoulder() {
    return shoulder;
  }

  private void capsule(Vector3 a, Vector3 b, double radius) {
    capsules.add(new double[] {a.x(), a.y(), a.z(), b.x(), b.y(), b.z(), radius});
    widen(a, radius);
    widen(b, radius);
  }

  private void hand(RigidTransform worldFromHand) {
    double[] m = worldFromHand.inverse().toRowMajor();
    hands.add(m);
    widen(worldFromHand.translation(), 0.18 + margin);
  }

  private void widen(Vector3 p, double radius) {
    double[] at = {p.x(), p.y(), p.z()};
    for (int i = 0; i < 3; i++) {
      low[i] = Math.min(low[i], at[i] - radius);
      high[i] = Math.max(high[i], at[i] + radius);
    }
  }

  /** Whether a point of the world is the robot's. */
  boolean contains(double x, double y, double z) {
    if (x < low[0] || y < low[1] || z < low[2] || x > high[0] || y > high[1] || z > high[2]) {
      return false;
    }
    if (base.isPresent()) {
      Vector3 foot = base.get().translation();
      double fx = x - foot.x();
      double fy = y - foot.y();
      if (z < foot.z() + FOOT_HEIGHT && fx * fx + fy * fy < FOOT_RADIUS * FOOT_RADIUS) {
        return true;
      }
    }
    for (double[] c : capsules) {
      double dx = c[3] - c[0];
      double dy = c[4] - c[1];
      double dz = c[5] - c[2];
      double px = x - c[0];
      double py = y - c[1];
      double pz = z - c[2];
      double length = dx * dx + dy * dy + dz * dz;
      double t = length > 0 ? (px * dx + py * dy + pz * dz) / length : 0;
      t = Math.max(0, Math.min(1, t));
      px -= t * dx;
      py -= t * dy;
      pz -= t * dz;
      if (px * px + py * py + pz * pz <= c[6] * c[6]) {
        return true;
      }
    }
    for (double[] m : hands) {
      if (inHand(
          m[0] * x + m[1] * y + m[2] * z + m[3],
          m[4] * x + m[5] * y + m[6] * z + m[7],
          m[8] * x + m[9] * y + m[10] * z + m[11])) {
        return true;
      }
    }
    return false;
  }

  private boolean inHand(double x, double y, double z) {
    if (z < HAND_BACK - margin || z > FINGER_LENGTH + margin) {
      return false;
    }
    if (z <= HAND_FRONT + margin / 2
        && Math.abs(x) <= HAND_X + margin
        && Math.abs(y) <= HAND_Y + margin) {
      return true;
    }
    if (Math.abs(x) > FINGER_X + margin / 2) {
      return false;
    }
    // What is held lies between the fingers and keeps its points up to their inner faces.
    return (y >= fingers[1] - margin / 4 && y <= fingers[1] + FINGER_THICKNESS + margin / 2)
        || (y <= fingers[0] + margin / 4 && y >= fingers[0] - FINGER_THICKNESS - margin / 2);
  }
}
