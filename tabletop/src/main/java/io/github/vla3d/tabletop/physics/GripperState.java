package io.github.vla3d.tabletop.physics;

/**
 * What the hand is told to follow: a point mass that is pulled to the goal. Mutable, of one world.
 */
final class GripperState {
  final double[] position = new double[3];
  final double[] velocity = new double[3];
  double[] rotation = {1, 0, 0, 0};
  final double[] turning = new double[3];
  double[] goalRotation = {1, 0, 0, 0};

  static final int NUMBERS = 17;

  double[] save() {
    double[] s = new double[NUMBERS];
    System.arraycopy(position, 0, s, 0, 3);
    System.arraycopy(velocity, 0, s, 3, 3);
    System.arraycopy(rotation, 0, s, 6, 4);
    System.arraycopy(turning, 0, s, 10, 3);
    System.arraycopy(goalRotation, 0, s, 13, 4);
    return s;
  }

  void restore(double[] s) {
    System.arraycopy(s, 0, position, 0, 3);
    System.arraycopy(s, 3, velocity, 0, 3);
    rotation = new double[] {s[6], s[7], s[8], s[9]};
    System.arraycopy(s, 10, turning, 0, 3);
    goalRotation = new double[] {s[13], s[14], s[15], s[16]};
  }
}
