package io.github.vla3d.data.doctor;

/** What can be wrong with the geometry of a recording, and what to do about it. */
public enum FaultKind {
  CAMERA_INVERTED("the stored pose maps world to camera: invert it, or declare it as such"),
  OPENGL_AXES("the camera has the axes of OpenGL (y up, z backward): negate columns 1 and 2"),
  DEPTH_UNIT("the depth is in another unit than metres: multiply it"),
  RAY_DISTANCE(
      "the depth is the distance along the ray: divide it by the length of K^-1 (u, v, 1)"),
  Z_BUFFER("the depth is the renderer's buffer: z = near / (1 - d (1 - near / far))"),
  UPSIDE_DOWN("the picture is upside down against its camera: reverse its rows, or transform K"),
  MIRRORED("the picture is mirrored against its camera: mirror it back, or transform K"),
  OTHER_RESOLUTION("the intrinsics are those of another picture size: scale K"),
  TRANSPOSED(
      "the rotation of the pose is transposed: transpose it (row-major against column-major)"),
  VIEWS_SWAPPED("the pictures of two cameras are exchanged: exchange their names"),
  QUATERNION_ORDER("a quaternion was read in another order (x y z w against w x y z)"),
  WRIST_FROZEN(
      "the camera moves but its pose or its picture stands still: record it at every step"),
  OUT_OF_TIME("pictures, pose and state are of different times: shift them against each other"),
  HALF_PIXEL(
      "the principal point seems half a pixel off: centres of pixels at integers or at halves?"),
  INCONSISTENT(
      "its depth and pose contradict the other views, and no known fault explains it: calibrate again");

  private final String remedy;

  FaultKind(String remedy) {
    this.remedy = remedy;
  }

  /** What to do, in one line. */
  public String remedy() {
    return remedy;
  }
}
