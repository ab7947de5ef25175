package io.github.vla3d.policy.processing;

import io.github.vla3d.torch.Tensor;

/**
 * Scales a feature to what the network was trained on, and back. Nothing is clipped. Two families
 * of formulas are in use, which differ where a dimension never moves: never mix them.
 */
public interface Normalizer {
  /**
   * @param x floating [.., D]
   * @return the same shape
   * @throws ProcessingException if D is not that of the statistics
   */
  Tensor normalize(Tensor x);

  /** The way back; same conditions. */
  Tensor unnormalize(Tensor y);

  /**
   * LeRobot's: a deviation has eps added when dividing (not when multiplying); a range that is 0
   * becomes eps.
   *
   * @throws ProcessingException if the statistics lack what the mode needs
   */
  static Normalizer lerobot(NormalizationMode mode, Statistics statistics, double eps) {
    return LerobotNormalizer.of(mode, statistics, eps, false);
  }

  /** As {@link #lerobot} for pictures [.., C, h, w], with statistics for each channel. */
  static Normalizer lerobotPictures(NormalizationMode mode, Statistics statistics, double eps) {
    return LerobotNormalizer.of(mode, statistics, eps, true);
  }

  /**
   * openpi's: deviations and ranges have 1e-6 added both ways. Statistics may be longer than what
   * is normalised, and shorter than what is restored, whose other dimensions then stay (by
   * quantiles) or are scaled with mean 0 and deviation 1.
   *
   * @param quantiles by q01 and q99, else by mean and std
   * @throws ProcessingException if the statistics lack what is needed
   */
  static Normalizer openpi(Statistics statistics, boolean quantiles) {
    return new OpenpiNormalizer(statistics, quantiles);
  }
}
