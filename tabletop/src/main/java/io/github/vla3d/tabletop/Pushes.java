package io.github.vla3d.tabletop;

/**
 * Now and then a push for some steps, added to what the expert does: so that demonstrations show
 * how to come back from where a policy strays (after DART, Laskey et al., arXiv 1703.09327). The
 * numbers come from the episode's name.
 */
final class Pushes implements Disturbance {
  private static final double CHANCE = 1.0 / 28;
  private static final int SHORTEST = 3;
  private static final int LONGEST = 9;
  private static final double WEAKEST = 0.25;
  private static final double STRONGEST = 0.8;
  private static final double TURN = 0.25;

  private final Dice dice;
  private final double[] push = new double[4];
  private int left;

  Pushes(Variant variant) {
    dice = variant.dice("pushes");
  }

  /** The action with the push of this step, if there is one; the gripper is left alone. */
  @Override
  public double[] on(double[] action) {
    if (left == 0 && dice.uniform() < CHANCE) {
      left = SHORTEST + dice.below(LONGEST - SHORTEST + 1);
      double x = dice.normal();
      double y = dice.normal();
      double z = dice.normal();
      double scale = dice.uniform(WEAKEST, STRONGEST) / Math.sqrt(x * x + y * y + z * z);
      push[0] = scale * x;
      push[1] = scale * y;
      push[2] = scale * z;
      push[3] = dice.uniform(-TURN, TURN);
    }
    double[] pushed = action.clone();
    if (left > 0) {
      left--;
      for (int i = 0; i < 3; i++) {
        pushed[i] += push[i];
      }
      pushed[5] += push[3];
    }
    return pushed;
  }
}
