package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Rotations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Does the tasks from true poses, for demonstrations and to know that an episode can be done. It
 * looks at the world at each step, moves smoothly, and begins a grasp again that has failed.
 */
public final class Expert {
  private static final double SAFE = Stage.TABLE_TOP + 0.31;
  private static final double GAIN = 0.8;
  private static final double TURN_GAIN = 0.8;

  /** Largest change of a commanded number from one step to the next. */
  private static final double SLEW = 0.2;

  /**
   * Near enough to close or open the hand, metres. Somebody who learns from pictures sees no
   * better: asked for 4 mm, it hovers over the thing and never closes.
   */
  private static final double FINE = 0.01;

  /** Near enough to go on to what is done next, metres. */
  private static final double COARSE = 0.02;

  /** Who takes over this near above a thing goes down at once, metres to the side and up. */
  private static final double NEAR = 0.08;

  /** Of the funnel: what may be astray at its end, metres. */
  private static final double NECK = 0.006;

  /** Of the funnel: metres up for each metre astray. */
  private static final double SLOPE = 6;

  /** Of the funnel: metres that a turn of 1 rad counts as astray. */
  private static final double TURN_ASTRAY = 0.05;

  /** Of the funnel: how far above the thing it ends, metres. */
  private static final double RIM_ABOVE = 0.06;

  private static final int DIRECTIONS = 24;

  /** Room beside fingers and palm that is enough, metres: more of it is no reason to turn. */
  private static final double ROOM = 0.012;

  /**
   * About which the hand's turns are chosen, rad. Scenes ask for turns near 0 and near a quarter to
   * either side; chosen about 0, the latter were now the one and now the other, and whoever learned
   * from that turned by their mean.
   */
  private static final double LIKED = Math.PI / 8;

  /** Steps to wait for success after the last skill. */
  private static final int PATIENCE = 20;

  private final Tabletop table;
  private final double[] last = new double[7];
  private int skill;
  private int phase;
  private int waited;
  private double yaw;
  private Vector3 offset = Vector3.ZERO;
  private double heightOfGrasp;
  private @Nullable Vector3 fixed;

  /**
   * @param table with an episode that has just begun
   */
  public Expert(Tabletop table) {
    this.table = table;
    last[6] = -1;
  }

  /**
   * Takes over from somebody else in the middle of an episode: goes on with the first goal that is
   * not met, and with what the hand holds if that is the right thing.
   */
  public static Expert takingOver(Tabletop table) {
    Expert expert = new Expert(table);
    Task task = table.task();
    List<Goal> goals = task.goals();
    while (expert.skill < goals.size() && table.met(goals.get(expert.skill))) {
      expert.skill++; // each skill of a plan has its goal
    }
    if (expert.skill < task.plan().size() && task.plan().get(expert.skill) instanceof Skill.Put p) {
      expert.takeOver(p);
    }
    return expert;
  }

  private void takeOver(Skill.Put put) {
    RigidTransform thing = table.pose(put.thing());
    Vector3 hand = hand();
    if (table.held(put.thing())) {
      double[] r = table.worldFromHand().rotation();
      yaw = StrictMath.atan2(r[3], r[0]);
      last[6] = 1;
      heightOfGrasp = Double.NEGATIVE_INFINITY;
      phase = beside(thing.translation(), goal(put)) < COARSE ? 6 : 4;
    } else {
      Prop prop = table.prop(put.thing());
      choose(put, prop, thing);
      Vector3 to = grasp(prop.grip(), thing);
      phase = beside(hand, to) < NEAR && hand.z() - to.z() < NEAR ? 2 : 1;
    }
  }

  private static double beside(Vector3 a, Vector3 b) {
    return StrictMath.hypot(a.x() - b.x(), a.y() - b.y());
  }

  /** Another that takes over where this one has been watching, as fast as the hand moves now. */
  Expert again() {
    Expert next = takingOver(table);
    System.arraycopy(last, 0, next.last, 0, 6);
    return next;
  }

  /**
   * Tells what was done in place of its last action.
   *
   * @param action seven numbers
   */
  void did(double[] action) {
    for (int i = 0; i < 6; i++) {
      last[i] = Math.max(-1, Math.min(1, action[i]));
    }
  }

  /** The next action. */
  public double[] act() {
    List<Skill> plan = table.task().plan();
    double[] wanted;
    if (skill >= plan.size()) {
      wanted = rest();
    } else {
      Skill now = plan.get(skill);
      if (now instanceof Skill.Put put) {
        wanted = put(put);
      } else if (now instanceof Skill.Pull pull) {
        wanted = pull(pull.drawer());
      } else {
        wanted = push(((Skill.Push) now).drawer());
      }
    }
    for (int i = 0; i < 6; i++) {
      last[i] += Math.max(-SLEW, Math.min(SLEW, wanted[i] - last[i]));
    }
    last[6] = wanted[6];
    return last.clone();
  }

