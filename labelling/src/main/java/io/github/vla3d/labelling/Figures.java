package io.github.vla3d.labelling;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.scene.instance.Assignment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The figures of a part of the true objects. NaN where there is nothing to count; infinite where
 * objects that nothing was matched to decide.
 *
 * @param instances true objects, counted in each view of each frame
 * @param recall50 share of them whose match has a mask IoU of at least .5
 * @param recall75 the same of .75
 * @param boxRecall75 share of them whose match has boxes of an IoU of at least .75
 * @param contacts those close to something else
 * @param recall50Contact recall50 of those
 * @param recall75Contact recall75 of those
 * @param truePositives labels that are matched, in each view of each frame
 * @param falsePositives labels that are not and should not be there
 * @param ignored labels of fixtures and of objects too small to count
 * @param precision50 truePositives of truePositives and falsePositives
 * @param centroids how many centroids count
 * @param centroidMedian error in metres over the matched ones
 * @param centroidP90 error in metres that 90 % do not exceed, those without match being infinite
 * @param centroidWithin20mm share of the centroids that are no farther off
 * @param steps from one match of an object in a view to the next
 * @param switchRate share of them with another identity
 * @param viewPairs pairs of views in which an object is matched
 * @param viewSwitchRate share of them with two identities
 * @param idf1 see labels.md
 */
