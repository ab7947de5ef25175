package io.github.vla3d.labelling;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.data.ViewTransforms;
import io.github.vla3d.datasets.io.Pictures;
import io.github.vla3d.datasets.view.CloudPicture;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Labels for people: one PNG a frame, with masks, boxes, identities and centres (crosses) in each
 * view, and the clouds of the objects with their centres (large) and the points of their hidden
 * parts (small). An object has one colour over views and frames. Works without a display.
 */
public final class LabelPictures {
  private static final int CELL = 512;
  private static final int TITLE = 24;
  private static final int MARGIN = 4;

  /** Of the objects, metres; what is farther is not drawn. */
  private static final double AROUND = 0.45;

  private static final CloudPicture.Viewpoint VIEWPOINT =
      new CloudPicture.Viewpoint(Math.toRadians(-40), Math.toRadians(40), 1.15);

  /** Far apart on the circle of hues. */
  private static final float HUE_STEP = 0.381966f;

  private LabelPictures() {}

  private record Place(int episode, int frame) {}

  /**
   * Draws frames, spread evenly over those that are labelled.
   *
   * @param wanted episodes; all that are labelled if empty
   * @param count of the frames
   * @param folder for the pictures
   * @return the files
   * @throws DataException if there are no labels
   */
  public static List<Path> draw(
      Path dataset, LabelFolder labels, List<Integer> wanted, int count, Path folder)
      throws IOException {
    List<Path> files = new ArrayList<>();
    try (StoredLabels stored = new StoredLabels(labels);
        Dataset recordings = Recordings.open(dataset, ReadOptions.ALL)) {
      List<Place> places = new ArrayList<>();
      for (int episode : wanted.isEmpty() ? labels.episodes() : wanted) {
        for (int frame = 0; frame < stored.frames(episode); frame++) {
          places.add(new Place(episode, frame));
        }
      }
      if (places.isEmpty()) {
        throw new DataException(
            labels.root().toString(), null, -1, "labels to draw", "no labelled episode");
      }
      int shown = Math.min(count, places.size());
      Files.createDirectories(folder);
      for (int i = 0; i < shown; i++) {
        // From the middle of each stretch: first frames are all alike.
        Place place = places.get((int) ((2L * i + 1) * places.size() / (2L * shown)));
        Episode episode = recordings.episode(place.episode);
        FrameLabels frame = stored.frame(place.episode, place.frame);
        String title = "%s, frame %d: %s".formatted(episode.name(), place.frame, episode.task());
        BufferedImage picture = picture(readable(episode, place.frame), frame, title);
        Path file =
            folder.resolve("episode_%06d_frame_%06d.png".formatted(place.episode, place.frame));
        Path aside = folder.resolve("." + file.getFileName() + ".part");
        Files.write(aside, Pictures.png(picture));
        Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
        files.add(file);
      }
    }
    return files;
  }

  private static Optional<Observation> readable(Episode episode, int frame) {
    try {
      return Optional.of(episode.observation(frame));
    } catch (DataException e) {
      return Optional.empty();
    }
  }

