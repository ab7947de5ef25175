package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.Dbscan;
import io.github.vla3d.geometry.PointCloud;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all views together show of an instance: the points under its masks, thinned out evenly, of
 * which the largest cluster stays (depth at the border of a mask is often that of something else).
 *
 * @param points in the robot's base frame, metres
 * @param pixels that they stand for
 * @param view that shows most of the instance
 */
public record ObservedCloud(PointCloud points, int pixels, ViewSurface view) {
  /** Edge of the finest grid that thins out, metres. */
  private static final double FINEST = 0.002;

  private static final double COARSER = 1.3;

  /** Pixels that are looked at for each point that is wanted. */
  private static final int PIXELS_PER_POINT = 8;

  /**
   * @param views that are there
   * @param masks one for each of them
   * @param least pixels with depth below which there is no cloud
   * @param most points that are wanted
   * @return null if too little is seen
   */
  public static @Nullable ObservedCloud of(
      List<ViewSurface> views, List<MaskPixels> masks, int least, int most) {
    Pixels pixels = new Pixels();
    ViewSurface shows = views.get(0);
    int largest = -1;
    for (int v = 0; v < views.size(); v++) {
      ViewSurface view = views.get(v);
      MaskPixels mask = masks.get(v);
      if (mask.count() > largest) {
        largest = mask.count();
        shows = view;
      }
      mask.inner((row, column) -> pixels.add(view, row * view.width() + column));
    }
    if (pixels.size < least) {
      return null;
    }
    Thinned thinned = thinned(pixels, most);
    PointCloud cloud = PointCloud.of(thinned.xyz);
    int[] cluster = Dbscan.DEFAULT.cluster(cloud, thinned.spacing).largest();
    int kept = 0;
    for (int i : cluster) {
      kept += thinned.weight[i];
    }
    return kept < least ? null : new ObservedCloud(cloud.select(cluster), kept, shows);
  }

  /** A growing list of measured pixels. */
  private static final class Pixels {
    private double[] xyz = new double[3 * 512];
    private double[] spacing = new double[512];
    private int size;

    void add(ViewSurface view, int pixel) {
      if (!view.isMeasured(pixel)) {
        return;
      }
      if (size == spacing.length) {
        xyz = Arrays.copyOf(xyz, 2 * xyz.length);
        spacing = Arrays.copyOf(spacing, 2 * size);
      }
      System.arraycopy(view.xyz(), 3 * pixel, xyz, 3 * size, 3);
      spacing[size++] = view.spacing(pixel);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // a plain carrier
  private record Thinned(double[] xyz, int[] weight, double spacing) {}

  /** The first point in each cell of the finest grid that has few enough of them. */
  private static Thinned thinned(Pixels all, int most) {
    int step = Math.max(1, all.size / (PIXELS_PER_POINT * most));
    CellSet cells = new CellSet(most);
    double edge = FINEST;
    while (!fill(cells, all, step, edge)) {
      edge *= COARSER;
    }
    double[] xyz = new double[3 * cells.size()];
    int[] weight = new int[cells.size()];
    double[] spacing = new double[cells.size()];
    for (int i = 0; i < weight.length; i++) {
      int pixel = cells.first(i);
      System.arraycopy(all.xyz, 3 * pixel, xyz, 3 * i, 3);
      weight[i] = step * cells.count(i);
      spacing[i] = all.spacing[pixel];
    }
    Arrays.sort(spacing);
    double median = spacing[(spacing.length - 1) / 2];
    return new Thinned(xyz, weight, Math.max(median, edge > FINEST ? edge : 0));
  }

  private static boolean fill(CellSet cells, Pixels all, int step, double edge) {
    cells.clear();
    for (int i = 0; i < all.size; i += step) {
      double x = Math.floor(all.xyz[3 * i] / edge);
      double y = Math.floor(all.xyz[3 * i + 1] / edge);
      double z = Math.floor(all.xyz[3 * i + 2] / edge);
      if (!cells.add((long) x, (long) y, (long) z, i)) {
        return false;
      }
    }
    return true;
  }
}
