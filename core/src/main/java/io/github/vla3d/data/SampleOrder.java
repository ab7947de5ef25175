package io.github.vla3d.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The endless order in which training draws frames from several data sets: each draw picks a data
 * set by weight and takes the next frame of its own shuffled round; a round uses every frame once.
 *
 * <p>The order is a function of the seed and the position alone, so a position in a checkpoint is
 * enough to go on exactly where training stopped, and it costs no memory per frame. Of n processes,
 * each takes every n-th draw.
 */
public final class SampleOrder {
  private static final int ROUNDS = 4;
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final long seed;
  private final double[] upTo;
  private final List<Frames> sources;
  private final int process;
  private final int processes;
  private final long[] taken;
  private long position;

  /**
   * One data set: the number of frames before each episode, and of all at the end.
   *
   * @param starts ascending from 0, one more than there are episodes
   */
  private record Frames(long[] starts) {
    long count() {
      return starts[starts.length - 1];
    }
  }

  /** A frame to read. */
  public record Sample(int dataset, int episode, int frame) {}

  /** What a checkpoint keeps. */
  public record Position(long seed, long draws) {}

  /**
   * @param datasets to mix; only their lengths are asked for
   * @param weights of the data sets, above 0; they need not sum to 1
   * @param process this process, from 0
   * @param processes all of them
   * @throws IllegalArgumentException if these do not fit together
   */
  public SampleOrder(
      List<Dataset> datasets, double[] weights, long seed, int process, int processes) {
    if (datasets.isEmpty() || datasets.size() != weights.length) {
      throw new IllegalArgumentException(
          "mixture: wanted a weight for each of %d data sets, got %d"
              .formatted(datasets.size(), weights.length));
    }
    if (processes < 1 || process < 0 || process >= processes) {
      throw new IllegalArgumentException(
          "process: wanted one of %d, got %d".formatted(processes, process));
    }
    this.seed = seed;
    this.process = process;
    this.processes = processes;
    this.sources = new ArrayList<>();
    this.upTo = new double[weights.length];
    this.taken = new long[weights.length];
    double sum = 0;
    for (int d = 0; d < weights.length; d++) {
      if (!(weights[d] > 0) || Double.isInfinite(weights[d])) {
        throw new IllegalArgumentException("mixture: wanted weights above 0, got " + weights[d]);
      }
      sum += weights[d];
      upTo[d] = sum;
      sources.add(frames(datasets.get(d)));
    }
    skipToOwn();
  }

  private static Frames frames(Dataset dataset) {
    long[] starts = new long[dataset.size() + 1];
    for (int e = 0; e < dataset.size(); e++) {
      starts[e + 1] = starts[e] + dataset.frames(e);
    }
    if (starts[dataset.size()] == 0) {
      throw new IllegalArgumentException("data set " + dataset.name() + " has no frames");
    }
    return new Frames(starts);
  }

  private void skipToOwn() {
    for (int i = 0; i < process; i++) {
      draw();
    }
  }

  /** The next frame of this process. */
  public Sample next() {
    Sample sample = draw();
    for (int i = 1; i < processes; i++) {
      draw();
    }
    return sample;
  }

  private Sample draw() {
    double pick = (mix(seed ^ mix(position)) >>> 11) * 0x1p-53 * upTo[upTo.length - 1];
    int source = 0;
    while (source < upTo.length - 1 && pick >= upTo[source]) {
      source++;
    }
    position++;
    long count = sources.get(source).count();
    long draw = taken[source]++;
    long frame = shuffled(draw % count, count, seed + GOLDEN * (1 + draw / count) + source);
    return sample(source, frame);
  }

  private Sample sample(int source, long frame) {
    long[] starts = sources.get(source).starts();
    int low = 0;
    int high = starts.length - 1;
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (starts[middle] <= frame) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return new Sample(source, low, (int) (frame - starts[low]));
  }

  /**
   * A permutation of 0 .. count - 1 without a table: a Feistel network over the next power of 4,
   * walked on until it falls into the range.
   */
  private static long shuffled(long index, long count, long key) {
    int half = Math.max(1, (65 - Long.numberOfLeadingZeros(Math.max(1, count - 1))) / 2);
    long mask = (1L << half) - 1;
    long value = index;
    do {
      long left = value >>> half;
      long right = value & mask;
      for (int r = 0; r < ROUNDS; r++) {
        long next = left ^ (mix(right + key + GOLDEN * r) & mask);
        left = right;
        right = next;
      }
      value = left << half | right;
    } while (value >= count);
    return value;
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long z) {
    long x = z + GOLDEN;
    x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }

  /** Where this process stands. */
  public Position position() {
    return new Position(seed, (position - process) / processes);
  }

  /**
   * Goes to a position.
   *
   * @throws IllegalArgumentException if it belongs to another seed
   */
  public void seek(Position to) {
    if (to.seed() != seed || to.draws() < 0) {
      throw new IllegalArgumentException(
          "position: wanted one of seed %d, got %s".formatted(seed, to));
    }
    position = 0;
    Arrays.fill(taken, 0);
    skipToOwn();
    for (long i = 0; i < to.draws(); i++) {
      next();
    }
  }
}
