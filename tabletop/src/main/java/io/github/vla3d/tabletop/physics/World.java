package io.github.vla3d.tabletop.physics;

import com.jme3.bullet.CollisionConfiguration;
import com.jme3.bullet.PhysicsSpace;
import com.jme3.bullet.SolverMode;
import com.jme3.bullet.SolverType;
import com.jme3.bullet.collision.PersistentManifolds;
import com.jme3.bullet.joints.PhysicsJoint;
import com.jme3.bullet.joints.SliderJoint;
import com.jme3.math.Matrix3f;
import com.jme3.math.Vector3f;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Bodies, the gripper, and time. One thread makes it and uses it.
 *
 * <p>Between control steps the world is its {@link State} and nothing else: contacts found earlier,
 * orders of pairs and whatever else the engine caches are thrown away at the start of each step, so
 * that a restored world goes on with the same bits as the one that was saved. That costs a
 * hundredth of the time of a step.
 */
public final class World {
  /** Control steps a second. */
  public static final int RATE = 20;

  /** Steps of the engine in a control step. */
  public static final int SUBSTEPS = 20;

  private static final double DT = 1.0 / (RATE * SUBSTEPS);
  private static final int ITERATIONS = 30;
  private static final float EXTENT = 10;
  private static final int MOST_CONTACTS = 2048;
  private static final Vector3f GRAVITY = new Vector3f(0, 0, -9.81f);

  private final PhysicsSpace space;
  private final Gripper gripper;
  private final List<Body> bodies = new ArrayList<>();
  private final List<PhysicsJoint> joints = new ArrayList<>();
  private final Map<Solid, Deque<Body>> spare = new IdentityHashMap<>();
  private final Map<Rail, SliderJoint> rails = new HashMap<>();
  private final Deque<World> home;
  private boolean inSpace;

  /** Worlds of each thread that nobody uses. */
  private static final ThreadLocal<Deque<World>> FREE =
      ThreadLocal.withInitial(ConcurrentLinkedDeque::new);

  /** What a sliding joint depends on. */
  private record Rail(Body base, Body body, Vector3 place) {}

  /**
   * A world of this thread with a gripper and nothing else: one that was released, or a new one.
   * The engine's memory is not given back while the process lives, but used again.
   *
   * @param worldFromHand first pose of the hand; see {@link #place}
   * @param lowest corner of the box in which the grip site is kept
   * @param highest the opposite corner
   */
  public static World take(RigidTransform worldFromHand, Vector3 lowest, Vector3 highest) {
    World world = FREE.get().poll();
    if (world == null) {
      // The first objects of the engine fill tables of its native part, which does not guard them:
      // a
      // world that another thread makes meanwhile never works, and says so only by its results.
      synchronized (World.class) {
        world = new World(worldFromHand);
      }
    }
    world.clear();
    world.gripper.confine(lowest, highest);
    world.place(worldFromHand, Gripper.OPEN - 1e-3);
    return world;
  }

  /** Gives the world back to its thread; it must not be used any more. From any thread. */
  public void release() {
    home.add(this);
  }

  private World(RigidTransform worldFromHand) {
    BulletLibrary.load();
    home = FREE.get();
    space =
        new PhysicsSpace(
            new Vector3f(-EXTENT, -EXTENT, -EXTENT),
            new Vector3f(EXTENT, EXTENT, EXTENT),
            PhysicsSpace.BroadphaseType.SIMPLE,
            SolverType.SI,
            new CollisionConfiguration(MOST_CONTACTS, 0));
    space.setGravity(GRAVITY);
    space.getSolverInfo().setNumIterations(ITERATIONS);
    // One direction of friction, Bullet's default, lets whatever is held creep and turn.
    space
        .getSolverInfo()
        .setMode(SolverMode.WarmStart | SolverMode.Use2Directions | SolverMode.SIMD);
    space.setMaxSubSteps(0);
    gripper = new Gripper(worldFromHand, Gripper.OPEN - 1e-3);
    bodies.add(gripper.hand);
    bodies.add(gripper.left);
    bodies.add(gripper.right);
    joints.addAll(gripper.joints);
  }

