package io.github.vla3d.perception.depth;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;

/**
 * Forward kinematics of the Franka Emika Panda, from the maker's published parameters (Craig's
 * convention), up to the grip site that robosuite reports as end-effector.
 */
final class PandaArm {
  /** Joints of the arm. */
  static final int JOINTS = 7;

  /** Frames that {@link #frames} returns: seven links, flange with hand. */
  static final int FRAMES = JOINTS + 1;

  /** The grip site between the finger tips, along the axis of the hand from the flange, metres. */
  static final double GRIP = 0.0965;

  /** Per joint: a, d (metres) and alpha (radians), from the frame before. */
  private static final double[][] LINKS = {
    {0, 0.333, 0},
    {0, 0, -Math.PI / 2},
    {0, 0.316, Math.PI / 2},
    {0.0825, 0, Math.PI / 2},
    {-0.0825, 0.384, -Math.PI / 2},
    {0, 0, Math.PI / 2},
    {0.088, 0, Math.PI / 2}
  };

  private static final double FLANGE = 0.107;

  /**
   * The turn of the hand on the flange, -45 degrees as the simulator's model rounds it, radians.
   */
  private static final double HAND = -2 * Math.atan2(0.383, 0.924);

  private PandaArm() {}

  /**
   * The frames of the seven links and of the hand (at the flange, turned by -45 degrees) in the
   * base.
   *
   * @param angles of the {@value #JOINTS} joints, radians
   */
  static RigidTransform[] frames(double[] angles) {
    if (angles.length != JOINTS) {
      throw new IllegalArgumentException(
          "arm: wanted " + JOINTS + " joint angles, got " + angles.length);
    }
    RigidTransform[] frames = new RigidTransform[FRAMES];
    RigidTransform at = RigidTransform.identity();
    for (int i = 0; i < JOINTS; i++) {
      at = at.compose(link(LINKS[i], angles[i]));
      frames[i] = at;
    }
    frames[JOINTS] =
        at.compose(
            RigidTransform.fromAxisAngle(new Vector3(0, 0, HAND), new Vector3(0, 0, FLANGE)));
    return frames;
  }

  /** The pose of the grip site in the base, axes of the hand. */
  static RigidTransform baseFromGrip(RigidTransform[] frames) {
    return frames[JOINTS].compose(RigidTransform.translation(new Vector3(0, 0, GRIP)));
  }

  private static RigidTransform link(double[] link, double angle) {
    double ca = Math.cos(link[2]);
    double sa = Math.sin(link[2]);
    double ct = Math.cos(angle);
    double st = Math.sin(angle);
    return RigidTransform.of(
        new double[] {ct, -st, 0, st * ca, ct * ca, -sa, st * sa, ct * sa, ca},
        new Vector3(link[0], -sa * link[1], ca * link[1]));
  }
}
