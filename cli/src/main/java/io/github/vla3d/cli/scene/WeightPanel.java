package io.github.vla3d.cli.scene;

import io.github.vla3d.torch.nn.Taps;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/** Numbers of the gates and of the routing as tables of shaded cells. */
final class WeightPanel {
  private static final int ROW = 22;
  private static final int HEAD = 62;
  private static final int NAME = 92;
  private static final Color LOW = new Color(240, 243, 248);
  private static final Color HIGH = new Color(20, 80, 160);

  private final SceneShot shot;
  private final ViewPanels views;
  private final int width;

  WeightPanel(SceneShot shot, ViewPanels views, int width) {
    this.shot = shot;
    this.views = views;
    this.width = width;
  }

  int height() {
    return HEAD + ROW * Math.max(1, shot.instances().size()) + 6;
  }

  // ---------------------------------------- gates of views

  /** How much each view counts for each instance, layer by layer. */
  BufferedImage gates() {
    BufferedImage image = paper();
    Graphics2D g = Ink.on(image);
    try {
      int layers = shot.config().sizes().decoderLayers();
      int count = shot.views().size();
      int cell = Math.min(64, (width - NAME - 12 * count) / (count * layers));
      for (int view = 0; view < count; view++) {
        int left = NAME + view * (layers * cell + 12);
        g.setColor(Ink.TEXT);
        g.setFont(Ink.bold(13));
        g.drawString(shot.views().get(view).source().name(), left, 20);
        g.setFont(Ink.font(11));
        for (int layer = 0; layer < layers; layer++) {
          g.setColor(Ink.QUIET);
          g.drawString(
              cell < 50 ? "" + (layer + 1) : "layer " + (layer + 1),
              left + layer * cell + 4,
              HEAD - 8);
          for (int i = 0; i < shot.instances().size(); i++) {
            int probe = shot.instances().get(i).probe();
            boolean seen = shot.taps().get("layer" + layer + ".valid").at(0, view, probe) > 0;
            cell(
                g,
                left + layer * cell,
                HEAD + i * ROW,
                cell,
                seen ? views.gate(layer, view, probe) : Double.NaN,
                cell >= 34);
          }
        }
      }
      names(g);
    } finally {
      g.dispose();
    }
    return image;
  }

  // ---------------------------------------- routing

  /** Which completion points each instance reads, and how much of them it takes in. */
  BufferedImage routing() {
    BufferedImage image = paper();
    Graphics2D g = Ink.on(image);
    try {
      List<SceneShot.Hidden> hidden = shot.hidden();
      String without =
          !shot.config().variant().routes()
              ? "variant " + shot.config().variant() + " of the method has no routing"
              : hidden.isEmpty() ? "no completion points: no instance is hidden enough" : "";
      if (!without.isEmpty() || !shot.taps().has("routing.weights")) {
        g.setColor(Ink.QUIET);
        g.setFont(Ink.font(14));
        g.drawString(without.isEmpty() ? "nothing was routed" : without, 8, HEAD);
        return image;
      }
      Taps.Tap weights = shot.taps().get("routing.weights");
      int cell = Math.min(30, (width - NAME - 140) / hidden.size());
      // The words above the weights need room even where there are few points.
      int right = NAME + Math.max(210, hidden.size() * cell) + 10;
      g.setColor(Ink.TEXT);
      g.setFont(Ink.bold(13));
      g.drawString("weights of completion points", NAME, 20);
      g.drawString("unsure", right, 20);
      g.drawString("gate", right + 66, 20);
      for (int j = 0; j < hidden.size(); j++) {
        SpacePanel.diamond(
            g, NAME + j * cell + cell / 2.0, HEAD - 14, Ink.of(hidden.get(j).nearest()));
      }
      for (int i = 0; i < shot.instances().size(); i++) {
        SceneShot.Instance one = shot.instances().get(i);
        int slot = one.number() - 1;
        for (int j = 0; j < hidden.size(); j++) {
          double sum = 0;
          for (int head = 0; head < weights.size(1); head++) {
            sum += weights.at(0, head, slot, hidden.get(j).slot());
          }
          cell(g, NAME + j * cell, HEAD + i * ROW, cell, sum / weights.size(1), cell >= 26);
        }
        cell(g, right, HEAD + i * ROW, 56, 1 - one.score(), true);
        cell(g, right + 66, HEAD + i * ROW, 56, one.gate(), true);
      }
      names(g);
    } finally {
      g.dispose();
    }
    return image;
  }

  // ---------------------------------------- parts

  private BufferedImage paper() {
    BufferedImage image = new BufferedImage(width, height(), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(Ink.PAPER);
    g.fillRect(0, 0, width, height());
    g.dispose();
    return image;
  }

  private void names(Graphics2D g) {
    for (int i = 0; i < shot.instances().size(); i++) {
      int y = HEAD + i * ROW + ROW / 2;
      g.setColor(Ink.of(i));
      Ink.disc(g, 14, y, 8);
      g.setColor(Color.BLACK);
      g.setFont(Ink.bold(11));
      String number = "" + shot.instances().get(i).number();
      g.drawString(number, 14 - g.getFontMetrics().stringWidth(number) / 2, y + 4);
      g.setColor(Ink.TEXT);
      g.setFont(Ink.font(12));
      g.drawString("probe " + shot.instances().get(i).probe(), 27, y + 4);
    }
  }

  /** NaN is drawn as not there. */
  private static void cell(Graphics2D g, int x, int y, int size, double value, boolean written) {
    if (Double.isNaN(value)) {
      g.setColor(new Color(225, 225, 225));
      g.drawLine(x + 3, y + ROW / 2, x + size - 5, y + ROW / 2);
      return;
    }
    double share = Math.max(0, Math.min(1, value));
    g.setColor(
        new Color(
            (int) (LOW.getRed() + share * (HIGH.getRed() - LOW.getRed())),
            (int) (LOW.getGreen() + share * (HIGH.getGreen() - LOW.getGreen())),
            (int) (LOW.getBlue() + share * (HIGH.getBlue() - LOW.getBlue()))));
    g.fillRect(x, y, size - 2, ROW - 2);
    if (written && value >= 0.005) {
      g.setColor(share > 0.5 ? Color.WHITE : Ink.TEXT);
      g.setFont(Ink.font(11));
      String text = String.format(Locale.ROOT, "%.2f", value);
      g.drawString(
          size < 32 ? text.substring(1) : text,
          x + (size - 2 - g.getFontMetrics().stringWidth(size < 32 ? text.substring(1) : text)) / 2,
          y + 14);
    }
  }
}
