package io.github.vla3d.geometry;

/** What a camera knows of a world point. */
public enum Visibility {
  /** In the picture, and nothing nearer in the depth map. */
  VISIBLE,
  /** In the picture, behind something. */
  OCCLUDED,
  /** In the picture, where the depth map has no value. */
  UNKNOWN,
  /** Behind the camera or beside the picture. */
  OUTSIDE
}
