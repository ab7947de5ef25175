package io.github.vla3d.data;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.SplittableRandom;

/**
 * Everything in space moved together, by a turn about gravity and a planar shift: points, cameras,
 * end-effectors, state and actions. The pictures stay. To the geometry that is exactly as if the
 * cameras stood elsewhere around another table, without rendering: who reads the place of a thing
 * off the picture is wrong afterwards, who reads it off measured points is right.
 *
 * <p>State and actions are those of LIBERO: state x, y, z of the tool (metres, world of the data
 * set), its orientation as axis times angle, two fingers; action change of x, y, z, change of
 * orientation as a rotation vector that is applied from the left (both along the axes of the world,
 * in units that are the same on all axes), gripper. A turned action may exceed the limit of a
 * single axis, by the root of 2 at most.
 *
 * @param newFromBase where the frame of the robot's base is moved to
 */
public record FrameAugmentation(RigidTransform newFromBase) {
  /** Numbers of LIBERO's state and actions. */
  private static final int STATE = 8;

  private static final int ACTION = 7;

  /** Metres between the tool of the state and the end-effector that are still the same thing. */
  private static final double SAME = 0.02;

  /**
   * Draws one.
   *
   * @param turn greatest turn either way, radians
   * @param shift greatest shift either way along x and along y, metres
   * @param about what the turn is about, in the frame of the base
   */
  public static FrameAugmentation draw(
      double turn, double shift, Vector3 about, SplittableRandom random) {
    double angle = turn * (2 * random.nextDouble() - 1);
    double x = shift * (2 * random.nextDouble() - 1);
    double y = shift * (2 * random.nextDouble() - 1);
    RigidTransform turned =
        RigidTransform.fromAxisAngle(new Vector3(0, 0, angle), new Vector3(0, 0, 0));
    Vector3 stays = about.minus(turned.apply(about));
    return new FrameAugmentation(
        RigidTransform.translation(stays.plus(new Vector3(x, y, 0))).compose(turned));
  }

  /**
   * The observation afterwards.
   *
   * @param observation in the frame of the robot's base, with the state of its data set
   * @param base where the base is in the world of the state
   * @throws IllegalArgumentException if the state is not LIBERO's
   */
  public Observation apply(Observation observation, RobotBase base) {
    return new Observation(
        observation.views().stream().map(this::apply).toList(),
        state(observation, base),
        observation.worldFromEffectors().stream().map(newFromBase::compose).toList(),
        observation.instruction(),
        observation.seconds());
  }

  private View apply(View view) {
    return new View(
        view.name(),
        view.rgb(),
        view.depth(),
        view.camera().map(this::apply),
        view.depthCamera().map(this::apply));
  }

  private Camera apply(Camera camera) {
    return new Camera(camera.intrinsics(), newFromBase.compose(camera.worldFromCamera()));
  }

  private float[] state(Observation observation, RobotBase base) {
    float[] state = observation.state();
    if (state.length != STATE || observation.worldFromEffectors().size() != 1) {
      throw new IllegalArgumentException(
          "augment.frame: wanted LIBERO's state of %d numbers and one end-effector, got %d and %d"
              .formatted(STATE, state.length, observation.worldFromEffectors().size()));
    }
    RigidTransform worldFromBase = base.worldFromBase();
    RigidTransform worldFromWorld =
        worldFromBase.compose(newFromBase).compose(worldFromBase.inverse());
    Vector3 tool = new Vector3(state[0], state[1], state[2]);
    Vector3 effector = worldFromBase.apply(observation.worldFromEffectors().get(0).translation());
    if (!(tool.distance(effector) < SAME)) {
      throw new IllegalArgumentException(
          "augment.frame: wanted a state that begins with the place of the end-effector %s, got %s"
              .formatted(effector, tool));
    }
    Vector3 moved = worldFromWorld.apply(tool);
    Vector3 turned = turned(worldFromWorld, new Vector3(state[3], state[4], state[5]));
    return new float[] {
      (float) moved.x(),
      (float) moved.y(),
      (float) moved.z(),
      (float) turned.x(),
      (float) turned.y(),
      (float) turned.z(),
      state[6],
      state[7]
    };
  }

  /**
   * An orientation as axis times angle, turned from the left. LIBERO's angles go up to 2 pi, with
   * the sign that the simulator's quaternion happens to have; it is kept, so that a small turn is a
   * small change.
   */
  private static Vector3 turned(RigidTransform by, Vector3 axisAngle) {
    double[] a = by.quaternion();
    double angle = axisAngle.norm();
    double s = angle < 1e-9 ? 0.5 : Math.sin(angle / 2) / angle;
    double[] b = {s * axisAngle.x(), s * axisAngle.y(), s * axisAngle.z(), Math.cos(angle / 2)};
    double x = a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1];
    double y = a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0];
    double z = a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3];
    double w = a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2];
    double sine = Math.sqrt(x * x + y * y + z * z);
    double factor = sine < 1e-9 ? 0 : 2 * Math.atan2(sine, w) / sine;
    return new Vector3(factor * x, factor * y, factor * z);
  }

  /**
   * Actions afterwards.
   *
   * @param actions in the robot's units
   * @throws IllegalArgumentException if they are not LIBERO's
   */
  public ActionChunks.Chunk apply(ActionChunks.Chunk actions, RobotBase base) {
    RigidTransform worldFromBase = base.worldFromBase();
    RigidTransform turn = worldFromBase.compose(newFromBase).compose(worldFromBase.inverse());
    float[][] turned = new float[actions.actions().length][];
    for (int i = 0; i < turned.length; i++) {
      float[] action = actions.actions()[i].clone();
      if (action.length != ACTION) {
        throw new IllegalArgumentException(
            "augment.frame: wanted LIBERO's actions of %d numbers, got %d"
                .formatted(ACTION, action.length));
      }
      for (int at = 0; at < 6; at += 3) {
        Vector3 v = turn.rotate(new Vector3(action[at], action[at + 1], action[at + 2]));
        action[at] = (float) v.x();
        action[at + 1] = (float) v.y();
        action[at + 2] = (float) v.z();
      }
      turned[i] = action;
    }
    return new ActionChunks.Chunk(turned, actions.padded());
  }
}
