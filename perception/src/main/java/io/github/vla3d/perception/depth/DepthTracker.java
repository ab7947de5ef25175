package io.github.vla3d.perception.depth;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.LabelledObject.Place;
import io.github.vla3d.perception.ObjectMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The memory of one episode. */
final class DepthTracker {
  /** Depth beyond which nothing is looked at, metres. */
  private static final double FARTHEST = 6;

  private static final double LEAST_NOISE = 0.0003;

  /** What is flatter than this in a thing at first sight is its bottom, metres. */
  private static final double FLAT = 0.03;

  private final DepthParameters p;
  private final List<ObjectModel> models = new ArrayList<>();
  private final Map<String, Support.Fit> fits = new HashMap<>();

  private final SameThings same;
  private final HeldThings hands;
  private double support = Double.NaN;
  private double[] reach = {0, 0, 0};
  private int nextId = 1;

  /** The first frame, -1 before it. */
  private int start = -1;

  DepthTracker(DepthParameters parameters) {
    this.p = parameters;
    this.same = new SameThings(parameters, models);
    this.hands = new HeldThings(parameters);
  }

  List<LabelledObject> label(int frame, Observation observation) {
    List<SeenPoints> views = new ArrayList<>();
    for (View view : observation.views()) {
      if (view.depth().isPresent() && view.depthCamera().isPresent()) {
        SeenPoints v = new SeenPoints(view, view.depth().get(), view.depthCamera().get(), FARTHEST);
        double grain = Grain.of(v);
        if (grain > p.grain()) {
          Grain.remove(v, grain);
        }
        views.add(v);
      }
    }
    RobotVolume robot = RobotVolume.of(observation, p.robotMargin());
    reach(observation, robot);
    if (Double.isNaN(support)) {
      support = Support.height(views, reach);
    }
    hands.see(observation);
    if (Double.isNaN(support)) {
      return List.of();
    }
    start = start < 0 ? frame : start;
    for (SeenPoints v : views) {
      ground(v, robot);
    }
    hands.move(models, views);
    for (ObjectModel model : models) {
      if (!model.lost) {
        carve(model, views);
      }
    }
    for (SeenPoints v : views) {
      Segments segments = new Segments(v, p);
      assign(v, segments, frame);
      learn(v, frame);
    }
    same.merge(views);
    same.join(views);
    for (SeenPoints v : views) {
      Hollows.fill(v);
    }
    hands.remember(models);
    return output(views);
  }

  private void reach(Observation observation, RobotVolume robot) {
    Optional<RigidTransform> base = robot.base();
    if (base.isPresent()) {
      Vector3 t = base.get().translation();
      reach = new double[] {t.x(), t.y(), p.reach()};
    } else if (reach[2] == 0) {
      if (observation.worldFromEffectors().isEmpty()) {
        reach = new double[] {0, 0, 10};
      } else {
        Vector3 t = observation.worldFromEffectors().get(0).translation();
        reach = new double[] {t.x(), t.y(), 0.75 * p.reach()};
      }
    }
  }

  /** Heights above the support, and what rises from it and is not the robot. */
  private void ground(SeenPoints v, RobotVolume robot) {
    boolean[] skip = new boolean[v.pixels];
    for (int i = 0; i < v.pixels; i++) {
      skip[i] =
          v.depth[i] > 0
              && v.z[i] > support - 0.05
              && v.z[i] < support + p.ceiling() + 0.05
              && Support.inReach(v, i, reach)
              && robot.contains(v.x[i], v.y[i], v.z[i]);
    }
    Support.Fit fit = Support.fit(v, support, reach, skip);
    if (fit != null) {
      fits.put(v.name, fit);
    } else {
      fit = fits.get(v.name);
    }
    if (fit == null) {
      fit = new Support.Fit(0, 0, support, 0.001, 0);
    }
    v.noise = Math.max(LEAST_NOISE, 1.3 * fit.sigma());
    double least = Math.max(p.planeMin(), p.planeSigmas() * fit.sigma());
    for (int i = 0; i < v.pixels; i++) {
      if (v.depth[i] > 0) {
        v.up[i] = (float) (v.z[i] - fit.at(v.x[i], v.y[i]));
        v.foreground[i] =
            !skip[i] && v.up[i] > least && v.up[i] < p.ceiling() && Support.inReach(v, i, reach);
      }
    }
    if (!Double.isNaN(robot.shoulder())) {
      arm(v, skip, robot.shoulder());
    }
    Arrays.fill(v.label, -1);
  }

