package io.github.vla3d.scene.learning;

import io.github.vla3d.scene.Guidance;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.instance.Assignment;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** How good a learner is on scenes and camera poses that it has not seen. */
final class Scores {
  private static final double NEAR = 0.02;
  private static final double OVERLAP = 0.5;
  private static final double SAME_POINT = 0.025;
  private static final double RETRIEVED = 0.05;
  private static final int NEIGHBOURS = 4;

  private final List<Double> errors = new ArrayList<>();
  private int objects;
  private int near;
  private int overlapping;
  private int both;
  private int spurious;
  private int scenes;
  private int transitions;
  private int switches;

  private double alike;
  private double others;
  private int retrieved;
  private int points;

  private double predicted;
  private double interpolated;
  private int hidden;

  /** Unseen scenes by number; two, three and four views in turn. */
  static SceneBatch batch(long number, int size) {
    int views = 2 + (int) (number % 3);
    List<TableScene> scenes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      scenes.add(TableScene.of(Long.MIN_VALUE + number * size + i, views, TableScene.Poses.UNSEEN));
    }
    return SceneBatch.of(scenes, views);
  }

  /** Of so many batches; the same scenes whenever it is called. */
  static Map<String, Double> of(Learner learner, int batches, int size, boolean completion) {
    Scores scores = new Scores();
    try (Generator generator = new Generator(5)) {
      for (int i = 0; i < batches; i++) {
        int number = i;
        Scope.run(
            () -> Autograd.noGrad(() -> scores.add(learner, number, size, completion, generator)));
      }
    }
    return scores.byName(completion);
  }

  private boolean add(
      Learner learner, int number, int size, boolean completion, Generator generator) {
    SceneBatch batch = batch(number, size);
    if (completion) {
      complete(learner, learner.hide(batch, generator));
      return true;
    }
    Perception seen =
        learner.scene.perceive(learner.input(batch), Guidance.inference(null), Trace.NONE);
    objects(batch, seen);
    memory(batch.views(), seen.memory());
    return true;
  }

  private Map<String, Double> byName(boolean completion) {
    Map<String, Double> all = new LinkedHashMap<>();
    if (completion) {
      all.put("completion_cosine", predicted / hidden);
      all.put("interpolation_cosine", interpolated / hidden);
      return all;
    }
    double[] sorted = errors.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    all.put("centroid_median_cm", sorted.length == 0 ? 100 : 100 * sorted[sorted.length / 2]);
    all.put("centroid_within_2cm", (double) near / objects);
    all.put("iou_over_half", (double) overlapping / objects);
    all.put("both", (double) both / objects);
    all.put("spurious_per_scene", (double) spurious / scenes);
    all.put("identity_switches", transitions == 0 ? 0 : (double) switches / transitions);
    all.put("alike", alike / points);
    all.put("alike_less_others", (alike - others) / points);
    all.put("retrieval_within_5cm", (double) retrieved / points);
    return all;
  }

  // ---------------------------------------- objects

  private void objects(SceneBatch batch, Perception seen) {
    int b = batch.scenes().size();
    int v = batch.views();
    int t = TableScene.MOST_THINGS;
    boolean[] taken = seen.selection().valid().toBooleans();
    long[] index = seen.selection().index().toLongs();
    int slots = taken.length / b;
    float[] p = seen.instances().points().toFloats();
    float[] boxes = seen.instances().last().boxes().contiguous().toFloats();
    int q = (int) seen.instances().points().size(1);
    boolean[] valid = batch.targets().valid().toBooleans();
    boolean[] inView = batch.targets().inView().toBooleans();
    float[] wanted = batch.targets().boxes().toFloats();
    float[] middles = batch.targets().centroids().toFloats();
    for (int i = 0; i < b; i++) {
      int scene = i;
      int[] probes =
          IntStream.range(0, slots)
              .filter(s -> taken[scene * slots + s])
              .map(s -> (int) index[scene * slots + s])
              .toArray();
      int[] things = IntStream.range(0, t).filter(j -> valid[scene * t + j]).toArray();
      int[] slotOf =
          assign(
              probes.length,
              things.length,
              (s, j) ->
                  distance(p, (scene * q + probes[s]) * 3, middles, (scene * t + things[j]) * 3));
      scenes++;
      objects += things.length;
      spurious += Math.max(0, probes.length - things.length);
      for (int j = 0; j < things.length; j++) {
        if (slotOf[j] < 0) {
          continue;
        }
        int probe = probes[slotOf[j]];
        double error = distance(p, (i * q + probe) * 3, middles, (i * t + things[j]) * 3);
        double overlap = 0;
        int views = 0;
        for (int view = 0; view < v; view++) {
          int place = (i * t + things[j]) * v + view;
          if (inView[place]) {
            overlap += iou(boxes, ((i * v + view) * q + probe) * 4, wanted, place * 4);
            views++;
          }
        }
        errors.add(error);
        boolean placed = error <= NEAR;
        boolean framed = overlap / views >= OVERLAP;
        near += placed ? 1 : 0;
        overlapping += framed ? 1 : 0;
        both += placed && framed ? 1 : 0;
      }
      // The identity of a thing in a view is the probe whose box fits it there.
      int[] last = new int[things.length];
      Arrays.fill(last, -1);
      for (int view = 0; view < v; view++) {
        int at = view;
        int[] best =
            assign(
                probes.length,
                things.length,
                (s, j) -> {
                  int place = (scene * t + things[j]) * v + at;
                  double o =
                      inView[place]
                          ? iou(boxes, ((scene * v + at) * q + probes[s]) * 4, wanted, place * 4)
                          : 0;
                  return o >= OVERLAP ? 1 - o : ABSENT;
                });
        for (int j = 0; j < things.length; j++) {
          if (best[j] >= 0) {
            transitions += last[j] >= 0 ? 1 : 0;
            switches += last[j] >= 0 && last[j] != best[j] ? 1 : 0;
            last[j] = best[j];
          }
        }
      }
    }
  }

  private interface Cost {
    double of(int slot, int thing);
  }

  private static final double ABSENT = 100;

  /** The slot of each thing, or -1. */
  private static int[] assign(int slots, int things, Cost cost) {
    double[][] table = new double[slots + things][things];
    for (int s = 0; s < table.length; s++) {
      for (int j = 0; j < things; j++) {
        table[s][j] = s < slots ? cost.of(s, j) : ABSENT;
      }
    }
    if (things == 0) {
      return new int[0];
    }
    int[] slotOf = Assignment.solve(table);
    for (int j = 0; j < things; j++) {
      slotOf[j] = table[slotOf[j]][j] < ABSENT ? slotOf[j] : -1;
    }
    return slotOf;
  }

  private static double distance(float[] a, int i, float[] b, int j) {
    double x = a[i] - b[j];
    double y = a[i + 1] - b[j + 1];
    double z = a[i + 2] - b[j + 2];
    return Math.sqrt(x * x + y * y + z * z);
  }

  /** Of boxes as centre x, y, width, height. */
  static double iou(float[] a, int i, float[] b, int j) {
    double w =
        Math.min(a[i] + a[i + 2] / 2, b[j] + b[j + 2] / 2)
            - Math.max(a[i] - a[i + 2] / 2, b[j] - b[j + 2] / 2);
    double h =
        Math.min(a[i + 1] + a[i + 3] / 2, b[j + 1] + b[j + 3] / 2)
            - Math.max(a[i + 1] - a[i + 3] / 2, b[j + 1] - b[j + 3] / 2);
    double shared = Math.max(0, w) * Math.max(0, h);
    return shared / (a[i + 2] * a[i + 3] + b[j + 2] * b[j + 3] - shared);
  }

  // ---------------------------------------- memory

  /**
   * A token of one view beside all tokens of another: is the one at the same point the most alike?
   */
  private void memory(int views, Memory memory) {
    int b = (int) memory.features().size(0);
    int n = (int) memory.features().size(1);
    int each = n / views;
    float[] place = memory.placement().points().toFloats();
    boolean[] measured = memory.placement().hasDepth().toBooleans();
    Tensor unit = memory.features().div(memory.features().norm(true, -1).add(1e-8));
    float[] cosine = unit.matmul(unit.transpose(1, 2)).toFloats();
    for (int i = 0; i < b; i++) {
      for (int from = 0; from < n; from++) {
        if (!measured[i * n + from]) {
          continue;
        }
        int view = from / each;
        int other = (view + 1) % views;
        int nearest = -1;
        int like = -1;
        double least = SAME_POINT;
        double most = -2;
        double sum = 0;
        int count = 0;
        for (int to = other * each; to < (other + 1) * each; to++) {
          if (!measured[i * n + to]) {
            continue;
          }
          double c = cosine[(i * n + from) * n + to];
          double d = distance(place, (i * n + from) * 3, place, (i * n + to) * 3);
          sum += c;
          count++;
          if (d < least) {
            least = d;
            nearest = to;
          }
          if (c > most) {
            most = c;
            like = to;
          }
        }
        if (nearest >= 0) {
          points++;
          alike += cosine[(i * n + from) * n + nearest];
          others += sum / count;
          double d = distance(place, (i * n + from) * 3, place, (i * n + like) * 3);
          retrieved += d <= RETRIEVED ? 1 : 0;
        }
      }
    }
  }

  // ---------------------------------------- completion

  /** What the predictor says of hidden tokens beside a mean of the nearest visible ones. */
  private void complete(Learner learner, Learner.Asked asked) {
    Map<String, float[]> stages = new LinkedHashMap<>();
    learner.selfSupervise(asked, (stage, value) -> stages.put(stage, value.toFloats()));
    float[] y = Objects.requireNonNull(stages.get("ssl.output"));
    float[] target = Objects.requireNonNull(stages.get("ssl.target"));
    float[] context = Objects.requireNonNull(stages.get("ssl.memory_visible"));
    Placement placement = asked.seen().memory().placement();
    float[] place = placement.points().toFloats();
    boolean[] measured = placement.hasDepth().toBooleans();
    boolean[] masked = asked.hidden().masked().toBooleans();
    boolean[] asks = asked.hidden().valid().toBooleans();
    long[] index = asked.hidden().index().toLongs();
    int b = (int) asked.input().batch();
    int n = measured.length / b;
    int most = asks.length / b;
    int width = learner.scene.config().sizes().width();
    for (int i = 0; i < b; i++) {
      for (int k = 0; k < most; k++) {
        int row = i * most + k;
        if (!asks[row]) {
          continue;
        }
        int at = (i * n + (int) index[row]) * 3;
        double[] mean = new double[width];
        double[] nearest = new double[NEIGHBOURS];
        int[] which = new int[NEIGHBOURS];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        for (int token = i * n; token < (i + 1) * n; token++) {
          if (measured[token] && !masked[token]) {
            insert(nearest, which, distance(place, at, place, token * 3), token);
          }
        }
        for (int c = 0; c < NEIGHBOURS && Double.isFinite(nearest[c]); c++) {
          double weight = 1 / (nearest[c] + 1e-3);
          for (int d = 0; d < width; d++) {
            mean[d] += weight * context[which[c] * width + d];
          }
        }
        predicted += cosine(wide(y, row * width, width), wide(target, row * width, width));
        interpolated += cosine(centred(mean), wide(target, row * width, width));
        hidden++;
      }
    }
  }

  private static void insert(double[] nearest, int[] which, double distance, int token) {
    for (int c = nearest.length - 1; c >= 0 && distance < nearest[c]; c--) {
      if (c + 1 < nearest.length) {
        nearest[c + 1] = nearest[c];
        which[c + 1] = which[c];
      }
      nearest[c] = distance;
      which[c] = token;
    }
  }

  private static double[] wide(float[] x, int from, int width) {
    double[] row = new double[width];
    for (int d = 0; d < width; d++) {
      row[d] = x[from + d];
    }
    return row;
  }

  /** Without its mean, as targets are. */
  private static double[] centred(double[] x) {
    double mean = Arrays.stream(x).average().orElse(0);
    return Arrays.stream(x).map(value -> value - mean).toArray();
  }

  private static double cosine(double[] a, double[] b) {
    double product = 0;
    double aa = 0;
    double bb = 0;
    for (int d = 0; d < a.length; d++) {
      product += a[d] * b[d];
      aa += a[d] * a[d];
      bb += b[d] * b[d];
    }
    return product / (Math.sqrt(aa * bb) + 1e-12);
  }
}
