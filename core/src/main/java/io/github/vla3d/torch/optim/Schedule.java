package io.github.vla3d.torch.optim;

/** The learning rate over a training. */
@FunctionalInterface
public interface Schedule {
  /**
   * @param step number of steps done, >= 0
   * @return the rate of the step to come
   */
  double at(long step);

  static Schedule constant(double learningRate) {
    return step -> learningRate;
  }
}