  /** What hangs together with the robot above its hands is no thing. */
  private void arm(SeenPoints v, boolean[] robot, double above) {
    int[] queue = new int[v.pixels];
    int tail = 0;
    for (int i = 0; i < v.pixels; i++) {
      if (robot[i]) {
        queue[tail++] = i;
      }
    }
    for (int head = 0; head < tail; head++) {
      int i = queue[head];
      int column = i % v.width;
      for (int d = 0; d < 4; d++) {
        int j = i + (d == 0 ? 1 : d == 1 ? -1 : d == 2 ? v.width : -v.width);
        boolean inside =
            d == 0 ? column + 1 < v.width : d == 1 ? column > 0 : j >= 0 && j < v.pixels;
        if (inside && v.foreground[j] && v.z[j] > above) {
          double dx = v.x[i] - v.x[j];
          double dy = v.y[i] - v.y[j];
          double dz = v.z[i] - v.z[j];
          double limit = Math.max(p.link(), p.linkFootprints() * v.footprint(j));
          if (dx * dx + dy * dy + dz * dz <= limit * limit) {
            v.foreground[j] = false;
            queue[tail++] = j;
          }
        }
      }
    }
  }

  /** Points through which something behind is seen are not there. */
  private void carve(ObjectModel model, List<SeenPoints> views) {
    double[] at = new double[1];
    for (int i = 0; i < model.size; i++) {
      if (model.seen[i] == 0) {
        continue;
      }
      double[] w = model.world(i);
      for (SeenPoints v : views) {
        int pixel = v.project(w[0], w[1], w[2], at);
        if (pixel < 0) {
          continue;
        }
        double limit = at[0] + Math.max(p.carve(), Math.max(5 * v.noise, 2 * v.footprint(pixel)));
        if (v.depth[pixel] > limit && behindAround(v, pixel, limit)) {
          model.remove(i);
          break;
        }
      }
    }
  }

