package io.github.vla3d.cli.scene;

import io.github.vla3d.agent.SeenView;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.torch.nn.Taps;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is drawn over the picture of a view, and its feature maps. */
final class ViewPanels {
  private static final int DIM = 120;

  private final SceneShot shot;
  private final int width;

  /**
   * @param width of a panel in pixels
   */
  ViewPanels(SceneShot shot, int width) {
    this.shot = shot;
    this.width = width;
  }

  int height(int view) {
    RgbImage picture = shot.views().get(view).source().rgb();
    return Math.max(1, Math.round((float) width * picture.height() / picture.width()));
  }

  private double scale(int view) {
    return (double) width / shot.views().get(view).source().rgb().width();
  }

  private BufferedImage picture(int view, boolean dimmed) {
    RgbImage picture = shot.views().get(view).source().rgb();
    BufferedImage small =
        new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        int r = picture.at(x, y, 0);
        int g = picture.at(x, y, 1);
        int b = picture.at(x, y, 2);
        if (dimmed) {
          // Grey and dark, so that coloured marks stand out.
          int grey = (r + 2 * g + b) / 4 * DIM / 255 + 10;
          r = grey;
          g = grey;
          b = grey;
        }
        small.setRGB(x, y, r << 16 | g << 8 | b);
      }
    }
    BufferedImage image = new BufferedImage(width, height(view), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = Ink.on(image);
    try {
      g.drawImage(small, 0, 0, width, height(view), null);
    } finally {
      g.dispose();
    }
    return image;
  }

  // ---------------------------------------- masks and boxes

  /** The picture with masks and boxes of the instances. */
  BufferedImage instances(int view) {
    BufferedImage image = picture(view, false);
    boolean[] filled = new boolean[image.getWidth() * image.getHeight()];
    for (int i = 0; i < shot.instances().size(); i++) {
      mask(image, view, i, filled);
    }
    Graphics2D g = Ink.on(image);
    try {
      int last = shot.config().sizes().decoderLayers() - 1;
      Taps.Tap boxes = shot.taps().get("layer" + last + ".boxes");
      Taps.Tap valid = shot.taps().get("layer" + last + ".head_valid");
      for (int i = 0; i < shot.instances().size(); i++) {
        SceneShot.Instance one = shot.instances().get(i);
        if (valid.at(0, view, one.probe()) > 0) {
          box(g, view, boxes, one, Ink.of(i));
        }
      }
    } finally {
      g.dispose();
    }
    return image;
  }

  /** Light inside, strong along the edge; where masks overlap, the surest one's colour. */
  private void mask(BufferedImage image, int view, int instance, boolean[] filled) {
    ImageTransform toTower = shot.views().get(view).transform();
    Color colour = Ink.of(instance);
    int height = image.getHeight();
    double scale = scale(view);
    boolean[] inside = new boolean[width * height];
    for (int i = 0; i < inside.length; i++) {
      Pixel p = toTower.apply(new Pixel((i % width + 0.5) / scale, (i / width + 0.5) / scale));
      inside[i] = masked(instance, view, p.u() / toTower.width(), p.v() / toTower.height());
    }
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (inside[y * width + x]) {
          boolean edge =
              x > 1
                  && y > 1
                  && x < width - 2
                  && y < height - 2
                  && !(inside[y * width + x - 2]
                      && inside[y * width + x + 2]
                      && inside[(y - 2) * width + x]
                      && inside[(y + 2) * width + x]);
          double share = edge ? 0.85 : filled[y * width + x] ? 0 : 0.25;
          image.setRGB(x, y, mixed(image.getRGB(x, y), colour, share));
          filled[y * width + x] = true;
        }
      }
    }
  }

  private boolean masked(int instance, int view, double u, double v) {
    Taps.Tap masks = shot.masks();
    int rows = masks.size(2);
    int columns = masks.size(3);
    if (!(u >= 0 && u < 1 && v >= 0 && v < 1)) {
      return false;
    }
    // Bilinear between the middles of the cells, as completion reads them.
    double x = Math.max(0, Math.min(columns - 1.0, u * columns - 0.5));
    double y = Math.max(0, Math.min(rows - 1.0, v * rows - 0.5));
    int left = (int) x;
    int top = (int) y;
    int right = Math.min(columns - 1, left + 1);
    int bottom = Math.min(rows - 1, top + 1);
    double fx = x - left;
    double fy = y - top;
    double logit =
        (1 - fy)
                * ((1 - fx) * masks.at(instance, view, top, left)
                    + fx * masks.at(instance, view, top, right))
            + fy
                * ((1 - fx) * masks.at(instance, view, bottom, left)
                    + fx * masks.at(instance, view, bottom, right));
    return logit > 0;
  }

  private static int mixed(int rgb, Color colour, double share) {
    int r = (int) Math.round((1 - share) * (rgb >> 16 & 255) + share * colour.getRed());
    int g = (int) Math.round((1 - share) * (rgb >> 8 & 255) + share * colour.getGreen());
    int b = (int) Math.round((1 - share) * (rgb & 255) + share * colour.getBlue());
    return r << 16 | g << 8 | b;
  }

  private void box(Graphics2D g, int view, Taps.Tap boxes, SceneShot.Instance one, Color colour) {
    ImageTransform toTower = shot.views().get(view).transform();
    ImageTransform back = toTower.inverse();
    double[] box = new double[4];
    for (int k = 0; k < 4; k++) {
      box[k] = boxes.at(0, view, one.probe(), k);
    }
    double[] xs = {box[0] - box[2] / 2, box[0] + box[2] / 2};
    double[] ys = {box[1] - box[3] / 2, box[1] + box[3] / 2};
    Pixel a = back.apply(new Pixel(xs[0] * toTower.width(), ys[0] * toTower.height()));
    Pixel b = back.apply(new Pixel(xs[1] * toTower.width(), ys[1] * toTower.height()));
    double scale = scale(view);
    double left = scale * Math.min(a.u(), b.u());
    double top = scale * Math.min(a.v(), b.v());
    double right = scale * Math.max(a.u(), b.u());
    double bottom = scale * Math.max(a.v(), b.v());
    g.setColor(colour);
    g.setStroke(
        one.isToken()
            ? new BasicStroke(2.5f)
            : new BasicStroke(
                2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {6, 4}, 0));
    g.draw(new java.awt.geom.Rectangle2D.Double(left, top, right - left, bottom - top));
    Ink.tag(
        g,
        String.format(Locale.ROOT, "%d  %.2f", one.number(), one.score()),
        Math.max(0, Math.min(width - 50, left)),
        Math.max(0, Math.min(height(view) - 15, top - 15)),
        colour);
  }

  // ---------------------------------------- probes

  /** The ways of the probes over the darkened picture. */
  BufferedImage probes(int view) {
    BufferedImage image = picture(view, true);
    SeenView seen = shot.views().get(view);
    Graphics2D g = Ink.on(image);
    try {
      Camera camera = seen.source().camera().orElse(null);
      if (camera == null) {
        g.setColor(Color.WHITE);
        g.setFont(Ink.font(13));
        g.drawString("no camera: the view counts as absent", 8, 20);
        return image;
      }
      for (int q = 0; q < shot.probes().size(); q++) {
        if (instance(q) == null) {
          way(g, camera, scale(view), shot.probes().get(q), new Color(235, 235, 235, 130), 2.5);
        }
      }
      for (int i = 0; i < shot.instances().size(); i++) {
        int q = shot.instances().get(i).probe();
        way(g, camera, scale(view), shot.probes().get(q), Ink.of(i), radius(gate(view, q)));
      }
      if (seen.source().depth().isEmpty()) {
        g.setColor(Color.WHITE);
        g.setFont(Ink.font(12));
        g.drawString("no depth in this view", 8, 18);
      }
    } finally {
      g.dispose();
    }
    return image;
  }

  private SceneShot.@Nullable Instance instance(int probe) {
    return shot.instances().stream().filter(one -> one.probe() == probe).findFirst().orElse(null);
  }

  /** Weight of a view for a probe in the last layer, 0 to 1. */
  double gate(int view, int probe) {
    return gate(shot.config().sizes().decoderLayers() - 1, view, probe);
  }

  double gate(int layer, int view, int probe) {
    return shot.taps().get("layer" + layer + ".gate_normalised").at(0, view, probe);
  }

  static double radius(double gate) {
    return 3 + 7 * Math.max(0, Math.min(1, gate));
  }

  private static void way(
      Graphics2D g, Camera camera, double scale, List<Vector3> way, Color colour, double radius) {
    @Nullable Pixel before = null;
    g.setColor(colour);
    for (int i = 0; i < way.size(); i++) {
      Camera.Projection place = camera.project(way.get(i));
      if (!(place.depth() > 0)) {
        before = null;
        continue;
      }
      Pixel here = new Pixel(scale * place.pixel().u(), scale * place.pixel().v());
      if (before != null) {
        g.setStroke(new BasicStroke(1.6f));
        g.draw(new Line2D.Double(before.u(), before.v(), here.u(), here.v()));
      }
      if (i == 0) {
        Ink.ring(g, here.u(), here.v(), 3.5, 1.6f);
      } else if (i < way.size() - 1) {
        Ink.disc(g, here.u(), here.v(), 2);
      } else {
        Ink.disc(g, here.u(), here.v(), radius);
      }
      before = here;
    }
  }

  // ---------------------------------------- features

  /** Tokens of a view as colours, each over its patch. */
  BufferedImage features(int view, PrincipalColours colours) {
    int rows = shot.grid().rows();
    int columns = shot.grid().columns();
    int height = height(view);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    ImageTransform toTower = shot.views().get(view).transform();
    double scale = scale(view);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        Pixel p = toTower.apply(new Pixel((x + 0.5) / scale, (y + 0.5) / scale));
        int column = (int) Math.floor(p.u() / shot.grid().patchWidth());
        int row = (int) Math.floor(p.v() / shot.grid().patchHeight());
        boolean inside = column >= 0 && column < columns && row >= 0 && row < rows;
        @Nullable Color colour = inside ? colours.of((view * rows + row) * columns + column) : null;
        image.setRGB(x, y, colour == null ? 0 : colour.getRGB());
      }
    }
    return image;
  }
}
