package io.github.vla3d.tabletop;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Part;
import io.github.vla3d.tabletop.physics.Solid;
import io.github.vla3d.tabletop.physics.World;
import io.github.vla3d.tabletop.render.Picture;
import io.github.vla3d.tabletop.render.Renderer;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One table with one gripper, in the manner of a gym: {@link #reset}, {@link #step}, {@link
 * #observe}.
 *
 * <p>Frames, cameras, actions and states are LIBERO's: the world has z upwards and the robot's base
 * at (-0.66, 0, 0.912); actions are seven numbers in [-1, 1], translation (1 is 0.05 m) and
 * rotation vector (1 is 0.5 rad) in world axes, gripper (-1 opens, +1 closes), 20 a second; states
 * are eight, position of the grip site, the hand's rotation vector (0 to 2 pi long), ways of the
 * two fingers. Pictures are upright pinholes with depth of pixel centres. The same name of an
 * episode and the same actions give the same bits.
 *
 * <p>One thread at a time. Changing the thread costs a rebuild of the physics, no more.
 */
public final class Tabletop {
  /** Frames a second. */
  public static final int RATE = World.RATE;

  /** Name of the scene's camera. */
  public static final String SCENE_VIEW = "agentview";

  /** Name of the camera in the hand. */
  public static final String WRIST_VIEW = "wrist";

  private static final Vector3 LOWEST = new Vector3(-0.45, -0.42, Stage.TABLE_TOP + 0.008);
  private static final Vector3 HIGHEST = new Vector3(0.25, 0.42, 1.4);
  private static final double WRIST_FIELD = Math.toRadians(75);
  private static final RigidTransform HAND_FROM_WRIST_CAMERA =
      RigidTransform.of(new double[] {0, -1, 0, 1, 0, 0, 0, 0, 1}, new Vector3(0.05, 0, -0.097));

  private static final double[] WAIT = {0, 0, 0, 0, 0, 0, -1};
  private static final int SETTLING = 10;
  private static final int HOLD = 10;
  private static final double FLAT_FRICTION = 0.8;
  private static final double DRAWER_FRICTION = 1.5;
  static final double DRAWER_WAY = 0.13;

  private final int size;
  private final Renderer renderer = new Renderer(Stage.MIDDLE);
  private @Nullable Running running;

  private static final Cleaner CLEANER = Cleaner.create();

  /** Gives a world back when its episode is over or forgotten. */
  private static final class Lease implements Runnable {
    private @Nullable World world;

    Lease(World world) {
      this.world = world;
    }

    synchronized void replace(World by) {
      run();
      world = by;
    }

    @Override
    public synchronized void run() {
      World held = world;
      world = null;
      if (held != null) {
        held.release();
      }
    }
  }

  /** An episode under way. */
  private static final class Running {
    final Scenario scenario;
    final Stage stage;
    final int[] bodies;
    final @Nullable Screen screen;
    World world;
    final Lease lease;
    Thread owner = Thread.currentThread();
    double[] joints;
    int steps;
    int holding;
    @Nullable List<Shot> shots;

    Running(Scenario scenario, World world, Stage stage, int[] bodies, @Nullable Screen screen) {
      this.scenario = scenario;
      this.world = world;
      this.lease = new Lease(world);
      CLEANER.register(this, lease);
      this.stage = stage;
      this.bodies = bodies;
      this.screen = screen;
      this.joints = scenario.joints().clone();
    }
  }

  /**
   * @param size of both cameras' square pictures, pixels: 128 and 224 are usual
   * @throws IllegalArgumentException if it is not 16 to 2048
   */
  public Tabletop(int size) {
    if (size < 16 || size > 2048) {
      throw new IllegalArgumentException("tabletop: wanted pictures of 16 to 2048, got " + size);
    }
    this.size = size;
  }

  /** Begins an episode: things are placed and have come to rest. */
  public Observation reset(Variant variant) {
    begin(variant);
    return observe();
  }

  /** {@link #reset} without pictures, for whoever looks later or never. */
  public void begin(Variant variant) {
    Scenario scenario = Scenario.of(variant);
    end();
    Screen screen = variant.is(Dimension.OCCLUSION) ? screen(scenario) : null;
    running = begin(scenario, screen);
  }

  private void end() {
    Running r = running;
    running = null;
    if (r != null) {
      r.lease.run();
    }
  }

  private static Running begin(Scenario scenario, @Nullable Screen screen) {
    int[] bodies = new int[scenario.things().size()];
    World world = build(scenario, screen, bodies);
    Stage stage = new Stage(scenario.look());
    for (int i = 0; i < bodies.length; i++) {
      Thing thing = scenario.things().get(i);
      stage.add(thing.prop(), bodies[i], thing.id());
    }
    if (screen != null) {
      stage.add(screen.prop(), bodies.length + World.GRIPPER_BODIES + ROOM.size(), Ids.OTHER);
    }
    Running r = new Running(scenario, world, stage, bodies, screen);
    for (int i = 0; i < SETTLING; i++) {
      world.step(WAIT);
    }
    r.joints = Arm.solve(world.worldFromHand(), r.joints, 20);
    return r;
  }

  /**
   * Table and floor: the same ones in every episode, because bodies are used again by their solid.
   */
  private static final List<Solid> ROOM =
      List.of(
          new Solid(List.of(Part.box(Stage.TABLE_CENTRE, Stage.TABLE)), 0, FLAT_FRICTION),
          new Solid(
              List.of(Part.box(new Vector3(0, 0, -0.1), new Vector3(4, 4, 0.1))),
              0,
              FLAT_FRICTION));

  private static World build(Scenario scenario, @Nullable Screen screen, int[] bodies) {
    World world = World.take(Arm.worldFromHand(scenario.joints()), LOWEST, HIGHEST);
    ROOM.forEach(solid -> world.add(solid, RigidTransform.identity()));
    for (int i = 0; i < bodies.length; i++) {
      Thing thing = scenario.things().get(i);
      String base = thing.slidesOn();
      bodies[i] =
          base == null
              ? world.add(thing.prop().solid(), thing.worldFromThing())
              : world.addSliding(
                  thing.prop().solid(),
                  thing.worldFromThing(),
                  bodies[index(scenario, base)],
                  1,
                  thing.open() - DRAWER_WAY,
                  thing.open(),
                  DRAWER_FRICTION);
    }
    if (screen != null) {
      world.add(screen.prop().solid(), screen.worldFromScreen());
    }
    return world;
  }

  /** A screen that hides the named share of the target, to within what the pixels allow. */
  private Screen screen(Scenario scenario) {
    Running bare = begin(scenario, null);
    int target = bare.bodies[index(scenario, scenario.task().targets().get(0))];
    Prop prop = scenario.things().get(index(scenario, scenario.task().targets().get(0))).prop();
    Screen found =
        Screen.hiding(
            scenario, bare.world.pose(target), prop, candidate -> hidden(bare, candidate));
    bare.lease.run();
    return found;
  }

  private double hidden(Running bare, Screen candidate) {
    int id =
        bare.scenario
            .things()
            .get(index(bare.scenario, bare.scenario.task().targets().get(0)))
            .id();
    Camera camera = bare.scenario.camera().of(Screen.MEASURE, Screen.MEASURE);
    Stage stage = new Stage(bare.scenario.look());
    for (int i = 0; i < bare.bodies.length; i++) {
      Thing thing = bare.scenario.things().get(i);
      stage.add(thing.prop(), bare.bodies[i], thing.id());
    }
    stage.follow(bare.world, bare.joints);
    Picture picture = Picture.blank(Screen.MEASURE, Screen.MEASURE);
    renderer.prepare(stage.scene());
    renderer.draw(camera, picture);
    int all = count(picture, id);
    stage.fix(candidate.prop(), candidate.worldFromScreen(), Ids.OTHER);
    renderer.prepare(stage.scene());
    renderer.draw(camera, picture);
    return all == 0 ? 1 : 1 - (double) count(picture, id) / all;
  }

  private static int count(Picture picture, int id) {
    int n = 0;
    for (byte b : picture.ids()) {
      n += (b & 255) == id ? 1 : 0;
    }
    return n;
  }

  private static int index(Scenario scenario, String label) {
    for (int i = 0; i < scenario.things().size(); i++) {
      if (scenario.things().get(i).label().equals(label)) {
        return i;
      }
    }
    throw new IllegalStateException("no thing '" + label + "' in " + scenario.variant().name());
  }

  private Running running() {
    Running r = running;
    if (r == null) {
      throw new IllegalStateException("tabletop: reset it first");
    }
    if (r.owner != Thread.currentThread()) {
      // The engine's spaces belong to the thread that made them.
      World.State state = r.world.save();
      r.world = build(r.scenario, r.screen, r.bodies);
      r.lease.replace(r.world);
      r.world.restore(state);
      r.owner = Thread.currentThread();
    }
    return r;
  }

  /**
   * Goes on by 1/20 s.
   *
   * @param action seven numbers, cut to [-1, 1]
   * @throws IllegalArgumentException if there are not seven finite ones
   * @throws IllegalStateException before {@link #reset}, or when the episode is done
   */
  public Outcome step(double... action) {
    Running r = running();
    if (outcome(r).done()) {
      throw new IllegalStateException(
          "tabletop: " + r.scenario.variant().name() + " is done; reset before the next step");
    }
    r.world.step(action);
    r.joints = Arm.solve(r.world.worldFromHand(), r.joints, 3);
    r.steps++;
    r.holding = goalsMet(r) ? r.holding + 1 : 0;
    r.shots = null;
    return outcome(r);
  }

  private static Outcome outcome(Running r) {
    boolean success = r.holding >= HOLD;
    return new Outcome(r.steps, success, success || r.steps >= r.scenario.task().limit());
  }

  /** How the episode stands. */
  public Outcome outcome() {
    return outcome(running());
  }

  private static boolean goalsMet(Running r) {
    for (Goal goal : r.scenario.task().goals()) {
      if (!met(r, goal)) {
        return false;
      }
    }
    return true;
  }

  private static boolean met(Running r, Goal goal) {
    if (goal instanceof Goal.On on) {
      int thing = index(r.scenario, on.thing());
      Prop support = prop(r, on.support());
      Vector3 p = relative(r, on.thing(), on.support());
      // A lid lies on the walls, in their middle.
      boolean lid = prop(r, on.thing()).kind().equals("lid");
      double room = lid ? 0.02 : support.inside();
      double height = lid ? support.height() - Props.LID_RIM : support.floor();
      return p.x() * p.x() + p.y() * p.y() < room * room
          && Math.abs(p.z() - height) < (lid ? 0.006 : 0.012)
          && !r.world.held(r.bodies[thing]);
    }
    if (goal instanceof Goal.In in) {
      int thing = index(r.scenario, in.thing());
      Prop container = prop(r, in.container());
      Vector3 p = relative(r, in.thing(), in.container());
      double x = Math.min(container.highest().x(), -container.lowest().x());
      return Math.abs(p.x()) < x
          && Math.abs(p.y()) < Math.max(container.inside(), 0.02) + 0.005
          && p.z() > -0.01
          && p.z() < container.height()
          && !r.world.held(r.bodies[thing]);
    }
    if (goal instanceof Goal.Open open) {
      return opened(r, open.drawer()) > 0.09;
    }
    return opened(r, ((Goal.Closed) goal).drawer()) < 0.012;
  }

  private static Prop prop(Running r, String label) {
    return r.scenario.things().get(index(r.scenario, label)).prop();
  }

  private static Vector3 relative(Running r, String thing, String to) {
    RigidTransform a = r.world.pose(r.bodies[index(r.scenario, thing)]);
    RigidTransform b = r.world.pose(r.bodies[index(r.scenario, to)]);
    return b.inverse().apply(a.translation());
  }

  private static double opened(Running r, String drawer) {
    Thing thing = r.scenario.things().get(index(r.scenario, drawer));
    RigidTransform now = r.world.pose(r.bodies[index(r.scenario, drawer)]);
    return thing.open() - thing.worldFromThing().inverse().apply(now.translation()).y();
  }

  /** The words, pictures and numbers that a policy gets now. */
  public Observation observe() {
    Running r = running();
    List<View> views = new ArrayList<>();
    Variant variant = r.scenario.variant();
    for (Shot shot : shots()) {
      Picture p = Noise.on(variant, r.steps, shot);
      Camera camera = Noise.calibration(variant, r.steps, shot);
      views.add(
          View.of(
              shot.name(),
              RgbImage.copyOf(p.width(), p.height(), p.rgb()),
              Optional.of(DepthImage.of(p.depth(), p.width(), p.height())),
              Optional.of(camera)));
    }
    return new Observation(
        views, state(), List.of(worldFromHand()), instruction(), (double) r.steps / RATE);
  }

  /** What the cameras see now, with true instances and without sensor noise: for scoring. */
  public List<Shot> shots() {
    Running r = running();
    List<Shot> known = r.shots;
    if (known == null) {
      r.stage.follow(r.world, r.joints);
      renderer.prepare(r.stage.scene());
      known = new ArrayList<>();
      for (String view : List.of(SCENE_VIEW, WRIST_VIEW)) {
        Camera camera = camera(view);
        Picture picture = Picture.blank(size, size);
        if (view.equals(SCENE_VIEW)) {
          renderer.drawStill(camera, picture);
        } else {
          renderer.draw(camera, picture);
        }
        known.add(new Shot(view, picture, camera));
      }
      r.shots = known;
    }
    return known;
  }

  /** The true camera of a view now. */
  public Camera camera(String view) {
    Running r = running();
    if (view.equals(SCENE_VIEW)) {
      return r.scenario.camera().of(size, size);
    }
    double f = 0.5 * size / StrictMath.tan(WRIST_FIELD / 2);
    return new Camera(
        Intrinsics.of(f, f, size / 2.0, size / 2.0, size, size),
        r.world.worldFromHand().compose(HAND_FROM_WRIST_CAMERA));
  }

  /** What any camera would see now. */
  public Picture render(Camera camera) {
    Running r = running();
    r.stage.follow(r.world, r.joints);
    renderer.prepare(r.stage.scene());
    Picture picture = Picture.blank(camera.intrinsics().width(), camera.intrinsics().height());
    renderer.draw(camera, picture);
    return picture;
  }

  /** LIBERO's state of eight numbers. */
  public float[] state() {
    World world = running().world;
    Vector3 p = world.worldFromHand().translation();
    double[] q = world.handRotation();
    double w = Math.max(-1, Math.min(1, q[3]));
    double s = Math.sqrt(1 - w * w);
    double k = s < 1e-9 ? 0 : 2 * StrictMath.acos(w) / s;
    double[] fingers = world.fingers();
    return new float[] {
      (float) p.x(),
      (float) p.y(),
      (float) p.z(),
      (float) (k * q[0]),
      (float) (k * q[1]),
      (float) (k * q[2]),
      (float) fingers[0],
      (float) fingers[1]
    };
  }

  /** Pose of the hand with its origin at the grip site. */
  public RigidTransform worldFromHand() {
    return running().world.worldFromHand();
  }

  /** The arm's seven joint angles, radians. */
  public double[] joints() {
    return running().joints.clone();
  }

  public Variant variant() {
    return running().scenario.variant();
  }

  public Task task() {
    return running().scenario.task();
  }

  public String instruction() {
    return running().scenario.instruction();
  }

  /** Share of the target that a screen hides from the scene camera; 0 without a screen. */
  public double hidden() {
    Screen screen = running().screen;
    return screen == null ? 0 : screen.hidden();
  }

  @Nullable Screen screen() {
    return running().screen;
  }

  Scenario scenario() {
    return running().scenario;
  }

  /** Whether a goal is so at this very step. */
  boolean met(Goal goal) {
    return met(running(), goal);
  }

  /** Whether all goals are so at this very step. */
  boolean goalsMet() {
    return goalsMet(running());
  }

  /** Where a thing is. */
  RigidTransform pose(String label) {
    Running r = running();
    return r.world.pose(r.bodies[index(r.scenario, label)]);
  }

  double opened(String drawer) {
    return opened(running(), drawer);
  }

  boolean held(String label) {
    Running r = running();
    return r.world.held(r.bodies[index(r.scenario, label)]);
  }

  Prop prop(String label) {
    return prop(running(), label);
  }

  double[] fingers() {
    return running().world.fingers();
  }

  /** An instant of an episode. Immutable. */
  public static final class State {
    private final Scenario scenario;
    private final @Nullable Screen screen;
    private final World.State world;
    private final double[] joints;
    private final int steps;
    private final int holding;

    private State(Running r) {
      scenario = r.scenario;
      screen = r.screen;
      world = r.world.save();
      joints = r.joints.clone();
      steps = r.steps;
      holding = r.holding;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof State b
          && scenario.variant().equals(b.scenario.variant())
          && world.equals(b.world)
          && java.util.Arrays.equals(joints, b.joints)
          && steps == b.steps
          && holding == b.holding;
    }

    @Override
    public int hashCode() {
      return 31 * scenario.variant().hashCode() + world.hashCode();
    }
  }

  /** The instant, to come back to. */
  public State save() {
    return new State(running());
  }

  /** Comes back to an instant of this or another table; what follows has the same bits. */
  public void restore(State state) {
    Running r = running;
    if (r == null || r.scenario != state.scenario) {
      end();
      r = begin(state.scenario, state.screen);
      running = r;
    }
    r = running();
    r.world.restore(state.world);
    r.joints = state.joints.clone();
    r.steps = state.steps;
    r.holding = state.holding;
    r.shots = null;
  }
}
