package io.github.vla3d.datasets.view;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Vector3;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The coloured points of all calibrated views together, seen from a free viewpoint. Sound cameras
 * make one scene of them; a wrong one makes two.
 */
public final class CloudPicture {
  private static final int BACKGROUND = new Color(24, 26, 30).getRGB();

  private CloudPicture() {}

  /**
   * Where to look from: around the middle of the points, z up.
   *
   * @param azimuth radians about z, 0 looks along -x from +x
   * @param elevation radians above the horizon
   * @param metres distance from the middle
   */
  public record Viewpoint(double azimuth, double elevation, double metres) {
    /** From the front, half above. */
    public static final Viewpoint DEFAULT =
        new Viewpoint(Math.toRadians(-50), Math.toRadians(35), 1.6);

    public Viewpoint {
      if (!(metres > 0) || !(Math.abs(elevation) < Math.PI / 2)) {
        throw new IllegalArgumentException(
            "viewpoint: wanted a distance above 0 and an elevation below a right angle, got "
                + metres
                + " and "
                + elevation);
      }
    }
  }

  /**
   * A point that is drawn in front of everything.
   *
   * @param at in the world, metres
   * @param colour red, green, blue, eight bits each
   * @param reach pixels to each side
   */
  public record Mark(Vector3 at, int colour, int reach) {}

  /**
   * Draws the points.
   *
   * @throws IllegalArgumentException if no view has depth and a camera
   */
  public static BufferedImage render(
      Observation observation, Viewpoint from, int width, int height) {
    return render(observation, from, width, height, List.of());
  }

  /** As above, with marks. */
  public static BufferedImage render(
      Observation observation, Viewpoint from, int width, int height, List<Mark> marks) {
    double[][] points = points(observation);
    if (points[0].length == 0) {
      throw new IllegalArgumentException("cloud: wanted a view with depth and camera, got none");
    }
    Vector3 middle = new Vector3(median(points[0]), median(points[1]), median(points[2]));
    return render(points, new FreeCamera(middle, from, width, height), point -> true, marks);
  }

  /**
   * Draws some of the points.
   *
   * @param keep which points
   */
  public static BufferedImage render(
      Observation observation, FreeCamera camera, Predicate<Vector3> keep) {
    return render(points(observation), camera, keep, List.of());
  }

  private static BufferedImage render(
      double[][] points, FreeCamera camera, Predicate<Vector3> keep, List<Mark> marks) {
    int width = camera.width();
    int height = camera.height();
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    double[] nearest = new double[width * height];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, BACKGROUND);
    }
    for (int i = 0; i < points[0].length + marks.size(); i++) {
      @Nullable Mark mark = i < points[0].length ? null : marks.get(i - points[0].length);
      Vector3 point =
          mark == null ? new Vector3(points[0][i], points[1][i], points[2][i]) : mark.at;
      FreeCamera.Place place = camera.see(point);
      double z = place.depth();
      if (z < 0.05 || (mark == null && !keep.test(point))) {
        continue;
      }
      int u = (int) Math.floor(place.u());
      int v = (int) Math.floor(place.v());
      int reach =
          mark == null
              ? (int) Math.max(1, Math.min(3, Math.round(0.003 * place.metre())))
              : mark.reach;
      int colour = mark == null ? (int) points[3][i] : mark.colour;
      for (int y = Math.max(0, v - reach); y <= Math.min(height - 1, v + reach); y++) {
        for (int x = Math.max(0, u - reach); x <= Math.min(width - 1, u + reach); x++) {
          if (mark != null || z < nearest[y * width + x]) {
            nearest[y * width + x] = mark == null ? z : 0;
            image.setRGB(x, y, colour);
          }
        }
      }
    }
    return image;
  }

  /** x, y, z and colour of all points. */
  private static double[][] points(Observation observation) {
    int most = 0;
    for (View view : observation.views()) {
      most += view.rgb().width() * view.rgb().height();
    }
    double[][] points = new double[4][most];
    int n = 0;
    for (View view : observation.views()) {
      if (view.depth().isEmpty() || view.depthCamera().isEmpty()) {
        continue;
      }
      DepthImage depth = view.depth().get();
      Camera camera = view.depthCamera().get();
      for (int row = 0; row < depth.height(); row++) {
        for (int column = 0; column < depth.width(); column++) {
          float z = depth.at(column, row);
          if (z > 0) {
            Vector3 p = camera.unproject(Pixel.centre(column, row), z);
            points[0][n] = p.x();
            points[1][n] = p.y();
            points[2][n] = p.z();
            points[3][n++] =
                view.rgb().at(column, row, 0) << 16
                    | view.rgb().at(column, row, 1) << 8
                    | view.rgb().at(column, row, 2);
          }
        }
      }
    }
    for (int i = 0; i < 4; i++) {
      points[i] = Arrays.copyOf(points[i], n);
    }
    return points;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
