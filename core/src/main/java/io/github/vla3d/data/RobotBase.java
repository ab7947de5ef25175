package io.github.vla3d.data;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.List;

/**
 * Where a robot stands in the world of its data set. The method works in the frame of the robot's
 * base, so that the same scene has the same coordinates wherever a table stands.
 *
 * @param worldFromBase pose of the base: z up, x forward
 */
public record RobotBase(RigidTransform worldFromBase) {
  /** Data whose world is the base already. */
  public static final RobotBase WORLD = new RobotBase(RigidTransform.identity());

  /** Of LIBERO's scenes on a table, and of those on the floor, metres. */
  private static final List<Vector3> LIBERO =
      List.of(new Vector3(-0.66, 0, 0.912), new Vector3(-0.6, 0, 0));

  /** Where an arm's tool is relative to its base, metres: lower and upper corner. */
  private static final Vector3 REACH_MIN = new Vector3(0.1, -0.9, -0.1);

  private static final Vector3 REACH_MAX = new Vector3(1.2, 0.9, 0.9);

  /**
   * The base in an episode of LIBERO. Its two kinds of scenes differ by 0.9 m in height, so of the
   * two known bases only one has the tool within reach.
   *
   * @throws IllegalArgumentException if the pose of the end-effector is not known, or neither base
   *     fits, or both
   */
  public static RobotBase libero(Observation first) {
    if (first.worldFromEffectors().isEmpty()) {
      throw new IllegalArgumentException(
          "robot base: wanted the pose of an end-effector to tell LIBERO's scenes apart, got none");
    }
    Vector3 tool = first.worldFromEffectors().get(0).translation();
    List<Vector3> fitting = LIBERO.stream().filter(base -> reaches(base, tool)).toList();
    if (fitting.size() != 1) {
      throw new IllegalArgumentException(
          "robot base: wanted one of LIBERO's bases %s with the tool at %s within reach, got %d; say where the base is"
              .formatted(LIBERO, tool, fitting.size()));
    }
    return new RobotBase(RigidTransform.translation(fitting.get(0)));
  }

  private static boolean reaches(Vector3 base, Vector3 tool) {
    Vector3 t = new Vector3(tool.x() - base.x(), tool.y() - base.y(), tool.z() - base.z());
    return t.x() >= REACH_MIN.x()
        && t.x() <= REACH_MAX.x()
        && t.y() >= REACH_MIN.y()
        && t.y() <= REACH_MAX.y()
        && t.z() >= REACH_MIN.z()
        && t.z() <= REACH_MAX.z();
  }

  /** The observation with cameras and end-effectors in the frame of the base. */
  public Observation inBase(Observation observation) {
    RigidTransform baseFromWorld = worldFromBase.inverse();
    return new Observation(
        observation.views().stream().map(view -> inBase(view, baseFromWorld)).toList(),
        observation.state(),
        observation.worldFromEffectors().stream().map(baseFromWorld::compose).toList(),
        observation.instruction(),
        observation.seconds());
  }

  private static View inBase(View view, RigidTransform baseFromWorld) {
    return new View(
        view.name(),
        view.rgb(),
        view.depth(),
        view.camera().map(camera -> moved(camera, baseFromWorld)),
        view.depthCamera().map(camera -> moved(camera, baseFromWorld)));
  }

  private static Camera moved(Camera camera, RigidTransform baseFromWorld) {
    return new Camera(camera.intrinsics(), baseFromWorld.compose(camera.worldFromCamera()));
  }
}