  /** Number of bodies that belong to the gripper: the first ones. */
  public static final int GRIPPER_BODIES = 3;

  /** Takes everything but the gripper away. */
  private void clear() {
    leave();
    for (int i = GRIPPER_BODIES; i < bodies.size(); i++) {
      Body body = bodies.get(i);
      spare.computeIfAbsent(body.solid(), solid -> new ArrayDeque<>()).add(body);
    }
    bodies.subList(GRIPPER_BODIES, bodies.size()).clear();
    joints.subList(gripper.joints.size(), joints.size()).clear();
  }

  /** Adds a body and says its number. It stays where it is put if its mass is 0. */
  public int add(Solid solid, RigidTransform worldFromSolid) {
    leave();
    bodies.add(body(solid, worldFromSolid));
    return bodies.size() - 1;
  }

  private Body body(Solid solid, RigidTransform worldFromSolid) {
    Deque<Body> same = spare.get(solid);
    if (same == null || same.isEmpty()) {
      return Body.of(solid, worldFromSolid);
    }
    Body body = same.remove();
    body.place(worldFromSolid);
    return body;
  }

  /**
   * Adds a body that slides along an axis of another one, and says its number.
   *
   * @param onto the other body, which has mass 0
   * @param axis of the other body: 0, 1 or 2
   * @param lower smallest way from where it is put, metres
   * @param upper largest way
   * @param friction that brakes it, newtons
   */
  public int addSliding(
      Solid solid,
      RigidTransform worldFromSolid,
      int onto,
      int axis,
      double lower,
      double upper,
      double friction) {
    leave();
    Body base = bodies.get(onto);
    Body body = body(solid, worldFromSolid);
    bodies.add(body);
    RigidTransform baseFromBody = base.worldFromMass().inverse().compose(body.worldFromMass());
    SliderJoint joint =
        rails.computeIfAbsent(
            new Rail(base, body, baseFromBody.translation()),
            rail -> joint(base, body, baseFromBody, axis));
    joint.setLowerLinLimit((float) lower);
    joint.setUpperLinLimit((float) upper);
    joint.setLowerAngLimit(0);
    joint.setUpperAngLimit(0);
    joint.setPoweredLinMotor(true);
    joint.setTargetLinMotorVelocity(0);
    joint.setMaxLinMotorForce((float) friction);
    joints.add(joint);
    return bodies.size() - 1;
  }

