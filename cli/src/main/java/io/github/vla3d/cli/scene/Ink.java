package io.github.vla3d.cli.scene;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Colours, letters and small marks that all parts of the picture share. */
final class Ink {
  static final Color PAPER = Color.WHITE;
  static final Color TEXT = new Color(30, 30, 34);
  static final Color QUIET = new Color(105, 105, 112);
  static final Color DARK = new Color(24, 26, 30);
  static final Color WARNING = new Color(190, 30, 20);

  /** Okabe and Ito's colours, lightened where they are drawn over pictures; then evenly spaced. */
  private static final List<Color> COLOURS =
      List.of(
          new Color(0xE69F00),
          new Color(0x56B4E9),
          new Color(0x00B383),
          new Color(0xF0E442),
          new Color(0x3D8BFF),
          new Color(0xFF6A13),
          new Color(0xE07BC0));

  private Ink() {}

  /** Of an instance. */
  static Color of(int index) {
    return index < COLOURS.size()
        ? COLOURS.get(index)
        : Color.getHSBColor((index - COLOURS.size()) * 0.618f % 1, 0.55f, 0.95f);
  }

  static Color faded(Color colour, int alpha) {
    return new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), alpha);
  }

  static Font font(int size) {
    return new Font(Font.SANS_SERIF, Font.PLAIN, size);
  }

  static Font bold(int size) {
    return new Font(Font.SANS_SERIF, Font.BOLD, size);
  }

  static Graphics2D on(BufferedImage image) {
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    return g;
  }

  static void disc(Graphics2D g, double x, double y, double radius) {
    g.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
  }

  static void ring(Graphics2D g, double x, double y, double radius, float width) {
    g.setStroke(new BasicStroke(width));
    g.draw(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
  }

  /** A word on a ground of its colour, readable on any picture. */
  static void tag(Graphics2D g, String text, double x, double y, Color colour) {
    g.setFont(bold(12));
    int width = g.getFontMetrics().stringWidth(text) + 6;
    g.setColor(colour);
    g.fillRect((int) x, (int) y, width, 15);
    g.setColor(Color.BLACK);
    g.drawString(text, (int) x + 3, (int) y + 12);
  }

  /** Breaks a text into lines of at most so many pixels. */
  static List<String> wrapped(Graphics2D g, String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (line.length() > 0 && g.getFontMetrics().stringWidth(line + " " + word) > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