  private void next() {
    phase++;
    waited = 0;
    fixed = null;
  }

  private void finish() {
    skill++;
    phase = 0;
    waited = 0;
    fixed = null;
  }

  private Vector3 hand() {
    return table.worldFromHand().translation();
  }

  /** Up and out of the way; if something has come undone, once more from there. */
  private double[] rest() {
    List<Goal> goals = table.task().goals();
    if (++waited > PATIENCE) {
      for (int i = 0; i < goals.size(); i++) {
        if (!table.met(goals.get(i))) {
          skill = i; // each skill of a plan has its goal
          onceMore();
          break;
        }
      }
    }
    return toward(new Vector3(hand().x(), hand().y(), SAFE), yaw, -1, 1);
  }

  private double[] put(Skill.Put put) {
    Prop prop = table.prop(put.thing());
    Grip grip = prop.grip();
    RigidTransform thing = table.pose(put.thing());
    switch (phase) {
      case 0 -> {
        choose(put, prop, thing);
        next();
        return put(put);
      }
      case 1 -> { // above it
        Vector3 over = grasp(grip, thing);
        Vector3 to = new Vector3(over.x(), over.y(), Math.max(SAFE - 0.06, over.z() + 0.07));
        return go(to, COARSE, -1, 1);
      }
      case 2 -> { // down
        return go(funnel(grasp(grip, thing), put.thing()), FINE, -1, 0.7);
      }
      case 3 -> { // close
        double[] stay = toward(anchor(hand()), yaw, 1, 1);
        if (++waited >= 12) {
          heightOfGrasp = thing.translation().z();
          next();
        }
        return stay;
      }
      case 4 -> { // up
        if (waited == 0) {
          anchor(new Vector3(hand().x(), hand().y(), SAFE));
        }
        waited++;
        double[] up = toward(anchor(hand()), yaw, 1, 0.8);
        if (hand().z() > SAFE - COARSE || waited > 60) {
          boolean got = table.held(put.thing()) && thing.translation().z() > heightOfGrasp + 0.1;
          if (got) {
            offset = thing.translation().minus(hand());
            next();
          } else {
            phase = 0; // once more
            waited = 0;
            fixed = null;
          }
        }
        return up;
      }
      case 5 -> { // over the target
        if (dropped(put.thing())) {
          return onceMore();
        }
        offset = thing.translation().minus(hand());
        Vector3 goal = goal(put);
        return go(new Vector3(goal.x() - offset.x(), goal.y() - offset.y(), SAFE), 0.006, 1, 1);
      }
      case 6 -> { // down to it
        if (dropped(put.thing())) {
          return onceMore();
        }
        offset = thing.translation().minus(hand());
        Vector3 goal = goal(put);
        double z = goal.z() + 0.004 - offset.z();
        Prop target = table.prop(put.target());
        boolean within = target.floor() + 0.02 < target.height() && !prop.kind().equals("lid");
        if (within) {
          // The palm, 33 mm above the grip site, stays above the container's walls.
          double walls = table.pose(put.target()).translation().z() + target.height();
          z = Math.max(z, walls + 0.012 - 0.033);
        }
        return go(new Vector3(goal.x() - offset.x(), goal.y() - offset.y(), z), FINE, 1, 0.6);
      }
      case 7 -> { // open
        double[] open = toward(anchor(hand()), yaw, -1, 1);
        if (++waited >= 9) {
          next();
        }
        return open;
      }
      default -> { // away
        if (waited++ == 0) {
          anchor(new Vector3(hand().x(), hand().y(), SAFE));
        }
        double[] up = toward(anchor(hand()), yaw, -1, 0.8);
        if (hand().z() > SAFE - 0.05 || waited > 60) {
          finish();
        }
        return up;
      }
    }
  }

  private boolean dropped(String thing) {
    return !table.held(thing);
  }

  private double[] onceMore() {
    phase = 0;
    waited = 0;
    fixed = null;
    return toward(new Vector3(hand().x(), hand().y(), SAFE), yaw, -1, 1);
  }

  /** Where the thing's origin is to go. */
  private Vector3 goal(Skill.Put put) {
    Prop target = table.prop(put.target());
    boolean lid = table.prop(put.thing()).kind().equals("lid");
    double height = lid ? target.height() - Props.LID_RIM : target.floor();
    return table.pose(put.target()).apply(new Vector3(put.dx(), put.dy(), height));
  }

