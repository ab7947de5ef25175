package io.github.vla3d.labelling;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.labelling.truth.InstancePicture;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.scene.instance.Assignment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Scores labels against privileged truth, as {@code spec/labels.md} has it. Labels of the scored
 * frames come in the order of the frames of an episode.
 */
public final class LabelScorer {
  /** Every so many frames one is scored. */
  public static final int EVERY = 5;

  /** Pixels of a picture of 256 x 256 below which a true object does not count. */
  private static final double LEAST = 150.0 / 65536;

  private static final double MATCH = 0.5;

  /** Distance of the centre from the effector, metres, within which an object can be held. */
  private static final double REACH = 0.15;

  /** How much a held object is above its first place at least, metres. */
  private static final double LIFTED = 0.005;

  /** How much a held object moves in the hand at most from one scored frame to the next, metres. */
  private static final double SLIP = 0.005;

  private static final double[] AREAS = {400, 1000, 2500};

  private final Truth truth;
  private final Lifting lifting;
  private final List<Sighting> sightings = new ArrayList<>();
  private final List<Verdict> verdicts = new ArrayList<>();
  private int frames;

  // Of the episode at hand.
  private int episode = -1;
  private int frame;
  private Map<Integer, Vector3> first = Map.of();
  private Map<Integer, Vector3> inHand = Map.of();

  /**
   * @param truth of the recordings
   * @param lifting tells where objects are of which the labels do not
   */
  public LabelScorer(Truth truth, Lifting lifting) {
    this.truth = truth;
    this.lifting = lifting;
  }

  /** Whether a frame counts. */
  public static boolean wants(int frame) {
    return frame % EVERY == 0;
  }

  /** A mask of a label in a view. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier
  private record Prediction(LabelledObject object, ObjectMask mask, int[] overlaps) {}

  /**
   * Scores a frame.
   *
   * @param episode number within the data set
   * @param frame number within the episode, one that {@link #wants}, higher than the one before
   * @param seen with the recorded depth, even if the teacher was given a worse one
   * @param labels what the teacher says
   * @throws IllegalArgumentException on another frame, or a mask of another size than its picture
   */
  public void add(int episode, int frame, Observation seen, List<LabelledObject> labels) {
    add(episode, frame, seen, seen, labels);
  }

  /**
   * As above, where the teacher was shown something else: what its labels do not say of places is
   * measured there.
   */
  void add(
      int episode, int frame, Observation seen, Observation shown, List<LabelledObject> labels) {
    boolean begins = episode != this.episode;
    if (!wants(frame) || (!begins && frame <= this.frame)) {
      throw new IllegalArgumentException(
          "scores: wanted every %dth frame in order, got %d after %d of episode %d"
              .formatted(EVERY, frame, this.frame, episode));
    }
    if (begins) {
      first = truth.centres(episode, 0);
      inHand = Map.of();
    }
    this.episode = episode;
    this.frame = frame;
    frames++;
    Map<Integer, Vector3> centres = truth.centres(episode, frame);
    Set<Integer> held = held(centres, seen);
    Map<Integer, Vector3> places = new HashMap<>();
    labels.forEach(
        label ->
            lifting.place(label, shown).ifPresent(p -> places.put(label.identity(), p.centroid())));
    Map<String, InstancePicture> pictures =
        truth.pictures(
            episode, frame, seen.views().stream().map(View::name).collect(Collectors.toSet()));
    Contacts contacts = new Contacts(seen, pictures);
    seen.views().stream()
        .map(View::name)
        .filter(pictures::containsKey)
        .sorted()
        .forEach(
            view ->
                new Picture(view, known(pictures, view), labels)
                    .match(centres, places, held, contacts));
  }

  /** The value of a key that is there. */
  private static <K, V> V known(Map<K, V> map, K key) {
    return Objects.requireNonNull(map.get(key), () -> "nothing of " + key);
  }

  /** Ids of the objects that have risen and move with the hand. */
  private Set<Integer> held(Map<Integer, Vector3> centres, Observation seen) {
    if (seen.worldFromEffectors().isEmpty()) {
      return Set.of();
    }
    RigidTransform effectorFromWorld = seen.worldFromEffectors().get(0).inverse();
    Map<Integer, Vector3> now = new HashMap<>();
    centres.forEach((id, centre) -> now.put(id, effectorFromWorld.apply(centre)));
    Map<Integer, Vector3> before = inHand;
    inHand = now;
    return now.keySet().stream()
        .filter(
            id ->
                known(now, id).norm() < REACH
                    && before.containsKey(id)
                    && known(before, id).distance(known(now, id)) < SLIP
                    && first.containsKey(id)
                    && known(centres, id).z() - known(first, id).z() > LIFTED)
        .collect(Collectors.toSet());
  }

  /** One view of the frame at hand. */
  private final class Picture {
    private final String view;
    private final InstancePicture ids;
    private final double least;
    private final Map<Integer, BitSet> objects = new TreeMap<>();
    private final List<Prediction> predictions = new ArrayList<>();

    Picture(String view, InstancePicture ids, List<LabelledObject> labels) {
      this.view = view;
      this.ids = ids;
      int pixels = ids.width() * ids.height();
      this.least = LEAST * pixels;
      for (int i = 0; i < pixels; i++) {
        if (ids.at(i) >= Truth.FIRST_OBJECT) {
          objects.computeIfAbsent(ids.at(i), id -> new BitSet(pixels)).set(i);
        }
      }
      for (LabelledObject label : labels) {
        ObjectMask mask = label.masks().get(view);
        if (mask != null && mask.area() > 0) {
          predictions.add(prediction(label, mask));
        }
      }
    }

