package io.github.vla3d.perception.depth;

import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the gripper holds moves with it. Whether it holds something is not taken from its fingers:
 * the poses that a thing can have (at rest where it was, carried since some frames ago, slipped,
 * fallen) are held against the depth, and the best one counts.
 */
final class HeldThings {
  /** Frames ago at which a thing may have been taken or let go. */
  private static final int[] BACK = {1, 2, 4, 8, 16};

  /** Turns in the gripper that are tried, radians. */
  private static final double[] SLIPS = {-0.3, -0.15, 0.15, 0.3};

  /** Falls that are tried, metres. */
  private static final double[] FALLS = {0, 0.01, 0.02, 0.04, 0.07};

  private static final double FARTHEST_FALL = 0.1;

  /** By how much a pose must fit better than the one before it. */
  private static final double BETTER = 0.01;

  /** Share of its usual fit below which a thing has slipped. */
  private static final double SLIPPED = 0.85;

  /** Fit below which no pose is believed. */
  private static final double LOST = 0.15;

  /** Points of a model that are held against the depth. */
  private static final int POINTS = 400;

  private final DepthParameters p;
  private final List<RigidTransform> effectors = new ArrayList<>();
  private final Map<Integer, List<RigidTransform>> poses = new HashMap<>();

  HeldThings(DepthParameters parameters) {
    this.p = parameters;
  }

  /** Notes where the effector is. Without one, nothing is ever held. */
  void see(Observation observation) {
    observation.worldFromEffectors().stream().findFirst().ifPresent(effectors::add);
  }

  /** Notes where things are at the end of a frame. */
  void remember(List<ObjectModel> models) {
    for (ObjectModel model : models) {
      poses.computeIfAbsent(model.id, id -> new ArrayList<>()).add(model.pose);
    }
  }

  /** Moves what the gripper holds: each pose that could be is held against the depth. */
  void move(List<ObjectModel> models, List<SeenPoints> views) {
    int now = effectors.size() - 1;
    if (now < 1) {
      return;
    }
    for (ObjectModel model : models) {
      List<RigidTransform> past = poses.getOrDefault(model.id, List.of());
      boolean may = model.held || model.moved || touches(model, effectors.get(now).translation());
      if (may && !past.isEmpty()) {
        move(model, past, views);
      }
    }
  }

  private void move(ObjectModel model, List<RigidTransform> past, List<SeenPoints> views) {
    int now = effectors.size() - 1;
    RigidTransform effector = effectors.get(now);
    int n = past.size();
    RigidTransform best = model.pose;
    double stay = fit(model, model.pose, views);
    double most = stay;
    boolean held = false;
    for (int back : BACK) {
      if (back > n || back > now) {
        break;
      }
      RigidTransform then = effectors.get(now - back);
      RigidTransform motion = effector.compose(then.inverse());
      RigidTransform follow = motion.compose(past.get(n - back));
      double score = fit(model, follow, views);
      if (score > most + BETTER) {
        most = score;
        best = follow;
        held = true;
      }
      if (model.held) {
        score = fit(model, past.get(n - back), views);
        if (score > most + BETTER) {
          most = score;
          best = past.get(n - back);
          held = false;
        }
      }
    }
    if (held || model.moved) {
      RigidTransform refined = Registration.refine(model, best, views);
      if (fit(model, refined, views) > fit(model, best, views) + BETTER / 5) {
        best = refined;
      }
      double fitted = fit(model, best, views);
      if (fitted < SLIPPED * model.quality) {
        best = slipped(model, best, effector, views);
        fitted = fit(model, best, views);
      }
      model.lost = fitted < LOST && fitted < 0.5 * model.quality;
      if (model.lost) {
        best = held || model.held ? follow(past.get(n - 1), now) : model.pose;
      } else {
        model.quality += 0.2 * (fitted - model.quality);
      }
    } else {
      model.quality = most;
    }
    if (!best.equals(model.pose)) {
      model.place(best);
      model.moved = true;
    }
    model.held =
        held || (model.held && best.equals(model.pose) && most == stay && near(effector, now));
  }

  /**
   * The best of some turns in the gripper (a thing pinched at its rim slips fast) and of some falls
   * out of it, after which it stands upright.
   */
  private RigidTransform slipped(
      ObjectModel model, RigidTransform pose, RigidTransform effector, List<SeenPoints> views) {
    List<RigidTransform> starts = new ArrayList<>();
    for (int axis = 0; axis < 3; axis++) {
      for (double turn : SLIPS) {
        RigidTransform about =
            RigidTransform.fromAxisAngle(
                new Vector3(axis == 0 ? turn : 0, axis == 1 ? turn : 0, axis == 2 ? turn : 0),
                Vector3.ZERO);
        starts.add(effector.compose(about).compose(effector.inverse()).compose(pose));
      }
    }
    Vector3 middle = model.middle();
    Vector3 at = pose.apply(middle);
    double[] r = pose.rotation();
    double yaw = Math.atan2(r[3] - r[1], r[0] + r[4]);
    RigidTransform upright = RigidTransform.fromAxisAngle(new Vector3(0, 0, yaw), Vector3.ZERO);
    for (double fall : FALLS) {
      Vector3 shift = at.minus(new Vector3(0, 0, fall)).minus(upright.apply(middle));
      starts.add(RigidTransform.translation(shift).compose(upright));
    }
    RigidTransform best = pose;
    double most = fit(model, pose, views) + 2 * BETTER;
    for (RigidTransform start : starts) {
      RigidTransform end = Registration.refine(model, start, views);
      double score = fit(model, end, views);
      if (score > most && end.apply(middle).distance(at) < FARTHEST_FALL) {
        most = score;
        best = end;
      }
    }
    return best;
  }

  private RigidTransform follow(RigidTransform last, int now) {
    return effectors.get(now).compose(effectors.get(now - 1).inverse()).compose(last);
  }

  /** Whether the effector stands still, so that nothing can be said. */
  private boolean near(RigidTransform effector, int now) {
    return effector.near(effectors.get(now - 1), 0.0005, 0.002);
  }

  private boolean touches(ObjectModel model, Vector3 grip) {
    return model.nearest(grip.x(), grip.y(), grip.z(), p.grip()) < p.grip() * p.grip();
  }

  /** How well a model in a pose explains the depth: 1 if all of its points are seen in place. */
  private double fit(ObjectModel model, RigidTransform pose, List<SeenPoints> views) {
    double[] m = pose.toRowMajor();
    double[] at = new double[1];
    double score = 0;
    int n = 0;
    int step = Math.max(1, model.size / POINTS);
    for (int i = 0; i < model.size; i += step) {
      if (model.seen[i] == 0) {
        continue;
      }
      n++;
      double wx = m[0] * model.x[i] + m[1] * model.y[i] + m[2] * model.z[i] + m[3];
      double wy = m[4] * model.x[i] + m[5] * model.y[i] + m[6] * model.z[i] + m[7];
      double wz = m[8] * model.x[i] + m[9] * model.y[i] + m[10] * model.z[i] + m[11];
      for (SeenPoints v : views) {
        int pixel = v.project(wx, wy, wz, at);
        if (pixel < 0 || !(v.depth[pixel] > 0)) {
          continue;
        }
        double r = v.depth[pixel] - at[0];
        double tolerance = Math.max(0.006, Math.max(4 * v.noise, v.footprint(pixel)));
        if (r > tolerance) {
          score -= 1;
        } else if (r >= -tolerance && v.foreground[pixel]) {
          score += 1 - 0.5 * Math.abs(r) / tolerance;
        }
      }
    }
    return n == 0 ? 0 : score / n;
  }
}