  /**
   * The way down to a place: the lower the hand, the less it may be beside it or turned otherwise;
   * a hand that is low and beside it goes up first. So a hand that went astray has a way back, and
   * demonstrations show it.
   */
  private Vector3 funnel(Vector3 to, String thing) {
    Vector3 hand = hand();
    double[] turn = turn(yaw);
    double astray = beside(hand, to) + TURN_ASTRAY * Math.abs(turn[2]);
    double most = table.prop(thing).height() + RIM_ABOVE;
    double up = Math.min(most, Math.max(0, SLOPE * (astray - NECK)));
    return new Vector3(to.x(), to.y(), to.z() + up);
  }

  /** A place that stays the same through a phase. */
  private Vector3 anchor(Vector3 now) {
    Vector3 kept = fixed;
    if (kept == null) {
      kept = now;
      fixed = now;
    }
    return kept;
  }

  /** Where the grip site goes to take a thing. */
  private Vector3 grasp(Grip grip, RigidTransform thing) {
    Vector3 t = thing.translation();
    double x = t.x();
    double y = t.y();
    if (grip.kind() == Grip.Kind.RIM) {
      x += grip.offset() * StrictMath.cos(rim);
      y += grip.offset() * StrictMath.sin(rim);
    }
    return new Vector3(x, y, t.z() + grip.height());
  }

  private double rim;

