package io.github.vla3d.data;

import java.util.Arrays;

/**
 * What the joints of a robot measured at one step, whatever its state leaves out.
 *
 * @param arm angles of the arm's joints from the base on, radians; empty where not recorded
 * @param fingers places of the gripper's fingers, metres; empty where not recorded
 */
@SuppressWarnings("ArrayRecordComponent") // compared and copied by hand below
public record Joints(double[] arm, double[] fingers) {
  /** Where nothing was recorded. */
  public static final Joints NONE = new Joints(new double[0], new double[0]);

  /**
   * @throws IllegalArgumentException on a number that is not finite
   */
  public Joints {
    arm = checked("arm", arm);
    fingers = checked("fingers", fingers);
  }

  private static double[] checked(String what, double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "joints: wanted finite numbers of the %s, got %s at %d".formatted(what, values[i], i));
      }
    }
    return values.clone();
  }

  /** Angles of the arm's joints, copied. */
  @Override
  public double[] arm() {
    return arm.clone();
  }

  /** Places of the fingers, copied. */
  @Override
  public double[] fingers() {
    return fingers.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Joints b
        && Arrays.equals(arm, b.arm)
        && Arrays.equals(fingers, b.fingers);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(arm) + Arrays.hashCode(fingers);
  }

  @Override
  public String toString() {
    return "Joints[arm=" + Arrays.toString(arm) + ", fingers=" + Arrays.toString(fingers) + "]";
  }
}
