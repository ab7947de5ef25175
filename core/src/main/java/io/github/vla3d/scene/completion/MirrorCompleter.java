package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.Vector3;
import java.util.Arrays;

/**
 * Takes the far side of an object for the mirror image of its near side, in the vertical plane
 * through the centroid of what is observed, perpendicular to the view ray. Needs no weights, and
 * never invents points above or below the object.
 */
public final class MirrorCompleter implements CloudCompleter {
  /** About 5 mm apart on an object of 15 cm. */
  private static final int POINTS = 1024;

  /** Horizontal part of the view ray, metres, below which it names no direction. */
  private static final double STRAIGHT_DOWN = 1e-6;

  @Override
  public int mostPoints() {
    return POINTS;
  }

  /** The observed points, then their images; no images where the camera looks straight down. */
  @Override
  public PointCloud complete(PointCloud observed, Vector3 camera) {
    Vector3 centroid = observed.centroid();
    Vector3 ray = centroid.minus(camera);
    double length = Math.hypot(ray.x(), ray.y());
    if (length < STRAIGHT_DOWN) {
      return observed;
    }
    double nx = ray.x() / length;
    double ny = ray.y() / length;
    double[] near = observed.toArray();
    double[] all = Arrays.copyOf(near, 2 * near.length);
    for (int i = 0; i < near.length; i += 3) {
      double across = (near[i] - centroid.x()) * nx + (near[i + 1] - centroid.y()) * ny;
      all[near.length + i] = near[i] - 2 * across * nx;
      all[near.length + i + 1] = near[i + 1] - 2 * across * ny;
      all[near.length + i + 2] = near[i + 2];
    }
    return PointCloud.of(all);
  }
}