  /** Draws a frame. */
  static BufferedImage picture(Optional<Observation> seen, FrameLabels frame, String title) {
    List<BufferedImage> cells = new ArrayList<>();
    seen.ifPresent(
        observation -> {
          for (View view : observation.views()) {
            cells.add(view(view, frame.labels()));
          }
          cloud(observation, frame.labels()).ifPresent(cells::add);
        });
    int height = cells.stream().mapToInt(BufferedImage::getHeight).max().orElse(CELL / 4);
    BufferedImage sheet =
        new BufferedImage(
            Math.max(1, cells.size()) * (CELL + MARGIN) + MARGIN,
            TITLE + height + MARGIN,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    try {
      g.setColor(Color.DARK_GRAY);
      g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
      g.setColor(Color.WHITE);
      g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
      g.drawString(
          title + (frame.skipped().isEmpty() ? "" : "  [" + frame.skipped() + "]"), MARGIN, 17);
      for (int i = 0; i < cells.size(); i++) {
        g.drawImage(cells.get(i), MARGIN + i * (CELL + MARGIN), TITLE, null);
      }
    } finally {
      g.dispose();
    }
    return sheet;
  }

  private static Color colour(int identity) {
    float hue = Math.floorMod(identity, 1 << 20) * HUE_STEP;
    return Color.getHSBColor(hue - (float) Math.floor(hue), 0.85f, 1);
  }

  /** The picture with the pixels of objects dyed. */
  private static View dyed(View view, List<Label> labels, double share, boolean grey) {
    byte[] rgb = view.rgb().toArray();
    if (grey) {
      for (int i = 0; i < rgb.length; i += 3) {
        int mean = ((rgb[i] & 0xff) + (rgb[i + 1] & 0xff) + (rgb[i + 2] & 0xff)) / 6;
        rgb[i] = rgb[i + 1] = rgb[i + 2] = (byte) mean;
      }
    }
    for (Label label : labels) {
      ObjectMask mask = label.object().masks().get(view.name());
      if (mask == null) {
        continue;
      }
      Color c = colour(label.object().identity());
      int[] dye = {c.getRed(), c.getGreen(), c.getBlue()};
      mask.pixels().stream()
          .forEach(
              i -> {
                for (int k = 0; k < 3; k++) {
                  rgb[3 * i + k] =
                      (byte) (int) ((1 - share) * (rgb[3 * i + k] & 0xff) + share * dye[k]);
                }
              });
    }
    return new View(
        view.name(),
        RgbImage.owning(view.rgb().width(), view.rgb().height(), rgb),
        view.depth(),
        view.camera(),
        view.depthCamera());
  }

  private static BufferedImage view(View stored, List<Label> labels) {
    View view = ViewTransforms.upright(dyed(stored, labels, 0.45, false));
    double scale = (double) CELL / view.rgb().width();
    BufferedImage image =
        new BufferedImage(
            CELL,
            Math.max(1, (int) Math.round(scale * view.rgb().height())),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    try {
      g.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
      g.drawImage(plain(view.rgb()), 0, 0, CELL, image.getHeight(), null);
      g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      g.setStroke(new BasicStroke(1.5f));
      g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 12));
      Map<Integer, BitSet> upright = upright(stored, labels);
      for (Label label : labels) {
        BitSet pixels = upright.get(label.object().identity());
        if (pixels != null) {
          box(g, PixelBox.of(pixels, view.rgb().width()), scale, label.object());
          view.camera().ifPresent(camera -> centre(g, camera, scale, label.object()));
        }
      }
      write(g, view.name(), 5, image.getHeight() - 6, Color.WHITE);
    } finally {
      g.dispose();
    }
    return image;
  }

  /** The masks of a view, turned as the picture is. */
  private static Map<Integer, BitSet> upright(View stored, List<Label> labels) {
    Map<Integer, BitSet> upright = new TreeMap<>();
    for (Label label : labels) {
      ObjectMask mask = label.object().masks().get(stored.name());
      if (mask == null) {
        continue;
      }
      byte[] white = new byte[3 * mask.width() * mask.height()];
      mask.pixels().stream().forEach(i -> white[3 * i] = 1);
      View turned =
          ViewTransforms.upright(
              View.of(
                  stored.name(),
                  RgbImage.owning(mask.width(), mask.height(), white),
                  Optional.empty(),
                  stored.camera()));
      byte[] rgb = turned.rgb().toArray();
      BitSet pixels = new BitSet(rgb.length / 3);
      for (int i = 0; i < rgb.length / 3; i++) {
        pixels.set(i, rgb[3 * i] != 0);
      }
      if (!pixels.isEmpty()) {
        upright.put(label.object().identity(), pixels);
      }
    }
    return upright;
  }

