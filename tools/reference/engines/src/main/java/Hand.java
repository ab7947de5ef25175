import java.util.List;

/**
 * A table, the tabletop's gripper (the law of its class Gripper for a hand that does not turn), and
 * things.
 */
final class Hand {
  static final double FRICTION = 0.8;

  private static final double OPEN = 0.04;
  private static final double GAP = 1e-3;

  /** From the grip site back to the palm's centre, to a finger's. */
  private static final double PALM = 0.064;

  private static final double PAD = 0.0128;

  /** Half a turn about x. */
  private static final double[] DOWN = {1, 0, 0, 0};

  private static final double MASS = 8;
  private static final double INERTIA = 0.08;
  private static final double PULL = 150;
  private static final double FOLLOW = 4000;
  private static final double MOST_FORCE = 80;
  private static final double MOST_TORQUE = 8;
  private static final double MOST_LAG = 0.03;
  private static final double FINGER_MASS = 0.2;
  private static final double FINGER_SPEED = 0.12;
  private static final double GRIP = 20;

  final Engine engine;
  private final double dt;
  private final double[] reference = {0, 0, 0.3};
  private final double[] speed = new double[3];
  private final double[] goal = new double[3];
  private final double[] hand = new double[Engine.NUMBERS];
  private final double[] finger = new double[Engine.NUMBERS];
  private final double[] force = new double[3];

  /** The hand is at a height of 0.3 m, open, fingers along y, pointing down. */
  Hand(Engine engine, double dt) {
    this.engine = engine;
    this.dt = dt;
    engine.add(
        new Engine.Thing(box(0.022, 0.1, 0.031), MASS, INERTIA, 0.5),
        new double[] {0, 0, 0.3 + PALM},
        DOWN);
    for (int side = 1; side >= -1; side -= 2) {
      engine.add(
          new Engine.Thing(box(0.0105, 0.007, 0.0258), FINGER_MASS, 1e-3, 1.5),
          new double[] {0, -side * (OPEN - GAP + 0.007), 0.3 + PAD},
          DOWN);
    }
    engine.slide(0, 1, GAP - OPEN, GAP, GRIP);
    engine.slide(0, 2, -GAP, OPEN - GAP, GRIP);
    engine.add(
        new Engine.Thing(box(0.5, 0.5, 0.1), 0, 0, FRICTION),
        new double[] {0, 0, -0.1},
        Turns.aboutZ(0));
  }

  static List<Engine.Shape> box(double x, double y, double z) {
    return List.of(new Engine.Shape(false, x, y, z, 0));
  }

  /** A control step of 50 ms: the hand moves by (x, y, z) times 5 cm, the fingers close or open. */
  void go(double x, double y, double z, boolean closed) {
    engine.control();
    engine.read(0, hand);
    goal[0] = hand[0] + 0.05 * x;
    goal[1] = hand[1] + 0.05 * y;
    goal[2] = hand[2] - PALM + 0.05 * z;
    engine.motor(0, closed ? -FINGER_SPEED : FINGER_SPEED);
    engine.motor(1, closed ? FINGER_SPEED : -FINGER_SPEED);
    long steps = Math.round(0.05 / dt);
    for (long i = 0; i < steps; i++) {
      push();
      engine.step();
    }
  }

  /** Goes on for so many control steps. */
  void go(int times, double x, double y, double z, boolean closed) {
    for (int i = 0; i < times; i++) {
      go(x, y, z, closed);
    }
  }

  /** Goes to a height within three seconds. */
  void reach(double height, boolean closed) {
    for (int i = 0; i < 60; i++) {
      engine.read(0, hand);
      go(0, 0, Math.max(-1, Math.min(1, (height - (hand[2] - PALM)) / 0.05)), closed);
    }
  }

  private void push() {
    engine.read(0, hand);
    double[] q = {hand[3], hand[4], hand[5], hand[6]};
    double[] down = Turns.turn(q, new double[] {0, 0, PALM});
    double[] spin = {hand[10], hand[11], hand[12]};
    double[] swing = Turns.cross(spin, down);
    double[] lag = new double[3];
    for (int i = 0; i < 3; i++) {
      speed[i] += dt * (PULL * (goal[i] - reference[i]) - 2 * Math.sqrt(PULL) * speed[i]);
      reference[i] += dt * speed[i];
      lag[i] = reference[i] - hand[i] - down[i];
    }
    if (limit(lag, MOST_LAG)) {
      for (int i = 0; i < 3; i++) {
        reference[i] = hand[i] + down[i] + lag[i];
      }
    }
    double[] torque = Turns.log(Turns.product(DOWN, Turns.conjugate(q)));
    for (int i = 0; i < 3; i++) {
      double fast = speed[i] - hand[7 + i] - swing[i];
      force[i] = MASS * (FOLLOW * lag[i] + 2 * Math.sqrt(FOLLOW) * fast);
      torque[i] = INERTIA * (FOLLOW * torque[i] - 2 * Math.sqrt(FOLLOW) * spin[i]);
    }
    limit(force, MOST_FORCE);
    limit(torque, MOST_TORQUE);
    couple(q, down, swing, spin);
    engine.force(0, force);
    engine.torque(0, torque);
  }

  /** Keeps the fingers as far from the middle as each other, as a gear would. */
  private void couple(double[] q, double[] down, double[] swing, double[] spin) {
    double[] axis = Turns.turn(q, new double[] {0, 1, 0});
    double middle = 0;
    double drift = 0;
    for (int side = 1; side <= 2; side++) {
      engine.read(side, finger);
      double[] way = new double[3];
      for (int i = 0; i < 3; i++) {
        way[i] = finger[i] - hand[i] - down[i];
      }
      double[] carried = Turns.cross(spin, way);
      for (int i = 0; i < 3; i++) {
        middle += axis[i] * way[i] / 2;
        drift += axis[i] * (finger[7 + i] - hand[7 + i] - swing[i] - carried[i]) / 2;
      }
    }
    double centring = FINGER_MASS * (-0.1 * middle / (dt * dt) - 0.4 * drift / dt);
    double[] f = {centring * axis[0], centring * axis[1], centring * axis[2]};
    engine.force(1, f);
    engine.force(2, f);
    for (int i = 0; i < 3; i++) {
      force[i] -= 2 * f[i];
    }
  }

  private static boolean limit(double[] v, double most) {
    double n = Turns.length(v);
    for (int i = 0; n > most && i < 3; i++) {
      v[i] *= most / n;
    }
    return n > most;
  }

  /** Pose of a body as the hand sees it: position, quaternion. */
  double[] seen(int body) {
    double[] thing = new double[Engine.NUMBERS];
    engine.read(0, hand);
    engine.read(body, thing);
    double[] back = Turns.conjugate(new double[] {hand[3], hand[4], hand[5], hand[6]});
    double[] at =
        Turns.turn(back, new double[] {thing[0] - hand[0], thing[1] - hand[1], thing[2] - hand[2]});
    double[] q = Turns.product(back, new double[] {thing[3], thing[4], thing[5], thing[6]});
    return new double[] {at[0], at[1], at[2], q[0], q[1], q[2], q[3]};
  }
}