    private Prediction prediction(LabelledObject label, ObjectMask mask) {
      if (mask.width() != ids.width() || mask.height() != ids.height()) {
        throw new IllegalArgumentException(
            "scores: label %d of view %s: wanted a mask of %d x %d, got %s"
                .formatted(label.identity(), view, ids.width(), ids.height(), mask));
      }
      int[] overlaps = new int[256];
      mask.pixels().stream().forEach(i -> overlaps[ids.at(i)]++);
      return new Prediction(label, mask, overlaps);
    }

    private boolean counts(int id) {
      return truth.isObject(id) && known(objects, id).cardinality() >= least;
    }

    void match(
        Map<Integer, Vector3> centres,
        Map<Integer, Vector3> places,
        Set<Integer> held,
        Contacts contacts) {
      List<Integer> wanted = objects.keySet().stream().filter(this::counts).toList();
      double[][] iou = new double[predictions.size() + wanted.size()][wanted.size()];
      double[][] cost = new double[iou.length][wanted.size()];
      for (int p = 0; p < predictions.size(); p++) {
        for (int t = 0; t < wanted.size(); t++) {
          int both = predictions.get(p).overlaps[wanted.get(t)];
          int either =
              predictions.get(p).mask.area() + known(objects, wanted.get(t)).cardinality() - both;
          iou[p][t] = (double) both / either;
          cost[p][t] = iou[p][t] >= MATCH ? -iou[p][t] : 0;
        }
      }
      int[] assigned = Assignment.solve(cost);
      BitSet used = new BitSet();
      for (int t = 0; t < assigned.length; t++) {
        int id = wanted.get(t);
        int p = assigned[t];
        boolean matched = p < predictions.size() && iou[p][t] >= MATCH;
        double boxIou = 0;
        double error = Double.POSITIVE_INFINITY;
        int identity = Sighting.NONE;
        if (matched) {
          used.set(p);
          LabelledObject label = predictions.get(p).object;
          boxIou =
              PixelBox.of(predictions.get(p).mask.pixels(), ids.width())
                  .iou(PixelBox.of(known(objects, id), ids.width()));
          identity = label.identity();
          Vector3 place = places.get(identity);
          error = place == null ? error : place.distance(known(centres, id));
        }
        int area = known(objects, id).cardinality();
        sightings.add(
            new Sighting(
                episode,
                frame,
                view,
                id,
                area,
                (double) area / (ids.width() * ids.height()),
                contacts.touches(id),
                held.contains(id),
                matched ? iou[p][t] : 0,
                boxIou,
                identity,
                error));
      }
      for (int p = 0; p < predictions.size(); p++) {
        Prediction prediction = predictions.get(p);
        Verdict.Kind kind = used.get(p) ? Verdict.Kind.TRUE : unmatched(prediction);
        verdicts.add(new Verdict(episode, view, prediction.object.identity(), kind));
      }
    }

    private Verdict.Kind unmatched(Prediction prediction) {
      int area = prediction.mask.area();
      if (area < least / 2) {
        return Verdict.Kind.SMALL;
      }
      int forgiven = 0;
      for (int id : objects.keySet()) {
        forgiven += counts(id) ? 0 : prediction.overlaps[id];
      }
      return 2 * forgiven >= area ? Verdict.Kind.IGNORED : Verdict.Kind.FALSE;
    }
  }

  /** The scores of all that was added. */
  public Scores scores() {
    return scores(List.of(this));
  }

  /** The scores of all that was added to scorers of the same recordings, at least one. */
  static Scores scores(List<LabelScorer> scorers) {
    List<Sighting> sightings = scorers.stream().flatMap(s -> s.sightings.stream()).toList();
    List<Verdict> verdicts = scorers.stream().flatMap(s -> s.verdicts.stream()).toList();
    int frames = scorers.stream().mapToInt(s -> s.frames).sum();
    // A truth that is closed already still knows its names.
    Truth truth = scorers.get(0).truth;
    return new Scores(
        frames,
        Figures.of(sightings, verdicts, true),
        Figures.byView(sightings, verdicts),
        Figures.by(sightings, List.of(), s -> truth.name(s.id())),
        inOrder(Figures.by(sightings, List.of(), s -> band(s.areaShare()))),
        Figures.by(sightings, List.of(), s -> s.held() ? "held" : "free"),
        OptionalDouble.empty());
  }

  private static int band(double share) {
    int band = 0;
    while (band < AREAS.length && share * 65536 >= AREAS[band]) {
      band++;
    }
    return band;
  }

  private static Map<String, Figures> inOrder(Map<Integer, Figures> bands) {
    Map<String, Figures> named = new LinkedHashMap<>();
    bands.entrySet().stream()
        .sorted(Comparator.comparing(Map.Entry::getKey))
        .forEach(entry -> named.put(bandName(entry.getKey()), entry.getValue()));
    return named;
  }

  private static String bandName(int band) {
    String from = "%.0f".formatted(band == 0 ? LEAST * 65536 : AREAS[band - 1]);
    return band == AREAS.length ? from + " and more" : from + " to %.0f".formatted(AREAS[band]);
  }
}
