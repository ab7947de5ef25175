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

  /**
   * The base in an episode whose data set does not say: the world itself if the tool is within the
   * workspace there, else the one of LIBERO's two bases that has it there. These differ by 0.9 m in
   * height, so no tool is within reach of both.
   *
   * @param first the first observation of the episode
   * @param min lower corner of the workspace in the frame of the base, metres
   * @param max upper corner
   * @throws IllegalArgumentException if the pose of the end-effector is not known, or no base fits
   */
  public static RobotBase detect(Observation first, Vector3 min, Vector3 max) {
    if (first.worldFromEffectors().isEmpty()) {
      throw new IllegalArgumentException(
          "robot base: wanted the pose of an end-effector, got none");
    }
    Vector3 tool = first.worldFromEffectors().get(0).translation();
    if (within(tool, new Vector3(0, 0, 0), min, max)) {
      return WORLD;
    }
    for (Vector3 base : LIBERO) {
      if (within(tool, base, min, max)) {
        return new RobotBase(RigidTransform.translation(base));
      }
    }
    throw new IllegalArgumentException(
        ("robot base: wanted the tool within the workspace %s to %s of the world or of one of LIBERO's"
                + " bases, got it at %s; say where the base is")
            .formatted(min, max, tool));
  }

  private static boolean within(Vector3 tool, Vector3 base, Vector3 min, Vector3 max) {
    double x = tool.x() - base.x();
    double y = tool.y() - base.y();
    double z = tool.z() - base.z();
    return x >= min.x()
        && x <= max.x()
        && y >= min.y()
        && y <= max.y()
        && z >= min.z()
        && z <= max.z();
  }

  /** The observation with cameras and end-effectors in the frame of the base. */
  public Observation inBase(Observation observation) {
    RigidTransform baseFromWorld = worldFromBase.inverse();
    return new Observation(
        observation.views().stream().map(view -> inBase(view, baseFromWorld)).toList(),
        observation.state(),
        observation.worldFromEffectors().stream().map(baseFromWorld::compose).toList(),
        observation.instruction(),
        observation.seconds(),
        observation.joints());
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