public record Figures(
    int instances,
    double recall50,
    double recall75,
    double boxRecall75,
    int contacts,
    double recall50Contact,
    double recall75Contact,
    int truePositives,
    int falsePositives,
    int ignored,
    double precision50,
    int centroids,
    double centroidMedian,
    double centroidP90,
    double centroidWithin20mm,
    int steps,
    double switchRate,
    int viewPairs,
    double viewSwitchRate,
    double idf1) {
  private static final double HALF = 0.5;
  private static final double THREE_QUARTERS = 0.75;
  private static final double NEAR = 0.02;

  /**
   * @param sightings in the order of episodes, frames and views
   * @param verdicts of all labels that belong to them
   * @param perFrame whether an object has one centroid in a frame, from the first view with a
   *     match; otherwise one in each view
   */
  static Figures of(List<Sighting> sightings, List<Verdict> verdicts, boolean perFrame) {
    List<Sighting> contacts = sightings.stream().filter(Sighting::contact).toList();
    int tp = count(verdicts, Verdict.Kind.TRUE);
    int fp = count(verdicts, Verdict.Kind.FALSE);
    double[] errors =
        perFrame
            ? perObject(sightings).values().stream().mapToDouble(Figures::first).toArray()
            : sightings.stream().mapToDouble(Sighting::centroidError).toArray();
    Arrays.sort(errors);
    double[] matched = Arrays.stream(errors).filter(Double::isFinite).toArray();
    int[] overTime = switchesOverTime(sightings);
    int[] overViews = switchesOverViews(sightings);
    return new Figures(
        sightings.size(),
        share(sightings, s -> s.iou() >= HALF),
        share(sightings, s -> s.iou() >= THREE_QUARTERS),
        share(sightings, s -> s.boxIou() >= THREE_QUARTERS),
        contacts.size(),
        share(contacts, s -> s.iou() >= HALF),
        share(contacts, s -> s.iou() >= THREE_QUARTERS),
        tp,
        fp,
        count(verdicts, Verdict.Kind.IGNORED),
        ratio(tp, tp + fp),
        errors.length,
        quantile(matched, 0.5),
        quantile(errors, 0.9),
        ratio((int) Arrays.stream(errors).filter(e -> e <= NEAR).count(), errors.length),
        overTime[0],
        ratio(overTime[1], overTime[0]),
        overViews[0],
        ratio(overViews[1], overViews[0]),
        idf1(sightings, tp + fp));
  }

  private static int count(List<Verdict> verdicts, Verdict.Kind kind) {
    return (int) verdicts.stream().filter(v -> v.kind() == kind).count();
  }

  private static double share(List<Sighting> all, Predicate<Sighting> some) {
    return ratio((int) all.stream().filter(some).count(), all.size());
  }

  private static double ratio(int part, int whole) {
    return whole == 0 ? Double.NaN : (double) part / whole;
  }

  /** What is seen of each object in each frame, view after view. */
  private static Map<List<Integer>, List<Sighting>> perObject(List<Sighting> all) {
    Map<List<Integer>, List<Sighting>> groups = new LinkedHashMap<>();
    for (Sighting s : all) {
      groups
          .computeIfAbsent(List.of(s.episode(), s.frame(), s.id()), key -> new ArrayList<>())
          .add(s);
    }
    return groups;
  }

  private static double first(List<Sighting> views) {
    return views.stream()
        .filter(Sighting::matched)
        .findFirst()
        .map(Sighting::centroidError)
        .orElse(Double.POSITIVE_INFINITY);
  }

  /**
   * A quantile of sorted numbers, linear between them.
   *
   * @param sorted may end in infinities
   */
  static double quantile(double[] sorted, double q) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    double at = q * (sorted.length - 1);
    int below = (int) at;
    double share = at - below;
    // Infinity minus infinity is no number.
    return share == 0 || sorted[below] == sorted[below + 1]
        ? sorted[below]
        : sorted[below] + share * (sorted[below + 1] - sorted[below]);
  }

  private static int[] switchesOverTime(List<Sighting> all) {
    Map<List<Object>, Integer> last = new HashMap<>();
    int[] counts = new int[2];
    for (Sighting s : all) {
      if (s.matched()) {
        Integer before = last.put(List.of(s.episode(), s.view(), s.id()), s.identity());
        if (before != null) {
          counts[0]++;
          counts[1] += before == s.identity() ? 0 : 1;
        }
      }
    }
    return counts;
  }

  private static int[] switchesOverViews(List<Sighting> all) {
    int[] counts = new int[2];
    for (List<Sighting> views : perObject(all).values()) {
      List<Sighting> matched = views.stream().filter(Sighting::matched).toList();
      for (int i = 0; i < matched.size(); i++) {
        for (int j = 0; j < i; j++) {
          counts[0]++;
          counts[1] += matched.get(i).identity() == matched.get(j).identity() ? 0 : 1;
        }
      }
    }
    return counts;
  }

  private static double idf1(List<Sighting> all, int predictions) {
    int right = 0;
    for (int episode : new TreeSet<>(all.stream().map(Sighting::episode).toList())) {
      List<Sighting> matched =
          all.stream().filter(s -> s.episode() == episode && s.matched()).toList();
      List<Integer> tracks = matched.stream().map(Sighting::identity).distinct().toList();
      List<Integer> objects = matched.stream().map(Sighting::id).distinct().toList();
      // Enough rows that every object may stay without a track.
      double[][] cost = new double[tracks.size() + objects.size()][objects.size()];
      for (Sighting s : matched) {
        cost[tracks.indexOf(s.identity())][objects.indexOf(s.id())]--;
      }
      int[] track = Assignment.solve(cost);
      for (int object = 0; object < track.length; object++) {
        right -= (int) cost[track[object]][object];
      }
    }
    return ratio(2 * right, all.size() + predictions);
  }

  /** Groups sightings, and the figures of each group. Labels of no true object are not in them. */
  static <K extends Comparable<K>> Map<K, Figures> by(
      List<Sighting> sightings, List<Verdict> verdicts, Function<Sighting, K> key) {
    Map<K, List<Sighting>> groups = new TreeMap<>();
    sightings.forEach(s -> groups.computeIfAbsent(key.apply(s), k -> new ArrayList<>()).add(s));
    Map<K, Figures> figures = new TreeMap<>();
    groups.forEach((k, some) -> figures.put(k, of(some, verdicts, false)));
    return figures;
  }

  /** Views have labels of their own; objects do not. */
  static Map<String, Figures> byView(List<Sighting> sightings, List<Verdict> verdicts) {
    Set<String> views = new TreeSet<>();
    sightings.forEach(s -> views.add(s.view()));
    verdicts.forEach(v -> views.add(v.view()));
    Map<String, Figures> figures = new TreeMap<>();
    for (String view : views) {
      figures.put(
          view,
          of(
              sightings.stream().filter(s -> s.view().equals(view)).toList(),
              verdicts.stream().filter(v -> v.view().equals(view)).toList(),
              false));
    }
    return figures;
  }

  /** The keys of labels.md; null where there is no finite number. */
  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    FIGURES.forEach(
        (name, of) -> {
          double value = of.applyAsDouble(this);
          if (Double.isFinite(value)) {
            json.put(name, value);
          } else {
            json.putNull(name);
          }
        });
    return json.put("instances", instances)
        .put("contacts", contacts)
        .put("true_positives", truePositives)
        .put("false_positives", falsePositives)
        .put("ignored", ignored)
        .put("centroids", centroids)
        .put("identity_steps", steps)
        .put("identity_view_pairs", viewPairs);
  }

  private static final Map<String, ToDoubleFunction<Figures>> FIGURES = new LinkedHashMap<>();

  static {
    FIGURES.put("recall50", Figures::recall50);
    FIGURES.put("recall75", Figures::recall75);
    FIGURES.put("box_recall75", Figures::boxRecall75);
    FIGURES.put("recall50_contact", Figures::recall50Contact);
    FIGURES.put("recall75_contact", Figures::recall75Contact);
    FIGURES.put("precision50", Figures::precision50);
    FIGURES.put("centroid_error_median_m", Figures::centroidMedian);
    FIGURES.put("centroid_error_p90_m", Figures::centroidP90);
    FIGURES.put("centroid_within_20mm", Figures::centroidWithin20mm);
    FIGURES.put("identity_switch_rate", Figures::switchRate);
    FIGURES.put("identity_switch_rate_views", Figures::viewSwitchRate);
    FIGURES.put("idf1", Figures::idf1);
  }
}
