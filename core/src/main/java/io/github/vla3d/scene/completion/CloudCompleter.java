package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.Vector3;
import java.util.List;

/** Makes the visible part of an object whole. Deterministic, and safe to use by several threads. */
public interface CloudCompleter extends AutoCloseable {
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

  /**
   * What is seen of an object.
   *
   * @param observed at least one point in the robot's base frame: metres, z up
   * @param camera where the camera stands that shows most of the object
   */
  record Partial(PointCloud observed, Vector3 camera) {}

  /** The dense clouds of several objects, in their order: side by side, if it can do no better. */
  default List<PointCloud> complete(List<Partial> partials) {
    return partials.parallelStream().map(p -> complete(p.observed(), p.camera())).toList();
  }

  /** Frees what it holds. */
  @Override
  default void close() {}
}
