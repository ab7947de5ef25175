package io.github.vla3d.torch.optim;

/**
 * LeRobot's "cosine_decay_with_warmup". After the warm-up it follows a cosine whose angle counts
 * from step 0 and not from the end of the warm-up, so the rate drops a little there.
 *
 * @param warmup steps, >= 0
 * @param decay steps until the last rate, > 0, counted from 0
 * @param peak rate at which the warm-up aims
 * @param end last rate
 */
public record LeRobotCosine(long warmup, long decay, double peak, double end) implements Schedule {
  public LeRobotCosine {
    if (warmup < 0 || decay < 1 || !(peak > 0) || !(end >= 0)) {
      throw new IllegalArgumentException(
          "LeRobot's cosine: wanted warmup >= 0, decay > 0, peak > 0, end >= 0, got "
              + warmup
              + ", "
              + decay
              + ", "
              + peak
              + ", "
              + end);
    }
  }

  /** For a training of so many steps: one shorter than the decay shrinks both times to fit. */
  public LeRobotCosine scaledTo(long steps) {
    if (steps >= decay) {
      return this;
    }
    double scale = (double) steps / decay;
    return new LeRobotCosine((long) (warmup * scale), steps, peak, end);
  }

  @Override
  public double at(long step) {
    if (step < warmup) {
      double first = 1.0 / (warmup + 1);
      double left = 1 - (double) step / warmup;
      return peak * (step <= 0 ? first : (first - 1) * left + 1);
    }
    double cosine = 0.5 * (1 + Math.cos(Math.PI * Math.min(step, decay) / decay));
    double alpha = end / peak;
    return peak * ((1 - alpha) * cosine + alpha);
  }
}
