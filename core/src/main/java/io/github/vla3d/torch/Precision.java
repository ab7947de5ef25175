package io.github.vla3d.torch;

/** How exactly products of fp32 matrices are computed. Their sums are fp32 in all of these. */
public enum Precision {
  /** Every product in fp32: for parity tests, and wherever the last digit counts. */
  HIGHEST,
  /**
   * The fastest kernels whose error is that of fp32. Products that are derived reach oneDNN's
   * through the engine's "medium" setting, on processors with AVX-512; on those where this setting
   * rounds the factors to bf16 (AMX), it is {@link #HIGHEST}. Which of them is measured at
   * start-up, see {@link Torch#mediumRoundsToBf16()}.
   */
  AUTO,
  /**
   * Allows factors rounded to bf16 (relative error about 2e-3) where the processor is faster so.
   */
  MEDIUM
}
