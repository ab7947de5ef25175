package io.github.vla3d.cli.scene;

import io.github.vla3d.agent.SeenView;
import io.github.vla3d.datasets.view.CloudPicture;
import io.github.vla3d.datasets.view.FreeCamera;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.scene.config.SceneConfig;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.List;

/** The scene from a free viewpoint: measured points, probes, completion points, end-effector. */
final class SpacePanel {
  private static final double AXIS_METRES = 0.1;
  private static final double MARGIN_METRES = 0.25;
  private static final Color[] AXES = {
    new Color(240, 80, 70), new Color(80, 215, 90), new Color(110, 150, 255)
  };

  private final SceneShot shot;
  private final FreeCamera camera;

  SpacePanel(SceneShot shot, CloudPicture.Viewpoint from, int width, int height) {
    this.shot = shot;
    double[] centre = shot.config().workspace().centre();
    // The table is at the bottom of the box, and so is all that there is to see.
    double floor = shot.config().workspace().min().get(2);
    this.camera =
        new FreeCamera(
            new Vector3(centre[0], centre[1], (centre[2] + 2 * floor) / 3), from, width, height);
  }

  BufferedImage render() {
    SceneConfig.Workspace box = shot.config().workspace();
    BufferedImage image =
        CloudPicture.render(
            shot.observation(),
            camera,
            p ->
                within(p.x(), box.min().get(0), box.max().get(0))
                    && within(p.y(), box.min().get(1), box.max().get(1))
                    && within(p.z(), box.min().get(2), box.max().get(2)));
    Graphics2D g = Ink.on(image);
    try {
      workspace(g, box);
      for (SeenView view : shot.views()) {
        view.camera().ifPresent(c -> viewpoint(g, view.source().name(), c.worldFromCamera()));
      }
      List<Integer> own = shot.instances().stream().map(SceneShot.Instance::probe).toList();
      for (int q = 0; q < shot.probes().size(); q++) {
        if (!own.contains(q)) {
          way(g, shot.probes().get(q), new Color(235, 235, 235, 120), 2.5);
        }
      }
      for (SceneShot.Hidden one : shot.hidden()) {
        diamond(g, one.point(), Ink.of(one.nearest()));
      }
      for (int i = 0; i < own.size(); i++) {
        way(g, shot.probes().get(own.get(i)), Ink.of(i), 7);
      }
      numbers(g);
      for (RigidTransform effector : shot.observation().worldFromEffectors()) {
        effector(g, effector);
      }
    } finally {
      g.dispose();
    }
    return image;
  }

  private static boolean within(double x, double min, double max) {
    return x > min - MARGIN_METRES && x < max + MARGIN_METRES;
  }

  private void line(Graphics2D g, Vector3 a, Vector3 b) {
    FreeCamera.Place from = camera.see(a);
    FreeCamera.Place to = camera.see(b);
    if (from.depth() > 0.05 && to.depth() > 0.05) {
      g.draw(new Line2D.Double(from.u(), from.v(), to.u(), to.v()));
    }
  }

  private void workspace(Graphics2D g, SceneConfig.Workspace box) {
    g.setColor(new Color(150, 155, 165, 130));
    g.setStroke(
        new BasicStroke(
            1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {4, 4}, 0));
    for (int corner = 0; corner < 8; corner++) {
      for (int axis = 0; axis < 3; axis++) {
        if ((corner >> axis & 1) == 0) {
          line(g, corner(box, corner), corner(box, corner | 1 << axis));
        }
      }
    }
  }

  private static Vector3 corner(SceneConfig.Workspace box, int corner) {
    double[] p = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      p[axis] = ((corner >> axis & 1) == 0 ? box.min() : box.max()).get(axis);
    }
    return new Vector3(p[0], p[1], p[2]);
  }

  /** A small pyramid. */
  private void viewpoint(Graphics2D g, String name, RigidTransform worldFromCamera) {
    g.setColor(new Color(255, 255, 255, 190));
    g.setStroke(new BasicStroke(1.2f));
    Vector3 eye = worldFromCamera.translation();
    Vector3[] corners = new Vector3[4];
    for (int i = 0; i < 4; i++) {
      corners[i] =
          worldFromCamera.apply(
              new Vector3(i == 0 || i == 3 ? -0.035 : 0.035, i < 2 ? -0.035 : 0.035, 0.06));
    }
    for (int i = 0; i < 4; i++) {
      line(g, eye, corners[i]);
      line(g, corners[i], corners[(i + 1) % 4]);
    }
    FreeCamera.Place place = camera.see(eye);
    if (place.depth() > 0.05) {
      g.setFont(Ink.font(11));
      g.drawString(
          name,
          (float) place.u() - g.getFontMetrics().stringWidth(name) - 8,
          (float) place.v() - 12);
    }
  }

  private void way(Graphics2D g, List<Vector3> way, Color colour, double radius) {
    g.setColor(colour);
    g.setStroke(new BasicStroke(1.6f));
    for (int i = 1; i < way.size(); i++) {
      line(g, way.get(i - 1), way.get(i));
    }
    FreeCamera.Place start = camera.see(way.get(0));
    FreeCamera.Place end = camera.see(way.get(way.size() - 1));
    if (start.depth() > 0.05) {
      Ink.ring(g, start.u(), start.v(), 3.5, 1.6f);
    }
    if (end.depth() > 0.05) {
      Ink.disc(g, end.u(), end.v(), radius);
    }
  }

  private void numbers(Graphics2D g) {
    g.setFont(Ink.bold(11));
    g.setColor(Color.BLACK);
    for (SceneShot.Instance one : shot.instances()) {
      FreeCamera.Place place = camera.see(one.point());
      if (place.depth() > 0.05) {
        String text = "" + one.number();
        g.drawString(
            text,
            (float) (place.u() - g.getFontMetrics().stringWidth(text) / 2.0),
            (float) place.v() + 4);
      }
    }
  }

  private void diamond(Graphics2D g, Vector3 point, Color colour) {
    FreeCamera.Place place = camera.see(point);
    if (place.depth() > 0.05) {
      diamond(g, place.u(), place.v(), colour);
    }
  }

  /** The mark of a completion point. */
  static void diamond(Graphics2D g, double x, double y, Color colour) {
    Path2D shape = new Path2D.Double();
    shape.moveTo(x, y - 6);
    shape.lineTo(x + 5, y);
    shape.lineTo(x, y + 6);
    shape.lineTo(x - 5, y);
    shape.closePath();
    g.setColor(colour);
    g.fill(shape);
    g.setColor(Color.WHITE);
    g.setStroke(new BasicStroke(1.3f));
    g.draw(shape);
  }

  private void effector(Graphics2D g, RigidTransform pose) {
    g.setStroke(new BasicStroke(3));
    for (int axis = 0; axis < 3; axis++) {
      g.setColor(AXES[axis]);
      line(
          g,
          pose.translation(),
          pose.apply(
              new Vector3(
                  axis == 0 ? AXIS_METRES : 0,
                  axis == 1 ? AXIS_METRES : 0,
                  axis == 2 ? AXIS_METRES : 0)));
    }
    FreeCamera.Place place = camera.see(pose.translation());
    if (place.depth() > 0.05) {
      g.setColor(Color.WHITE);
      Ink.ring(g, place.u(), place.v(), 5, 1.5f);
      g.setFont(Ink.bold(12));
      g.drawString("end-effector", (float) place.u() + 10, (float) place.v() - 8);
    }
  }
}
