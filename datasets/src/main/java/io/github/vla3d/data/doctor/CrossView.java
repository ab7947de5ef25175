package io.github.vla3d.data.doctor;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.Intrinsics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Compares what the views of the same moments saw, as it is and under hypotheses. */
final class CrossView {
  /** Share of floating points from which on two views contradict each other. */
  static final double CONTRADICTION = 0.02;

  private static final int POINTS = 900;

  /** By how much the score of the pairs concerned has to rise for a correction to be believed. */
  private static final double GAIN = 0.05;

  /** Hypotheses that are looked at closely. */
  private static final int SHORTLIST = 10;

  /** Two faults are found one after the other. */
  private static final int ROUNDS = 3;

  private final List<String> names;
  private final int views;
  // [moment][view], with the corrections that have been found so far.
  private List<@Nullable Shot[]> moments = new ArrayList<>();

  private final Optional<DepthKind.ZBuffer> planes;

  // Whether all shots are of one camera, which can only be wrong as a whole.
  private final boolean oneCamera;

  /**
   * @param without numbers of views that are left out
   * @param planes of the renderer, where they are known
   */
  CrossView(Recording recording, Set<Integer> without, Optional<DepthKind.ZBuffer> planes) {
    this(recording, without, planes, false);
  }

  private CrossView(
      Recording recording,
      Set<Integer> without,
      Optional<DepthKind.ZBuffer> planes,
      boolean oneCamera) {
    this.planes = planes;
    this.oneCamera = oneCamera;
    names = recording.views();
    views = names.size();
    for (Recording.Moment moment : recording.keyMoments()) {
      @Nullable Shot[] shots = new Shot[views];
      for (int v = 0; v < views; v++) {
        shots[v] = without.contains(v) ? null : moment.shots().get(v).orElse(null);
      }
      moments.add(shots);
    }
  }

  /** Compares what a moving camera saw at different times; what moves with it is left out. */
  static CrossView overTime(Recording recording, int view, Optional<DepthKind.ZBuffer> planes) {
    return new CrossView(recording.overTime(view), Set.of(), planes, true);
  }

  /** What is tried: a change of the shots of some views. */
  private record Hypothesis(
      String view,
      FaultKind kind,
      String detail,
      int[] affected,
      UnaryOperator<@Nullable Shot[]> undo,
      Repair repair) {
    boolean concerns(int a, int b) {
      return Arrays.stream(affected).anyMatch(v -> v == a || v == b);
    }

    boolean sameFault(Hypothesis other) {
      return kind == other.kind && Arrays.equals(affected, other.affected);
    }
  }

  /**
   * @param broad whether most of the pairs that see the same come to agree: cameras at one place do
   *     so at any scale of the world
   */
  private record Trial(Hypothesis hypothesis, Agreement before, Agreement after, boolean broad) {
    /** In points, so that hypotheses on different pairs compare. */
    double gain() {
      return (after.score() - before.score()) * before.sampled();
    }

    boolean believable() {
      return broad
          && after.score() - before.score() > GAIN
          && after.floatingShare() < Math.max(CONTRADICTION, 0.3 * before.floatingShare())
          && after.agreeingShare() > GAIN;
    }
  }

  /**
   * Finds the corrections that make the views agree and applies them.
   *
   * @return the faults, in the order found
   */
  List<Fault> correct() {
    return correct(hypothesis -> true);
  }

  /** The same with exchanged pictures as the only explanation. */
  List<Fault> correctSwaps() {
    return correct(hypothesis -> hypothesis.kind() == FaultKind.VIEWS_SWAPPED);
  }

