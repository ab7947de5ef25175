package io.github.vla3d.datasets.view;

import io.github.vla3d.geometry.Vector3;

/**
 * A camera that a person places: it looks at a point of the scene, z up.
 *
 * @param middle that it looks at, metres
 * @param from where it stands
 * @param width of the picture in pixels
 * @param height of the picture in pixels
 */
public record FreeCamera(Vector3 middle, CloudPicture.Viewpoint from, int width, int height) {
  private static final double FIELD_OF_VIEW = Math.toRadians(45);

  /**
   * A place in the picture.
   *
   * @param u pixels from the left
   * @param v pixels from the top
   * @param depth metres in front of the camera; u and v mean nothing unless it is above 0
   * @param metre pixels of a metre at that depth
   */
  public record Place(double u, double v, double depth, double metre) {}

  /** Where a point is seen. */
  public Place see(Vector3 point) {
    Vector3 back = back();
    Vector3 right = new Vector3(-Math.sin(from.azimuth()), Math.cos(from.azimuth()), 0);
    Vector3 up = back.cross(right);
    Vector3 p = point.minus(middle.plus(back.times(from.metres())));
    double z = -p.dot(back);
    double scale = height / 2.0 / Math.tan(FIELD_OF_VIEW / 2) / z;
    return new Place(
        width / 2.0 + scale * p.dot(right), height / 2.0 - scale * p.dot(up), z, scale);
  }

  /** From the middle to the camera. */
  private Vector3 back() {
    return new Vector3(
        Math.cos(from.elevation()) * Math.cos(from.azimuth()),
        Math.cos(from.elevation()) * Math.sin(from.azimuth()),
        Math.sin(from.elevation()));
  }
}
