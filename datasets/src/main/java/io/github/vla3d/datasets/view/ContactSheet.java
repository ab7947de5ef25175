package io.github.vla3d.datasets.view;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.data.ViewTransforms;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An episode on one picture: frames from left to right, and for every camera its colours above its
 * depth. The axes of each end-effector (red x, green y, blue z, 8 cm long) and of the world are
 * drawn in where the camera says they are: if they are off the gripper, the calibration is wrong.
 *
 * <p>Pictures are shown upright. Works without a display.
 */
public final class ContactSheet {
  private static final double AXIS_METRES = 0.08;
  private static final int MARGIN = 4;
  private static final int TITLE = 22;
  private static final Color[] AXES = {
    new Color(230, 60, 50), new Color(60, 200, 70), new Color(70, 110, 255)
  };

  private ContactSheet() {}

  /**
   * Draws the sheet.
   *
   * @param columns frames shown, evenly from the first to the last; at least 1
   * @param cellWidth pixels of one picture's width, at least 32
   */
  public static BufferedImage render(Episode episode, int columns, int cellWidth) {
    if (columns < 1 || cellWidth < 32) {
      throw new IllegalArgumentException(
          "sheet: wanted at least 1 column of 32 pixels, got %d of %d"
              .formatted(columns, cellWidth));
    }
    int shown = Math.min(columns, episode.frames());
    List<BufferedImage> strips = new ArrayList<>();
    for (int c = 0; c < shown; c++) {
      int frame = shown == 1 ? 0 : (int) Math.round(c * (episode.frames() - 1.0) / (shown - 1));
      strips.add(strip(episode.observation(frame), frame, cellWidth));
    }
    int height = strips.stream().mapToInt(BufferedImage::getHeight).max().orElseThrow();
    BufferedImage sheet =
        new BufferedImage(
            shown * (cellWidth + MARGIN) + MARGIN, TITLE + height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    try {
      g.setColor(Color.DARK_GRAY);
      g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
      g.setColor(Color.WHITE);
      g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
      g.drawString(episode.name() + ": " + episode.task(), MARGIN, TITLE - 7);
      for (int c = 0; c < shown; c++) {
        g.drawImage(strips.get(c), MARGIN + c * (cellWidth + MARGIN), TITLE, null);
      }
    } finally {
      g.dispose();
    }
    return sheet;
  }

  private static BufferedImage strip(Observation observation, int frame, int width) {
    List<BufferedImage> cells = new ArrayList<>();
    for (View stored : observation.views()) {
      View view = ViewTransforms.upright(stored);
      BufferedImage colour = scaled(colour(view.rgb()), width);
      label(colour, view.name() + " " + frame);
      view.camera().ifPresent(camera -> axes(colour, camera, observation));
      cells.add(colour);
      view.depth().ifPresent(depth -> cells.add(scaled(depth(depth), width)));
    }
    int height = cells.stream().mapToInt(cell -> cell.getHeight() + MARGIN).sum();
    BufferedImage strip = new BufferedImage(width, Math.max(1, height), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = strip.createGraphics();
    try {
      int y = 0;
      for (BufferedImage cell : cells) {
        g.drawImage(cell, 0, y, null);
        y += cell.getHeight() + MARGIN;
      }
    } finally {
      g.dispose();
    }
    return strip;
  }

  private static BufferedImage colour(RgbImage picture) {
    BufferedImage image =
        new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        image.setRGB(
            x, y, picture.at(x, y, 0) << 16 | picture.at(x, y, 1) << 8 | picture.at(x, y, 2));
      }
    }
    return image;
  }

  /** Near is warm and far is cold, between the 2nd and the 98th percentile; none is black. */
  private static BufferedImage depth(DepthImage depth) {
    float[] metres = depth.toArray();
    float[] sorted = new float[metres.length];
    int n = 0;
    for (float z : metres) {
      if (z > 0) {
        sorted[n++] = z;
      }
    }
    Arrays.sort(sorted, 0, n);
    float near = n == 0 ? 0 : sorted[n / 50];
    float far = n == 0 ? 1 : sorted[n - 1 - n / 50];
    BufferedImage image =
        new BufferedImage(depth.width(), depth.height(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < metres.length; i++) {
      if (metres[i] > 0) {
        float share = (metres[i] - near) / Math.max(1e-6f, far - near);
        float hue = 0.66f * Math.max(0, Math.min(1, share));
        image.setRGB(i % depth.width(), i / depth.width(), Color.HSBtoRGB(hue, 0.85f, 0.95f));
      }
    }
    return image;
  }

  private static BufferedImage scaled(BufferedImage picture, int width) {
    int height =
        Math.max(1, (int) Math.round((double) width * picture.getHeight() / picture.getWidth()));
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    try {
      g.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
      g.drawImage(picture, 0, 0, width, height, null);
    } finally {
      g.dispose();
    }
    return image;
  }

  private static void label(BufferedImage image, String text) {
    Graphics2D g = image.createGraphics();
    try {
      g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
      g.setColor(Color.BLACK);
      g.drawString(text, 5, 13);
      g.setColor(Color.WHITE);
      g.drawString(text, 4, 12);
    } finally {
      g.dispose();
    }
  }

  private static void axes(BufferedImage image, Camera camera, Observation observation) {
    Graphics2D g = image.createGraphics();
    try {
      g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      g.setStroke(new BasicStroke(2));
      double scale = (double) image.getWidth() / camera.intrinsics().width();
      axes(g, camera, RigidTransform.identity(), scale);
      for (RigidTransform effector : observation.worldFromEffectors()) {
        axes(g, camera, effector, scale);
      }
    } finally {
      g.dispose();
    }
  }

  private static void axes(Graphics2D g, Camera camera, RigidTransform pose, double scale) {
    Camera.Projection origin = camera.project(pose.translation());
    for (int axis = 0; axis < 3; axis++) {
      Vector3 direction =
          new Vector3(
              axis == 0 ? AXIS_METRES : 0,
              axis == 1 ? AXIS_METRES : 0,
              axis == 2 ? AXIS_METRES : 0);
      Camera.Projection end = camera.project(pose.apply(direction));
      if (origin.depth() > 0 && end.depth() > 0) {
        g.setColor(AXES[axis]);
        g.drawLine(
            (int) Math.round(scale * origin.pixel().u()),
            (int) Math.round(scale * origin.pixel().v()),
            (int) Math.round(scale * end.pixel().u()),
            (int) Math.round(scale * end.pixel().v()));
      }
    }
  }
}