  private static BufferedImage plain(RgbImage picture) {
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

  private static void box(Graphics2D g, PixelBox box, double scale, LabelledObject object) {
    int left = (int) Math.round(scale * box.left());
    int top = (int) Math.round(scale * box.top());
    g.setColor(colour(object.identity()));
    g.drawRect(
        left,
        top,
        (int) Math.round(scale * (box.right() - box.left())),
        (int) Math.round(scale * (box.bottom() - box.top())));
    String text = object.identity() + (object.name().isEmpty() ? "" : " " + object.name());
    if (object.score() < 1) {
      text += " %.2f".formatted(object.score());
    }
    write(g, text, left + 2, Math.max(12, top - 3), colour(object.identity()));
  }

  private static void centre(Graphics2D g, Camera camera, double scale, LabelledObject object) {
    if (object.place().isEmpty()) {
      return;
    }
    Camera.Projection p = camera.project(object.place().get().centroid());
    if (p.depth() > 0) {
      int u = (int) Math.round(scale * p.pixel().u());
      int v = (int) Math.round(scale * p.pixel().v());
      for (int wide = 3; wide >= 1; wide -= 2) {
        g.setStroke(new BasicStroke(wide));
        g.setColor(wide == 3 ? Color.BLACK : Color.WHITE);
        g.drawLine(u - 5, v, u + 5, v);
        g.drawLine(u, v - 5, u, v + 5);
      }
      g.setStroke(new BasicStroke(1.5f));
    }
  }

  private static void write(Graphics2D g, String text, int x, int y, Color colour) {
    g.setColor(Color.BLACK);
    g.drawString(text, x + 1, y + 1);
    g.setColor(colour);
    g.drawString(text, x, y);
  }

  private static Optional<BufferedImage> cloud(Observation seen, List<Label> labels) {
    boolean measured =
        seen.views().stream().anyMatch(v -> v.depth().isPresent() && v.depthCamera().isPresent());
    if (!measured) {
      return Optional.empty();
    }
    List<CloudPicture.Mark> marks = new ArrayList<>();
    for (Label label : labels) {
      int rgb = colour(label.object().identity()).getRGB() & 0xffffff;
      double[] hidden = label.completion();
      for (int i = 0; i + 2 < hidden.length; i += 3) {
        Vector3 at = new Vector3(hidden[i], hidden[i + 1], hidden[i + 2]);
        marks.add(new CloudPicture.Mark(at, 0xffffff, 2));
        marks.add(new CloudPicture.Mark(at, rgb, 1));
      }
      label
          .object()
          .place()
          .ifPresent(
              place -> {
                marks.add(new CloudPicture.Mark(place.centroid(), 0, 5));
                marks.add(new CloudPicture.Mark(place.centroid(), rgb, 4));
              });
    }
    List<Vector3> centres =
        labels.stream()
            .flatMap(label -> label.object().place().stream())
            .map(LabelledObject.Place::centroid)
            .toList();
    Vector3 middle =
        centres.stream()
            .reduce(Vector3.ZERO, Vector3::plus)
            .times(1.0 / Math.max(1, centres.size()));
    List<View> dyed = new ArrayList<>();
    for (View view : seen.views()) {
      View one = dyed(view, labels, 0.7, true);
      dyed.add(centres.isEmpty() ? one : near(one, middle));
    }
    return Optional.of(
        CloudPicture.render(
            new Observation(
                dyed, seen.state(), seen.worldFromEffectors(), seen.instruction(), seen.seconds()),
            VIEWPOINT,
            CELL,
            CELL,
            marks));
  }

  /** The view without what is far from where the objects are. */
  private static View near(View view, Vector3 middle) {
    if (view.depth().isEmpty() || view.depthCamera().isEmpty()) {
      return view;
    }
    DepthImage depth = view.depth().get();
    float[] metres = depth.toArray();
    for (int i = 0; i < metres.length; i++) {
      Pixel pixel = Pixel.centre(i % depth.width(), i / depth.width());
      if (metres[i] > 0
          && view.depthCamera().get().unproject(pixel, metres[i]).distance(middle) > AROUND) {
        metres[i] = 0;
      }
    }
    return new View(
        view.name(),
        view.rgb(),
        Optional.of(DepthImage.of(metres, depth.width(), depth.height())),
        view.camera(),
        view.depthCamera());
  }
}
