package io.github.vla3d.policy.processing;

/** How a feature is scaled; the names are those of LeRobot's files. */
public enum NormalizationMode {
  /** Not at all. */
  IDENTITY,
  /** Mean 0, standard deviation 1. */
  MEAN_STD,
  /** The extremes become -1 and 1. */
  MIN_MAX,
  /** The 1st and 99th percentile become -1 and 1. */
  QUANTILES,
  /** The 10th and 90th percentile become -1 and 1. */
  QUANTILE10
}
