package io.github.vla3d.scene.instance;

import java.util.Arrays;

/**
 * Assigns every target its own probe so that the sum of the costs is smallest (Eq. 5): shortest
 * augmenting paths over reduced costs, as Jonker and Volgenant (Computing 38, 1987) have them, one
 * search for each target. Time O(T^2 Q) for T targets and Q probes.
 */
public final class Assignment {
  /** What a cost that is no number counts as (components.md B.2.1). */
  static final double NO_NUMBER = 1e6;

  private static final int NONE = -1;

  private final int probes;
  private final int targets;

  /** [T, Q] row-major. */
  private final double[] cost;

  private final double[] targetPrice;
  private final double[] probePrice;
  private final int[] targetOf;
  private final int[] probeOf;

  // Of one search: length of the shortest path to each probe, and the target before it.
  private final double[] length;
  private final int[] before;
  private final boolean[] settled;

  private Assignment(double[][] cost, int targets) {
    this.probes = cost.length;
    this.targets = targets;
    this.cost = transposed(cost, targets);
    this.targetPrice = new double[targets];
    this.probePrice = new double[probes];
    this.targetOf = filled(probes);
    this.probeOf = filled(targets);
    this.length = new double[probes];
    this.before = new int[probes];
    this.settled = new boolean[probes];
  }

  /**
   * The cheapest assignment. Of equally cheap ways the search takes the probe of lower index; the
   * same costs always give the same assignment.
   *
   * @param cost [Q][T]: cost of giving target j to probe i is cost[i][j]; NaN and infinities count
   *     as 1e6
   * @return [T]: the probe of each target, all different
   * @throws IllegalArgumentException if there are more targets than probes, or the rows differ in
   *     length
   */
  public static int[] solve(double[][] cost) {
    int targets = cost.length == 0 ? 0 : cost[0].length;
    for (double[] row : cost) {
      if (row.length != targets) {
        throw new IllegalArgumentException(
            "assignment: wanted rows of one length, got " + targets + " and " + row.length);
      }
    }
    if (targets > cost.length) {
      throw new IllegalArgumentException(
          "assignment: wanted a probe for each target, got "
              + targets
              + " targets and "
              + cost.length
              + " probes");
    }
    Assignment assignment = new Assignment(cost, targets);
    for (int target = 0; target < targets; target++) {
      assignment.add(target);
    }
    return assignment.probeOf;
  }

  private static double[] transposed(double[][] cost, int targets) {
    double[] flat = new double[targets * cost.length];
    for (int i = 0; i < cost.length; i++) {
      for (int j = 0; j < targets; j++) {
        double value = cost[i][j];
        flat[j * cost.length + i] = Double.isFinite(value) ? value : NO_NUMBER;
      }
    }
    return flat;
  }

  private static int[] filled(int n) {
    int[] values = new int[n];
    Arrays.fill(values, NONE);
    return values;
  }

  /** Finds a place for one more target; those placed before may move. */
  private void add(int target) {
    Arrays.fill(length, Double.POSITIVE_INFINITY);
    Arrays.fill(settled, false);
    double reached = 0;
    int at = target;
    int free = NONE;
    while (free == NONE) {
      int next = nearest(at, reached);
      reached = length[next];
      settled[next] = true;
      at = targetOf[next];
      free = at == NONE ? next : NONE;
    }
    reprice(target, reached);
    // Along the path every probe goes to the target before it.
    for (int probe = free, given = NONE; given != target; ) {
      given = before[probe];
      targetOf[probe] = given;
      int left = probeOf[given];
      probeOf[given] = probe;
      probe = left;
    }
  }

  /** Looks from a target, reached at some length, at all open probes; returns the nearest. */
  private int nearest(int from, double reached) {
    double base = reached - targetPrice[from];
    int row = from * probes;
    int best = NONE;
    double least = Double.POSITIVE_INFINITY;
    for (int probe = 0; probe < probes; probe++) {
      if (settled[probe]) {
        continue;
      }
      double path = base + cost[row + probe] - probePrice[probe];
      if (path < length[probe]) {
        length[probe] = path;
        before[probe] = from;
      }
      if (length[probe] < least) {
        least = length[probe];
        best = probe;
      }
    }
    return best;
  }

  /** Keeps all reduced costs at or above 0, and at 0 along the path. */
  private void reprice(int target, double reached) {
    targetPrice[target] += reached;
    for (int probe = 0; probe < probes; probe++) {
      if (settled[probe]) {
        double slack = reached - length[probe];
        probePrice[probe] -= slack;
        if (targetOf[probe] != NONE) {
          targetPrice[targetOf[probe]] += slack;
        }
      }
    }
  }
}
