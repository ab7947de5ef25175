package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.Vector3;

/** Makes the visible part of an object whole. Deterministic, and safe to use by several threads. */
public interface CloudCompleter {
  /** Most observed points that it makes use of: what is handed over is thinned out to it. */
  int mostPoints();

  /**
   * The dense cloud of the whole object.
   *
   * @param observed at least one point in the robot's base frame: metres, z up
   * @param camera where the camera stands that shows most of the object
   * @return points of the surface in the same frame, observed or not
   */
  PointCloud complete(PointCloud observed, Vector3 camera);
}