  private static boolean behindAround(SeenPoints v, int pixel, double limit) {
    int column = pixel % v.width;
    int row = pixel / v.width;
    if (column == 0 || row == 0 || column == v.width - 1 || row == v.height - 1) {
      return false;
    }
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        float d = v.depth[pixel + dy * v.width + dx];
        if (d <= limit) {
          return false;
        }
      }
    }
    return true;
  }

  private void assign(SeenPoints v, Segments s, int frame) {
    double area = v.scale * v.scale;
    for (int i = 0; i < v.pixels; i++) {
      if (v.foreground[i]) {
        double limit = Math.max(p.near(), p.nearFootprints() * v.footprint(i));
        double best = limit * limit;
        for (int m = 0; m < models.size(); m++) {
          double d = models.get(m).nearest(v.x[i], v.y[i], v.z[i], limit);
          if (d < best) {
            best = d;
            v.label[i] = m;
          }
        }
      }
    }
    int before = models.size();
    boolean[] together = vote(v, s);
    // What hangs together with a known thing is of this thing.
    int[] queue = new int[v.pixels];
    int tail = 0;
    int[] known = new int[s.count];
    for (int i = 0; i < v.pixels; i++) {
      if (v.label[i] >= 0 && s.piece[i] >= 0) {
        known[s.piece[i]]++;
      }
    }
    for (int i = 0; i < v.pixels; i++) {
      if (v.label[i] >= 0 && known[s.piece[i]] >= Math.max(3, 0.02 * s.sizes[s.piece[i]])) {
        queue[tail++] = i;
      }
    }
    for (int head = 0; head < tail; head++) {
      int i = queue[head];
      for (int d = 0; d < 4; d++) {
        int j = s.neighbour(i, d);
        if (j >= 0 && v.label[j] < 0) {
          v.label[j] = v.label[i];
          queue[tail++] = j;
        }
      }
    }
    // The rest is new.
    boolean[] fresh = new boolean[s.count];
    double[] top = new double[s.count];
    double[][] box = new double[s.count][];
    int[] free = new int[s.count];
    double[] floor = new double[s.count];
    for (int i = 0; i < v.pixels; i++) {
      int c = s.piece[i];
      if (c >= 0 && v.label[i] < 0) {
        free[c]++;
        top[c] = Math.max(top[c], v.up[i]);
        floor[c] += v.z[i] - v.up[i];
        double[] b = box[c];
        if (b == null) {
          b = new double[] {9, 9, 9, -9, -9, -9};
          box[c] = b;
        }
        b[0] = Math.min(b[0], v.x[i]);
        b[1] = Math.min(b[1], v.y[i]);
        b[2] = Math.min(b[2], v.z[i]);
        b[3] = Math.max(b[3], v.x[i]);
        b[4] = Math.max(b[4], v.y[i]);
        b[5] = Math.max(b[5], v.z[i]);
      }
    }
    int[] model = new int[s.count];
    int[] beside = beside(v, s);
    for (int c = 0; c < s.count; c++) {
      boolean small = free[c] < p.minPixels() * area;
      if (free[c] > 0 && (small || free[c] >= 0.5 * s.sizes[c])) {
        int owner =
            beside[c] >= 0 && (small || frame > start)
                ? beside[c]
                : frame > start || box[c][5] - floor[c] / free[c] < FLAT ? within(box[c]) : -1;
        if (owner >= 0) {
          fresh[c] = true;
          model[c] = owner;
          continue;
        }
      }
      fresh[c] =
          free[c] >= p.minPixels() * area
              && free[c] >= 0.5 * s.sizes[c]
              && top[c] >= p.minHeight()
              && Math.max(box[c][3] - box[c][0], box[c][4] - box[c][1]) <= p.maxSize();
      if (fresh[c]) {
        model[c] = models.size();
        models.add(new ObjectModel(nextId++, frame, p.cell(), floor[c] / free[c]));
      }
    }
    for (int i = 0; i < v.pixels; i++) {
      int c = s.piece[i];
      if (c >= 0 && v.label[i] < 0 && fresh[c]) {
        v.label[i] = model[c];
      }
    }
    apart(v, together, before);
  }

  /** The known thing that most of the near border of each unknown piece touches, or -1. */
  private int[] beside(SeenPoints v, Segments s) {
    Map<Long, Integer> shared = new HashMap<>();
    int[] best = new int[s.count];
    int[] most = new int[s.count];
    Arrays.fill(best, -1);
    for (int i = 0; i < v.pixels; i++) {
      for (int d = 0; d < 2; d++) {
        if (!(d == 0 ? s.right[i] : s.below[i])) {
          continue;
        }
        int j = d == 0 ? i + 1 : i + v.width;
        int unknown =
            v.label[i] < 0 && v.label[j] >= 0 ? i : v.label[j] < 0 && v.label[i] >= 0 ? j : -1;
        if (unknown < 0) {
          continue;
        }
        int known = v.label[unknown == i ? j : i];
        int piece = s.piece[unknown];
        int n = shared.merge((long) piece << 32 | known, 1, Integer::sum);
        if (n > most[piece] && n >= 3) {
          most[piece] = n;
          best[piece] = known;
        }
      }
    }
    return best;
  }

  /** The thing at rest in whose box something new lies, as the bottom of a basket does; or -1. */
  private int within(double[] box) {
    for (int m = 0; m < models.size(); m++) {
      ObjectModel model = models.get(m);
      double[] around = model.moved ? null : model.box(0.002, 0.03);
      if (around != null
          && box[5] < around[5] + 0.005
          && box[0] > around[0] - 0.005
          && box[1] > around[1] - 0.005
          && box[3] < around[3] + 0.005
          && box[4] < around[4] + 0.005) {
        return m;
      }
    }
    return -1;
  }

  /**
   * Whether pairs of tracks hang together in this view or are apart. A piece that is nearly all of
   * one track is all of it: cuts follow borders better than the nearest points do.
   */
  private boolean[] vote(SeenPoints v, Segments s) {
    int n = models.size();
    int[] seen = new int[n];
    Map<Integer, int[]> shares = new TreeMap<>();
    for (int i = 0; i < v.pixels; i++) {
      if (v.label[i] >= 0) {
        seen[v.label[i]]++;
        shares.computeIfAbsent(s.piece[i], k -> new int[n])[v.label[i]]++;
      }
    }
    double area = v.scale * v.scale;
    boolean[] together = new boolean[n * n];
    int[] owner = new int[s.count];
    Arrays.fill(owner, -1);
    for (Map.Entry<Integer, int[]> entry : shares.entrySet()) {
      int[] share = entry.getValue();
      int all = 0;
      int top = 0;
      for (int m = 0; m < n; m++) {
        all += share[m];
        top = share[m] > share[top] ? m : top;
      }
      double much = Math.max(0.5 * p.minPixels() * area, 0.1 * all);
      boolean others = false;
      for (int a = 0; a < n; a++) {
        for (int b = a + 1; b < n; b++) {
          together[a * n + b] |= share[a] >= much && share[b] >= much;
        }
        others |= a != top && share[a] >= much;
      }
      owner[entry.getKey()] = others ? -1 : top;
    }
    for (int i = 0; i < v.pixels; i++) {
      if (v.label[i] >= 0 && owner[s.piece[i]] >= 0) {
        v.label[i] = owner[s.piece[i]];
      }
    }
    for (int a = 0; a < n; a++) {
      for (int b = a + 1; b < n; b++) {
        if (together[a * n + b]) {
          same.together(a, b);
        }
      }
    }
    return together;
  }

  /** Tracks that a view shows apart from each other are two. */
  private void apart(SeenPoints v, boolean[] together, int known) {
    int n = models.size();
    int[] seen = new int[n];
    for (int i = 0; i < v.pixels; i++) {
      if (v.label[i] >= 0) {
        seen[v.label[i]]++;
      }
    }
    double least = p.minPixels() * v.scale * v.scale;
    for (int a = 0; a < n; a++) {
      for (int b = a + 1; b < n; b++) {
        boolean one = b < known && together[a * known + b];
        if (!one && seen[a] >= least && seen[b] >= least) {
          same.apart(a, b);
        }
      }
    }
  }

  private void learn(SeenPoints v, int frame) {
    for (int i = 0; i < v.pixels; i++) {
      if (v.label[i] >= 0) {
        ObjectModel model = models.get(v.label[i]);
        // A thing that moves is known where it was seen at rest; only new sides are added.
        double fill = 1.5 * p.cell();
        if (!model.moved
            || (!model.lost && model.nearest(v.x[i], v.y[i], v.z[i], fill) >= fill * fill)) {
          model.add(v.x[i], v.y[i], v.z[i]);
        }
        for (int c = 0; c < 3; c++) {
          model.colour[c] += v.rgb[3 * i + c] & 0xff;
        }
        model.colour[3]++;
        if (model.lastSeen != frame) {
          model.lastSeen = frame;
          model.age++;
        }
      }
    }
  }

  private List<LabelledObject> output(List<SeenPoints> views) {
    List<LabelledObject> objects = new ArrayList<>();
    for (int m = 0; m < models.size(); m++) {
      ObjectModel model = models.get(m);
      if (model.born > start && model.age < 3) {
        continue;
      }
      Map<String, ObjectMask> masks = new LinkedHashMap<>();
      for (SeenPoints v : views) {
        BitSet bits = new BitSet(v.pixels);
        int n = 0;
        for (int i = 0; i < v.pixels; i++) {
          if (v.label[i] == m) {
            bits.set(i);
            n++;
          }
        }
        if (n >= p.minSeen() * v.scale * v.scale) {
          masks.put(v.name, new ObjectMask(v.width, v.height, bits));
        }
      }
      double[] box = masks.isEmpty() ? null : model.box(0.002, 0.03);
      if (box != null) {
        objects.add(
            new LabelledObject(
                model.id,
                "",
                1,
                masks,
                Optional.of(new Place(model.centre(box), model.extent(box)))));
      }
    }
    return List.copyOf(objects);
  }
}
