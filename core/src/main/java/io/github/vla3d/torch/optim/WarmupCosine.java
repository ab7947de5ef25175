package io.github.vla3d.torch.optim;

/**
 * openpi's schedule (its JAX and its PyTorch trainer agree): a line from peak / (warmup + 1) to
 * peak over the warm-up, then half a cosine from peak to end, which is reached at step {@code
 * total} and kept.
 *
 * @param warmup steps, >= 0
 * @param peak largest rate
 * @param total steps of warm-up and decay together, > warmup
 * @param end last rate
 */
public record WarmupCosine(long warmup, double peak, long total, double end) implements Schedule {
  public WarmupCosine {
    if (warmup < 0 || total <= warmup || !(peak > 0) || !(end >= 0)) {
      throw new IllegalArgumentException(
          "warm-up and cosine: wanted 0 <= warmup < total, peak > 0, end >= 0, got "
              + warmup
              + ", "
              + total
              + ", "
              + peak
              + ", "
              + end);
    }
  }

  @Override
  public double at(long step) {
    if (step < warmup) {
      double first = peak / (warmup + 1);
      return first + (peak - first) * step / warmup;
    }
    double progress = Math.min(1, (double) (step - warmup) / (total - warmup));
    return end + (peak - end) * 0.5 * (1 + Math.cos(Math.PI * progress));
  }
}
