package io.github.vla3d.perception;

import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One identity per object, over the views of a frame and the frames of an episode. Names must be
 * equal, and a view shows an object once.
 *
 * <p>In 3D the places decide: detections of a frame belong together that are nearer than {@link
 * #NEAR} or half their size, and an object is that of an earlier frame which it is nearest to. What
 * is not seen stays where it was, for the rest of the episode; the only missing object of a name is
 * also the only new one of it, wherever it comes back.
 *
 * <p>In 2D, the ablation, no depth is asked: over views the objects of a name are counted from left
 * to right, over time boxes decide by their overlap.
 */
public final class Association {
  /** How places are compared. */
  public enum Space {
    THREE_D,
    TWO_D
  }

  /** Metres between the places of one object in two views. */
  static final double NEAR = 0.06;

  /** Metres that an object may move from one frame to the next, and how far in all while unseen. */
  private static final double STEP = 0.06;

  private static final double FARTHEST = 0.3;

  /** Overlap of the boxes of one object in two frames, of both together. */
  private static final double OVERLAP = 0.3;

  private final Space space;
  private final List<Track> tracks = new ArrayList<>();

  public Association(Space space) {
    this.space = space;
  }

  /** An object of earlier frames, as it was seen last. */
  private static final class Track {
    private final int identity;
    private Group seen;
    private int frame;

    Track(int identity, Group seen, int frame) {
      this.identity = identity;
      this.seen = seen;
      this.frame = frame;
    }
  }

  /** Detections of a frame that show one object: at most one a view. */
  private record Group(List<LiftedDetection> members) {
    String name() {
      return members.get(0).detection().name();
    }

    Set<String> views() {
      Set<String> views = new HashSet<>();
      members.forEach(member -> views.add(member.view()));
      return views;
    }

    /** Of the detections' places, by their pixels. */
    Vector3 centre() {
      Vector3 sum = Vector3.ZERO;
      double weight = 0;
      for (LiftedDetection member : members) {
        double area = member.detection().mask().area();
        sum = sum.plus(member.centre().times(area));
        weight += area;
      }
      return sum.times(1 / weight);
    }

    Vector3 extent() {
      double x = 0;
      double y = 0;
      double z = 0;
      for (LiftedDetection member : members) {
        x = Math.max(x, member.extent().x());
        y = Math.max(y, member.extent().y());
        z = Math.max(z, member.extent().z());
      }
      return new Vector3(x, y, z);
    }

    double size() {
      Vector3 extent = extent();
      return Math.max(extent.x(), Math.max(extent.y(), extent.z()));
    }

    double score() {
      return members.stream().mapToDouble(m -> m.detection().score()).max().orElse(0);
    }
  }

  /** A possible link and what it costs. */
  private record Link(int a, int b, double cost) {}

  /**
   * The objects of the next frame, by identity.
   *
   * @param frame number in the episode, above those before
   * @param detections of all views
   */
  List<LabelledObject> next(int frame, List<LiftedDetection> detections) {
    List<Group> groups = space == Space.THREE_D ? near(detections) : counted(detections);
    Map<Integer, LabelledObject> objects = new TreeMap<>();
    int[] track = tracked(groups, frame);
    for (int g = 0; g < groups.size(); g++) {
      Group group = groups.get(g);
      Track found;
      if (track[g] < 0) {
        found = new Track(tracks.size() + 1, group, frame);
        tracks.add(found);
      } else {
        found = tracks.get(track[g]);
        found.seen = group;
        found.frame = frame;
      }
      Map<String, ObjectMask> masks = new LinkedHashMap<>();
      group.members.forEach(member -> masks.put(member.view(), member.detection().mask()));
      objects.put(
          found.identity,
          new LabelledObject(
              found.identity,
              group.name(),
              group.score(),
              masks,
              space == Space.THREE_D
                  ? Optional.of(new LabelledObject.Place(group.centre(), group.extent()))
                  : Optional.empty()));
    }
    return List.copyOf(objects.values());
  }

  /** Nearest first, groups grow together as long as they name the same and share no view. */
  private static List<Group> near(List<LiftedDetection> detections) {
    List<Group> groups = new ArrayList<>();
    detections.forEach(detection -> groups.add(new Group(List.of(detection))));
    while (true) {
      Link best = new Link(-1, -1, Double.POSITIVE_INFINITY);
      for (int a = 0; a < groups.size(); a++) {
        for (int b = a + 1; b < groups.size(); b++) {
          Group one = groups.get(a);
          Group other = groups.get(b);
          double distance = one.centre().minus(other.centre()).norm();
          double allowed = Math.max(NEAR, Math.max(one.size(), other.size()) / 2);
          boolean apart = one.views().stream().noneMatch(other.views()::contains);
          if (apart
              && one.name().equals(other.name())
              && distance < allowed
              && distance < best.cost) {
            best = new Link(a, b, distance);
          }
        }
      }
      if (best.a < 0) {
        return groups;
      }
      List<LiftedDetection> members = new ArrayList<>(groups.get(best.a).members);
      members.addAll(groups.remove(best.b).members);
      groups.set(best.a, new Group(List.copyOf(members)));
    }
  }

  private static List<Group> counted(List<LiftedDetection> detections) {
    Map<String, List<List<LiftedDetection>>> byName = new LinkedHashMap<>();
    Map<String, Map<String, List<LiftedDetection>>> inViews = new LinkedHashMap<>();
    for (LiftedDetection one : detections) {
      inViews
          .computeIfAbsent(one.detection().name(), n -> new LinkedHashMap<>())
          .computeIfAbsent(one.view(), v -> new ArrayList<>())
          .add(one);
    }
    inViews.forEach(
        (name, views) ->
            views
                .values()
                .forEach(
                    list -> {
                      list.sort(Comparator.comparingDouble(d -> Box.of(d).left));
                      List<List<LiftedDetection>> all =
                          byName.computeIfAbsent(name, n -> new ArrayList<>());
                      for (int i = 0; i < list.size(); i++) {
                        if (all.size() <= i) {
                          all.add(new ArrayList<>());
                        }
                        all.get(i).add(list.get(i));
                      }
                    }));
    List<Group> groups = new ArrayList<>();
    byName.values().forEach(all -> all.forEach(members -> groups.add(new Group(members))));
    return groups;
  }

  /** For each group the number of its track, or -1 for a new one. */
  private int[] tracked(List<Group> groups, int frame) {
    List<Link> links = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      for (int t = 0; t < tracks.size(); t++) {
        Track track = tracks.get(t);
        if (track.seen.name().equals(groups.get(g).name())) {
          double cost = cost(groups.get(g), track, frame);
          if (cost < Double.POSITIVE_INFINITY) {
            links.add(new Link(g, t, cost));
          }
        }
      }
    }
    links.sort(
        Comparator.comparingDouble(Link::cost).thenComparingInt(Link::a).thenComparingInt(Link::b));
    int[] track = new int[groups.size()];
    Arrays.fill(track, -1);
    Set<Integer> taken = new HashSet<>();
    for (Link link : links) {
      if (track[link.a] < 0 && taken.add(link.b)) {
        track[link.a] = link.b;
      }
    }
    onlyOnes(groups, track, taken);
    return track;
  }

  private double cost(Group group, Track track, int frame) {
    if (space == Space.THREE_D) {
      double distance = group.centre().minus(track.seen.centre()).norm();
      double reach =
          Math.max(track.seen.size() / 2, Math.min(FARTHEST, STEP * (frame - track.frame)));
      return distance <= reach ? distance : Double.POSITIVE_INFINITY;
    }
    double overlap = 0;
    for (LiftedDetection now : group.members) {
      for (LiftedDetection before : track.seen.members) {
        if (now.view().equals(before.view())) {
          overlap = Math.max(overlap, Box.of(now).overlap(Box.of(before)));
        }
      }
    }
    return overlap >= OVERLAP ? 1 - overlap : Double.POSITIVE_INFINITY;
  }

  private void onlyOnes(List<Group> groups, int[] track, Set<Integer> taken) {
    for (int g = 0; g < track.length; g++) {
      if (track[g] >= 0) {
        continue;
      }
      String name = groups.get(g).name();
      int news = 0;
      for (int other = 0; other < track.length; other++) {
        news += track[other] < 0 && groups.get(other).name().equals(name) ? 1 : 0;
      }
      List<Integer> missing = new ArrayList<>();
      for (int t = 0; t < tracks.size(); t++) {
        if (!taken.contains(t) && tracks.get(t).seen.name().equals(name)) {
          missing.add(t);
        }
      }
      if (news == 1 && missing.size() == 1) {
        track[g] = missing.get(0);
        taken.add(missing.get(0));
      }
    }
  }

  /** Pixels that a mask spans. */
  private record Box(double left, double top, double right, double bottom) {
    static Box of(LiftedDetection detection) {
      ObjectMask mask = detection.detection().mask();
      BitSet pixels = mask.pixels();
      int left = mask.width();
      int right = 0;
      for (int i = pixels.nextSetBit(0); i >= 0; i = pixels.nextSetBit(i + 1)) {
        left = Math.min(left, i % mask.width());
        right = Math.max(right, i % mask.width() + 1);
      }
      return new Box(
          left,
          pixels.nextSetBit(0) / mask.width(),
          right,
          (pixels.length() - 1) / mask.width() + 1);
    }

    double overlap(Box other) {
      double w = Math.min(right, other.right) - Math.max(left, other.left);
      double h = Math.min(bottom, other.bottom) - Math.max(top, other.top);
      double both = Math.max(0, w) * Math.max(0, h);
      return both / (area() + other.area() - both);
    }

    private double area() {
      return (right - left) * (bottom - top);
    }
  }
}
