package io.github.vla3d.cli.scene;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Pixel;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** What the method makes of each view, as single pictures that others lay out. */
public final class ScenePictures {
  private static final double DIAMOND = 4.5;

  private ScenePictures() {}

  /**
   * One view.
   *
   * @param name of the view
   * @param instances the picture with masks and boxes
   * @param probes the darkened picture with ways of probes and, as diamonds, completion points
   */
  public record Panels(String name, BufferedImage instances, BufferedImage probes) {}

  /**
   * Draws all views.
   *
   * @param width of each picture, pixels
   */
  public static List<Panels> of(SceneShot shot, int width) {
    ViewPanels panels = new ViewPanels(shot, width);
    List<Panels> all = new ArrayList<>();
    for (int view = 0; view < shot.views().size(); view++) {
      BufferedImage probes = panels.probes(view);
      diamonds(shot, view, probes);
      all.add(new Panels(shot.views().get(view).source().name(), panels.instances(view), probes));
    }
    return List.copyOf(all);
  }

  private static void diamonds(SceneShot shot, int view, BufferedImage image) {
    Camera camera = shot.views().get(view).source().camera().orElse(null);
    if (camera == null) {
      return;
    }
    double scale = (double) image.getWidth() / shot.views().get(view).source().rgb().width();
    Graphics2D g = Ink.on(image);
    try {
      for (SceneShot.Hidden hidden : shot.hidden()) {
        Camera.Projection place = camera.project(hidden.point());
        if (place.depth() > 0) {
          Pixel p = place.pixel();
          Path2D diamond = diamond(scale * p.u(), scale * p.v());
          g.setColor(Ink.of(hidden.nearest()));
          g.fill(diamond);
          g.setColor(Color.WHITE);
          g.draw(diamond);
        }
      }
    } finally {
      g.dispose();
    }
  }

  private static Path2D diamond(double x, double y) {
    Path2D path = new Path2D.Double();
    path.moveTo(x, y - DIAMOND);
    path.lineTo(x + DIAMOND, y);
    path.lineTo(x, y + DIAMOND);
    path.lineTo(x - DIAMOND, y);
    path.closePath();
    return path;
  }

  /** Weight of a view for an instance in the last layer, 0 to 1. */
  public static double weight(SceneShot shot, int view, SceneShot.Instance instance) {
    return new ViewPanels(shot, 1).gate(view, instance.probe());
  }

  /** Colour of an instance, as in all pictures. */
  public static Color colour(SceneShot.Instance instance) {
    return Ink.of(instance.number() - 1);
  }
}