  /** Picks the direction in which fingers and palm have most room. */
  private void choose(Skill.Put put, Prop prop, RigidTransform thing) {
    double[] r = thing.rotation();
    double heading = StrictMath.atan2(r[3], r[0]);
    double best = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < DIRECTIONS; i++) {
      double direction = 2 * Math.PI * i / DIRECTIONS;
      switch (prop.grip().kind()) {
        case ACROSS -> direction = heading + Math.PI / 2;
        case SQUARE -> direction = heading + Math.PI / 2 * (i % 4);
        case RIM -> {
          boolean handle = prop.highest().x() > -prop.lowest().x() + 0.005;
          if (handle && Math.abs(wrapped(direction - heading)) < 0.9) {
            continue;
          }
        }
        default -> {}
      }
      double turn = closing(direction);
      rim = direction;
      Vector3 site = grasp(prop.grip(), thing);
      double room = Math.min(ROOM, room(put, site, direction));
      double score = 4 * room - 0.03 * Math.abs(turn - LIKED) / (Math.PI / 2);
      // Carried by its rim, a thing is best taken on the side from which it comes down freely.
      if (score > best + 1e-9) {
        best = score;
        bestRim = direction;
        yaw = turn;
      }
    }
    rim = bestRim;
  }

  private double bestRim;

  /**
   * The hand's turn that closes the fingers along a direction: of the two that do, the one nearer
   * to {@link #LIKED}.
   */
  private static double closing(double direction) {
    double turn = wrapped(direction - Math.PI / 2 - LIKED);
    if (turn > Math.PI / 2 + 1e-9) {
      turn -= Math.PI;
    } else if (turn < -Math.PI / 2 - 1e-9) {
      turn += Math.PI;
    }
    return turn + LIKED;
  }

  private static double wrapped(double angle) {
    double a = angle % (2 * Math.PI);
    return a > Math.PI ? a - 2 * Math.PI : a < -Math.PI ? a + 2 * Math.PI : a;
  }

  /** How far fingers and palm stay from everything else, metres. */
  private double room(Skill.Put put, Vector3 site, double direction) {
    double least = 1;
    double c = StrictMath.cos(direction);
    double s = StrictMath.sin(direction);
    for (Thing other : table.scenario().things()) {
      if (!other.label().equals(put.thing())) {
        least = Math.min(least, away(other.prop(), table.pose(other.label()), site, c, s));
      }
    }
    Screen screen = table.screen();
    if (screen != null) {
      least = Math.min(least, away(screen.prop(), screen.worldFromScreen(), site, c, s));
    }
    return least;
  }

  /** How far fingers and palm, closing along (c, s), stay from one thing. */
  private static double away(Prop prop, RigidTransform pose, Vector3 site, double c, double s) {
    double top = pose.translation().z() + prop.height();
    // Fingers reach 13 mm below the grip site, the palm begins 33 mm above it.
    double reach = top > site.z() + 0.028 ? 0.105 : top > site.z() - 0.018 ? 0.056 : -1;
    double least = 1;
    for (int i = -4; reach > 0 && i <= 4; i++) {
      Vector3 p =
          pose.inverse()
              .apply(
                  new Vector3(site.x() + i / 4.0 * reach * c, site.y() + i / 4.0 * reach * s, top));
      double dx = Math.max(prop.lowest().x() - p.x(), p.x() - prop.highest().x());
      double dy = Math.max(prop.lowest().y() - p.y(), p.y() - prop.highest().y());
      double away = dx > 0 && dy > 0 ? Math.sqrt(dx * dx + dy * dy) : Math.max(dx, dy);
      least = Math.min(least, away - 0.022);
    }
    return least;
  }

  private double[] pull(String drawer) {
    RigidTransform pose = table.pose(drawer);
    Vector3 handle = pose.apply(Props.HANDLE);
    Vector3 out = pose.rotate(new Vector3(0, -1, 0));
    // Closed fingers go down behind the bar and take it along.
    Vector3 behind = handle.minus(out.times(0.0185));
    yaw = closing(StrictMath.atan2(out.y(), out.x()) + Math.PI / 2);
    Vector3 hook = new Vector3(behind.x(), behind.y(), handle.z() - 0.002);
    return switch (phase) {
      case 0 -> go(new Vector3(behind.x(), behind.y(), SAFE - 0.02), 0.008, 1, 1);
      case 1 -> go(hook, 0.005, 1, 0.5);
      case 2 -> {
        Vector3 end = anchor(hook.plus(out.times(0.125 - table.opened(drawer))));
        if (table.opened(drawer) > 0.105 || ++waited > 90) {
          if (table.opened(drawer) <= 0.09) {
            phase = 3;
            waited = 0;
            fixed = null;
            yield toward(new Vector3(hand().x(), hand().y(), SAFE), yaw, 1, 1);
          }
          next();
          phase = 4;
        }
        yield toward(end, yaw, 1, 0.6);
      }
      case 3 -> { // slipped off: once more
        if (++waited > 25) {
          phase = 0;
          waited = 0;
        }
        yield toward(anchor(new Vector3(hand().x(), hand().y(), SAFE)), yaw, 1, 1);
      }
      default -> {
        if (waited++ > 40 || hand().z() > SAFE - 0.05) {
          finish();
        }
        yield toward(anchor(new Vector3(hand().x(), hand().y(), SAFE)), yaw, 1, 0.6);
      }
    };
  }

  private double[] push(String drawer) {
    RigidTransform pose = table.pose(drawer);
    Vector3 handle = pose.apply(Props.HANDLE);
    Vector3 out = pose.rotate(new Vector3(0, -1, 0));
    yaw = closing(StrictMath.atan2(out.y(), out.x()) + Math.PI / 2);
    Vector3 before = handle.plus(out.times(0.05));
    return switch (phase) {
      case 0 -> go(new Vector3(before.x(), before.y(), SAFE - 0.02), 0.012, 1, 1);
      case 1 -> go(new Vector3(before.x(), before.y(), handle.z()), 0.008, 1, 0.7);
      case 2 -> {
        Vector3 end = anchor(handle.minus(out.times(table.opened(drawer) + 0.01 - 0.018)));
        if (table.opened(drawer) < 0.005 || ++waited > 120) {
          next();
        }
        yield toward(end, yaw, 1, 0.6);
      }
      default -> {
        if (waited++ > 25) {
          if (table.opened(drawer) > 0.01) {
            phase = 0;
            waited = 0;
            fixed = null;
          } else {
            finish();
          }
        }
        Vector3 back = new Vector3(before.x(), before.y(), SAFE - 0.05);
        yield toward(back, yaw, 1, 0.6);
      }
    };
  }

  /** Towards a place, and on to the next phase when it is reached. */
  private double[] go(Vector3 to, double tolerance, double gripper, double speed) {
    double[] action = toward(to, yaw, gripper, speed);
    double turn = Math.abs(turn(yaw)[2]) + Math.abs(turn(yaw)[0]) + Math.abs(turn(yaw)[1]);
    if ((hand().distance(to) < tolerance && turn < 0.12) || ++waited > 100) {
      next();
    }
    return action;
  }

  private double[] toward(Vector3 to, double turn, double gripper, double speed) {
    Vector3 way = to.minus(hand()).times(GAIN / 0.05);
    double n = way.norm();
    if (n > speed) {
      way = way.times(speed / n);
    }
    double[] w = turn(turn);
    double[] action = {way.x(), way.y(), way.z(), 0, 0, 0, gripper};
    for (int i = 0; i < 3; i++) {
      action[3 + i] = Math.max(-0.6, Math.min(0.6, TURN_GAIN * w[i] / 0.5));
    }
    return action;
  }

  /** The turn that is missing, in world axes, for a hand that points down with this yaw. */
  private double[] turn(double wantedYaw) {
    RigidTransform wanted =
        Rotations.aboutZ(wantedYaw, Vector3.ZERO).compose(Rotations.aboutX(Math.PI, Vector3.ZERO));
    return Rotations.log(
        Rotations.product(
            wanted.quaternion(), Rotations.conjugate(table.worldFromHand().quaternion())));
  }
}