  private List<Fault> correct(Predicate<Hypothesis> wanted) {
    List<Fault> faults = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      List<Trial> trials = new ArrayList<>();
      List<Hypothesis> promising = hypotheses().stream().filter(wanted).toList();
      for (int points : new int[] {POINTS / 5, POINTS}) {
        Agreement[][] before = agreement(moments, points, 1);
        trials = new ArrayList<>();
        for (Hypothesis hypothesis : promising) {
          trials.add(trial(hypothesis, before, points));
        }
        trials.sort(Comparator.comparingDouble(Trial::gain).reversed());
        promising = trials.stream().limit(SHORTLIST).map(Trial::hypothesis).toList();
      }
      Optional<Trial> best = trials.stream().filter(Trial::believable).findFirst();
      if (best.isEmpty()) {
        break;
      }
      Hypothesis found = best.get().hypothesis();
      double next =
          trials.stream()
              .filter(t -> !t.hypothesis().sameFault(found))
              .mapToDouble(Trial::gain)
              .max()
              .orElse(0);
      double lead = Math.min(1, Math.max(0, 1 - next / best.get().gain()));
      faults.add(
          Fault.of(found.view(), found.kind(), 0.5 + 0.5 * lead, found.detail(), found.repair()));
      moments = moments.stream().map(found.undo()).toList();
    }
    return faults;
  }

  /** Views that still contradict most of those that see the same, or the empty set. */
  List<Fault> contradictions() {
    Agreement[][] now = agreement(moments, POINTS, 1);
    List<Fault> faults = new ArrayList<>();
    double[] worst = new double[views];
    for (int v = 0; v < views; v++) {
      Agreement all = new Agreement();
      for (int w = 0; w < views; w++) {
        if (w != v) {
          all.add(now[v][w]).add(now[w][v]);
        }
      }
      worst[v] = all.floatingShare();
    }
    double most = Arrays.stream(worst).max().orElse(0);
    for (int v = 0; v < views; v++) {
      if (worst[v] > 2 * CONTRADICTION && worst[v] > 0.6 * most) {
        faults.add(
            Fault.of(
                names.get(v),
                FaultKind.INCONSISTENT,
                Math.min(1, worst[v] * 5),
                "",
                new Repair.Impossible("no known fault explains it; calibrate again")));
      }
    }
    return faults;
  }

  /** Whether a view can be compared with no other: no depth, no camera, or nothing in common. */
  boolean unseen(int view) {
    Agreement all = new Agreement();
    for (int other = 0; other < views; other++) {
      if (other != view) {
        all.add(pair(moments, view, other, POINTS, 1)).add(pair(moments, other, view, POINTS, 1));
      }
    }
    return all.overlap() < 0.01;
  }

  /** The agreement of all pairs together. */
  Agreement overall(int points) {
    Agreement all = new Agreement();
    for (Agreement[] row : agreement(moments, points, 1)) {
      for (Agreement pair : row) {
        all.add(pair);
      }
    }
    return all;
  }

  /** A note if moving all principal points by half a pixel explains the residuals better. */
  Optional<String> halfPixel() {
    double now = overall(POINTS).median();
    double best = now;
    String where = "";
    for (int[] affected : views > 3 ? List.of(IntStream.range(0, views).toArray()) : scopes()) {
      for (int quadrant = 0; quadrant < 4; quadrant++) {
        double du = quadrant % 2 == 0 ? 0.5 : -0.5;
        double dv = quadrant / 2 == 0 ? 0.5 : -0.5;
        UnaryOperator<@Nullable Shot[]> undo =
            each(
                affected,
                shot -> {
                  double[] k = shot.intrinsics().matrix();
                  k[2] += du;
                  k[5] += dv;
                  return shot.with(
                      new Camera(
                          Intrinsics.fromRowMajor(
                              k, shot.intrinsics().width(), shot.intrinsics().height()),
                          shot.camera().worldFromCamera()));
                });
        Agreement moved = new Agreement();
        for (Agreement[] row : agreement(moments.stream().map(undo).toList(), POINTS, 1)) {
          for (Agreement pair : row) {
            moved.add(pair);
          }
        }
        if (moved.median() < best) {
          best = moved.median();
          where = scopeName(affected) + String.format(Locale.ROOT, " (%+.1f, %+.1f)", du, dv);
        }
      }
    }
    if (best < 0.7 * now && now - best > 1e-4) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "%s: moving the principal point by half a pixel lowers the median difference between"
                  + " views from %.2f to %.2f mm; %s",
              where,
              1e3 * now,
              1e3 * best,
              FaultKind.HALF_PIXEL.remedy()));
    }
    return Optional.empty();
  }

  private Trial trial(Hypothesis hypothesis, Agreement[][] before, int points) {
    Agreement old = new Agreement();
    Agreement changed = new Agreement();
    int overlapping = 0;
    int agreeing = 0;
    List<@Nullable Shot[]> shots = moments.stream().map(hypothesis.undo()).toList();
    for (int a = 0; a < views; a++) {
      for (int b = 0; b < views; b++) {
        if (a != b && hypothesis.concerns(a, b)) {
          old.add(before[a][b]);
          Agreement here = pair(shots, a, b, points, 1);
          changed.add(here);
          if (here.overlap() > GAIN) {
            overlapping++;
            agreeing += here.agreeingShare() > 0.2 * here.overlap() ? 1 : 0;
          }
        }
      }
    }
    return new Trial(hypothesis, old, changed, 2 * agreeing >= overlapping);
  }

  private Agreement[][] agreement(List<@Nullable Shot[]> shots, int points, double slack) {
    Agreement[][] pairs = new Agreement[views][views];
    for (int a = 0; a < views; a++) {
      for (int b = 0; b < views; b++) {
        pairs[a][b] = a == b ? new Agreement() : pair(shots, a, b, points, slack);
      }
    }
    return pairs;
  }

  private static Agreement pair(
      List<@Nullable Shot[]> moments, int a, int b, int points, double slack) {
    Agreement agreement = new Agreement();
    for (@Nullable Shot[] shots : moments) {
      Shot from = shots[a];
      Shot to = shots[b];
      if (from != null && to != null) {
        agreement.add(from, to, points, slack);
      }
    }
    return agreement;
  }

  private List<int[]> scopes() {
    List<int[]> scopes = new ArrayList<>();
    for (int v = 0; v < views && !oneCamera; v++) {
      if (shot(v) != null) {
        scopes.add(new int[] {v});
      }
    }
    if (views > 1) {
      scopes.add(IntStream.range(0, views).toArray());
    }
    return scopes;
  }

  private String scopeName(int[] affected) {
    return affected.length == 1 || oneCamera ? names.get(affected[0]) : Fault.ALL_VIEWS;
  }

  private List<Hypothesis> hypotheses() {
    List<Hypothesis> all = new ArrayList<>();
    for (int[] affected : scopes()) {
      String name = scopeName(affected);
      Shot example = shot(affected[0]);
      if (example == null) {
        continue;
      }
      List<Correction> corrections = Correction.of(example.intrinsics(), planes);
      if (planes.isEmpty()) {
        buffer(affected).map(Correction::planes).ifPresent(corrections::add);
      }
      for (Correction c : corrections) {
        Repair repair =
            c.kind() == FaultKind.Z_BUFFER && planes.isEmpty()
                ? new Repair.Impossible(
                    "its planes are not in the data and are only estimated ("
                        + c.detail()
                        + "); give the renderer's own")
                : c.repair(name);
        all.add(
            new Hypothesis(name, c.kind(), c.detail(), affected, each(affected, c::undo), repair));
      }
    }
    for (int a = 0; a < views && !oneCamera; a++) {
      for (int b = a + 1; b < views; b++) {
        if (exchangeable(shot(a), shot(b))) {
          int[] both = {a, b};
          all.add(
              new Hypothesis(
                  names.get(a) + " and " + names.get(b),
                  FaultKind.VIEWS_SWAPPED,
                  "",
                  both,
                  shots -> exchanged(shots, both),
                  exchange(names.get(a), names.get(b))));
        }
      }
    }
    return all;
  }

  private static Repair exchange(String first, String second) {
    return new Repair.Possible(episode -> ChangedEpisode.exchanged(episode, first, second));
  }

  private @Nullable Shot shot(int view) {
    for (@Nullable Shot[] shots : moments) {
      if (shots[view] != null) {
        return shots[view];
      }
    }
    return null;
  }

  private static UnaryOperator<@Nullable Shot[]> each(int[] affected, UnaryOperator<Shot> undo) {
    return shots -> {
      @Nullable Shot[] changed = shots.clone();
      for (int v : affected) {
        Shot shot = shots[v];
        changed[v] = shot == null ? null : undo.apply(shot);
      }
      return changed;
    };
  }

  private static boolean exchangeable(@Nullable Shot a, @Nullable Shot b) {
    return a != null
        && b != null
        && a.depth().width() == b.depth().width()
        && a.depth().height() == b.depth().height();
  }

  private static @Nullable Shot[] exchanged(@Nullable Shot[] shots, int[] both) {
    Shot a = shots[both[0]];
    Shot b = shots[both[1]];
    @Nullable Shot[] changed = shots.clone();
    if (a != null && b != null) {
      changed[both[0]] = b.with(a.camera());
      changed[both[1]] = a.with(b.camera());
    }
    return changed;
  }

  /**
   * The planes of a z-buffer that make the views agree best, if the numbers look like one: first on
   * a coarse grid of both planes, then closer and closer around the best.
   */
  private Optional<DepthKind.ZBuffer> buffer(int[] affected) {
    if (!Arrays.stream(affected).allMatch(this::looksLikeBuffer) || agrees(affected)) {
      return Optional.empty();
    }
    record Candidate(DepthKind.ZBuffer planes, double score) {}
    List<Candidate> coarse = new ArrayList<>();
    for (double far : new double[] {3, 6, 12, 50, 500}) {
      for (double near = 0.001; near < 0.6; near *= 1.05) {
        DepthKind.ZBuffer tried = new DepthKind.ZBuffer(near, far);
        coarse.add(new Candidate(tried, agreement(affected, s -> s.with(tried), 150, 2).score()));
      }
    }
    coarse.sort(Comparator.comparingDouble(Candidate::score).reversed());
    Candidate best = coarse.get(0);
    double most = Double.NEGATIVE_INFINITY;
    for (Candidate start : coarse.subList(0, 5)) {
      Candidate here = start;
      double width = 0.05;
      for (double slack : new double[] {1, 0.5, 0.2}) {
        Candidate middle = here;
        here = new Candidate(middle.planes(), Double.NEGATIVE_INFINITY);
        for (int i = -4; i <= 4; i++) {
          for (int j = -3; j <= 3; j++) {
            double near = middle.planes().near() * (1 + width * i / 4);
            double far = middle.planes().far() * Math.exp(8 * width * j);
            if (far > near) {
              DepthKind.ZBuffer tried = new DepthKind.ZBuffer(near, far);
              double score = agreement(affected, s -> s.with(tried), 200, slack).score();
              if (score > here.score()) {
                here = new Candidate(tried, score);
              }
            }
          }
        }
        width /= 3;
      }
      if (here.score() > most) {
        most = here.score();
        best = here;
      }
    }
    return Optional.of(best.planes());
  }

  private boolean agrees(int[] affected) {
    Agreement now = agreement(affected, shot -> shot, 250, 1);
    return now.floatingShare() < CONTRADICTION && now.agreeingShare() > 2 * GAIN;
  }

  /** Of a dozen of the pairs with these views, on a few moments. */
  private Agreement agreement(int[] affected, UnaryOperator<Shot> undo, int points, double slack) {
    List<@Nullable Shot[]> shots = moments.stream().limit(4).map(each(affected, undo)).toList();
    Agreement all = new Agreement();
    int stride = Math.max(1, affected.length * (views - 1) / 6);
    int pair = 0;
    for (int a : affected) {
      for (int b = 0; b < views; b++) {
        if (a != b && pair++ % stride == 0) {
          all.add(pair(shots, a, b, points, slack)).add(pair(shots, b, a, points, slack));
        }
      }
    }
    return all;
  }

  private boolean looksLikeBuffer(int view) {
    List<Double> values = new ArrayList<>();
    for (@Nullable Shot[] shots : moments) {
      Shot shot = shots[view];
      if (shot == null) {
        continue;
      }
      float[] depth = shot.depth().toArray();
      for (int i = 0; i < depth.length; i += 37) {
        if (depth[i] > 1) {
          return false;
        }
        if (depth[i] > 0) {
          values.add((double) depth[i]);
        }
      }
    }
    values.sort(null);
    return values.size() > 20 && values.get(values.size() / 2) > 0.1;
  }
}