  private static SliderJoint joint(Body base, Body body, RigidTransform baseFromBody, int axis) {
    body.addToIgnoreList(base);
    // Columns: the joint's x axis is the axis of the slide.
    Matrix3f frame = new Matrix3f();
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        frame.set((i + axis) % 3, j, i == j ? 1 : 0);
      }
    }
    Matrix3f turned = new Matrix3f();
    double[] r = baseFromBody.inverse().rotation();
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        double sum = 0;
        for (int k = 0; k < 3; k++) {
          sum += r[3 * i + k] * frame.get(k, j);
        }
        turned.set(i, j, (float) sum);
      }
    }
    Vector3f inBase = Body.vector(baseFromBody.translation());
    return new SliderJoint(base, body, inBase, new Vector3f(), frame, turned, true);
  }

  /**
   * Puts the hand somewhere, at rest.
   *
   * @param opening of each finger from the middle, 0 to 0.04 m
   */
  public void place(RigidTransform worldFromHand, double opening) {
    gripper.place(worldFromHand, opening);
  }

  /** Puts a body somewhere, at rest. */
  public void place(int body, RigidTransform worldFromSolid) {
    bodies.get(body).place(worldFromSolid);
  }

  private void leave() {
    if (!inSpace) {
      return;
    }
    for (int i = joints.size() - 1; i >= 0; i--) {
      space.removeJoint(joints.get(i));
    }
    // In reverse, so that the engine hands out the same places again.
    for (int i = bodies.size() - 1; i >= 0; i--) {
      space.removeCollisionObject(bodies.get(i));
    }
    inSpace = false;
  }

  private void enter() {
    for (int i = 0; i < bodies.size(); i++) {
      Body body = bodies.get(i);
      space.addCollisionObject(body);
      if (i < GRIPPER_BODIES) {
        body.setGravity(Vector3f.ZERO);
      }
    }
    for (PhysicsJoint joint : joints) {
      space.addJoint(joint);
    }
    inSpace = true;
  }

  /**
   * Goes on by one control step, 1/20 s.
   *
   * @param action seven numbers, cut to [-1, 1]: translation (1 is 0.05 m) and rotation vector (1
   *     is 0.5 rad) in world axes, gripper (-1 opens, +1 closes)
   * @throws IllegalArgumentException if there are not seven, or one is not finite
   */
  public void step(double[] action) {
    check(action);
    leave();
    enter();
    for (Body body : bodies) {
      body.hastenSleep();
    }
    gripper.command(action);
    for (int i = 0; i < SUBSTEPS; i++) {
      gripper.push(DT);
      space.update((float) DT, 0, false, false, false);
    }
    for (Body body : bodies) {
      body.read();
    }
  }

  private static void check(double[] action) {
    if (action.length != 7) {
      throw new IllegalArgumentException("action: wanted 7 numbers, got " + action.length);
    }
    for (double a : action) {
      if (!Double.isFinite(a)) {
        throw new IllegalArgumentException(
            "action: wanted finite numbers, got " + java.util.Arrays.toString(action));
      }
    }
  }

  /** Bodies, the gripper's three included. */
  public int size() {
    return bodies.size();
  }

  /** Where a body is; the same object as long as it does not move. */
  public RigidTransform pose(int body) {
    return bodies.get(body).worldFromSolid();
  }

  /** Speed of a body's centre of mass, m/s. */
  public double speed(int body) {
    return bodies.get(body).speed();
  }

  /** Pose of the hand; see {@link Gripper}. */
  public RigidTransform worldFromHand() {
    return gripper.hand.worldFromSolid();
  }

  /** The hand's orientation as x, y, z, w, with a sign that never jumps. */
  public double[] handRotation() {
    return Rotations.near(worldFromHand().quaternion(), gripper.reference().rotation);
  }

  /** Ways of the fingers from the middle: left 0 to 0.04 m, right -0.04 to 0. */
  public double[] fingers() {
    return gripper.ways();
  }

  /** Whether a body touched hand or fingers at the end of the last step. */
  public boolean held(int body) {
    long id = bodies.get(body).nativeId();
    for (long manifold : space.listManifoldIds()) {
      long a = PersistentManifolds.getBodyAId(manifold);
      long b = PersistentManifolds.getBodyBId(manifold);
      if ((a == id || b == id)
          && (isGripper(a) || isGripper(b))
          && PersistentManifolds.countPoints(manifold) > 0) {
        return true;
      }
    }
    return false;
  }

  private boolean isGripper(long id) {
    for (int i = 0; i < GRIPPER_BODIES; i++) {
      if (bodies.get(i).nativeId() == id) {
        return true;
      }
    }
    return false;
  }

  /** Everything that moves, as numbers. */
  public State save() {
    float[][] numbers = new float[bodies.size()][];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = bodies.get(i).state().clone();
    }
    return new State(numbers, gripper.reference().save());
  }

  /**
   * Goes back to a state of a world with the same bodies.
   *
   * @throws IllegalArgumentException if the number of bodies is another
   */
  public void restore(State state) {
    if (state.bodies.length != bodies.size()) {
      throw new IllegalArgumentException(
          "state: wanted one of %d bodies, got one of %d"
              .formatted(bodies.size(), state.bodies.length));
    }
    leave();
    for (int i = 0; i < bodies.size(); i++) {
      bodies.get(i).write(state.bodies[i]);
    }
    gripper.reference().restore(state.gripper);
  }

  /** A moment of a world. Immutable. */
  public static final class State {
    private final float[][] bodies;
    private final double[] gripper;

    private State(float[][] bodies, double[] gripper) {
      this.bodies = bodies;
      this.gripper = gripper;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof State b
          && java.util.Arrays.deepEquals(bodies, b.bodies)
          && java.util.Arrays.equals(gripper, b.gripper);
    }

    @Override
    public int hashCode() {
      return 31 * java.util.Arrays.deepHashCode(bodies) + java.util.Arrays.hashCode(gripper);
    }
  }
}
