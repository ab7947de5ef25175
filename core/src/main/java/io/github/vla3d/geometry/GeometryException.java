package io.github.vla3d.geometry;

/** What is wrong with a camera, a transform, a depth map or a cloud, in one line. */
public final class GeometryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public GeometryException(String message) {
    super(message);
  }
}
