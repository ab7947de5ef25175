package io.github.vla3d.torch.checkpoint;

import io.github.vla3d.torch.TorchException;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which checkpoints stay. Damaged ones count for nothing and are never deleted.
 *
 * @param last number of the newest that stay, at least 1
 * @param best if given, the one with the best value stays too
 */
public record Retention(int last, Optional<Best> best) {
  /** All stay. */
  public static final Retention ALL = new Retention(Integer.MAX_VALUE, Optional.empty());

  /** Which value is better. */
  public enum Order {
    LOWER,
    HIGHER
  }

  /**
   * @param metric name of the value; checkpoints without it are never best
   */
  public record Best(String metric, Order order) {}

  public Retention {
    if (last < 1) {
      throw new TorchException("checkpoints to keep: wanted at least 1, got " + last);
    }
  }

  public static Retention last(int n) {
    return new Retention(n, Optional.empty());
  }

  public static Retention lastAndBest(int n, String metric, Order order) {
    return new Retention(n, Optional.of(new Best(metric, order)));
  }

  /**
   * @param all from the newest to the oldest
   * @return those that stay
   */
  Set<Checkpoint> kept(List<Checkpoint> all) {
    Set<Checkpoint> kept = new LinkedHashSet<>(all.subList(0, Math.min(last, all.size())));
    best.flatMap(wanted -> best(all, wanted)).ifPresent(kept::add);
    return kept;
  }

  /** Of several equals the newest. */
  static Optional<Checkpoint> best(List<Checkpoint> all, Best wanted) {
    Comparator<Checkpoint> byValue =
        Comparator.comparingDouble(c -> c.metrics().getOrDefault(wanted.metric(), Double.NaN));
    if (wanted.order() == Order.HIGHER) {
      byValue = byValue.reversed();
    }
    return all.stream()
        .filter(c -> c.metrics().containsKey(wanted.metric()))
        .min(byValue.thenComparing(Comparator.comparingLong(Checkpoint::step).reversed()));
  }
}
