package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.view.ContactSheet;
import io.github.vla3d.tabletop.Keys;
import io.github.vla3d.tabletop.Tabletop;
import io.github.vla3d.tabletop.Take;
import io.github.vla3d.tabletop.Task;
import io.github.vla3d.tabletop.Tasks;
import io.github.vla3d.tabletop.Variant;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vla3d tabletop play}: an episode as a moving picture and a contact sheet. */
@Command(
    name = "play",
    mixinStandardHelpOptions = true,
    description = {
      "Plays an episode with the scripted expert, or with actions from a file, and draws it.",
      "Episodes are named task#number, or task@dimension.kind.severity#number when perturbed, for"
          + " example bowl_on_plate@camera.orbit.3#17. 'all' draws each task's beginning and end."
    })
final class TabletopPlayCommand extends DocumentCommand {
  private static final int LINE = 18;
  private static final Font CAPTION = new Font(Font.SANS_SERIF, Font.PLAIN, 11);

  @Option(
      names = "--episode",
      paramLabel = "NAME",
      defaultValue = "bowl_on_plate#0",
      description = "Which episode, or 'all' (default: ${DEFAULT-VALUE}).")
  private String episode = "";

  @Option(
      names = "--actions",
      paramLabel = "FILE",
      description = "Instead of the expert: a line of seven numbers for each step.")
  private @Nullable Path actions;

  @Option(
      names = "--keys",
      paramLabel = "SCRIPT",
      description = {
        "Instead of the expert: keys, for example '12w 10f g 8.'; @FILE reads them from a file.",
        "w s a d r f move (forwards, back, left, right, up, down), i k j l u o turn, capital"
            + " letters farther; g closes or opens the gripper, . waits, a number repeats."
      })
  private @Nullable String keys;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "224",
      description = "Of the pictures (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "Folder for the pictures.")
  private Path out = Path.of(".");

  TabletopPlayCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    System.setProperty("java.awt.headless", "true");
    Files.createDirectories(out);
    if (episode.equals("all")) {
      return all();
    }
    Variant variant = Variant.parse(episode);
    Tabletop table = new Tabletop(size);
    List<double[]> script = script();
    Take take = script.isEmpty() ? Take.play(table, variant) : Take.play(table, variant, script);
    List<BufferedImage> frames = new ArrayList<>();
    for (int f = 0; f < take.frames(); f += 2) {
      frames.add(pair(take.observation(f)));
    }
    String name = variant.name().replace('#', '_').replace('@', '_').replace('.', '_');
    Path moving = out.resolve(name + ".gif");
    Gif.write(moving, frames, 2 * 100 / Tabletop.RATE);
    Path sheet = out.resolve(name + ".png");
    ImageIO.write(ContactSheet.render(take, 6, size), "png", sheet.toFile());
    output.line("%s: %s", variant.name(), take.task());
    output.line("%s after %d steps", take.success() ? "success" : "no success", take.frames());
    output.line("%s%n%s", moving, sheet);
    ObjectNode document = new ObjectMapper().createObjectNode();
    document
        .put("episode", variant.name())
        .put("instruction", take.task())
        .put("success", take.success())
        .put("steps", take.frames())
        .put("hidden", table.hidden());
    document.putArray("written").add(moving.toString()).add(sheet.toString());
    output.json(document);
    return 0;
  }

  /** What was asked for in place of the expert; empty if nothing was. */
  private List<double[]> script() throws IOException {
    Path rows = actions;
    String letters = keys;
    if (rows != null && letters != null) {
      throw new IllegalArgumentException("play: wanted --actions or --keys, got both");
    }
    if (letters != null) {
      return Keys.actions(
          letters.startsWith("@") ? Files.readString(Path.of(letters.substring(1))) : letters);
    }
    return rows == null ? List.of() : read(rows);
  }

  private static List<double[]> read(Path script) throws IOException {
    List<double[]> rows = new ArrayList<>();
    for (String line : Files.readAllLines(script, StandardCharsets.UTF_8)) {
      if (line.isBlank()) {
        continue;
      }
      String[] words = line.trim().split("[\\s,]+", -1);
      if (words.length != 7) {
        throw new IllegalArgumentException(
            "%s, line %d: wanted 7 numbers, got %d"
                .formatted(script, rows.size() + 1, words.length));
      }
      double[] row = new double[7];
      for (int i = 0; i < 7; i++) {
        row[i] = Double.parseDouble(words[i]);
      }
      rows.add(row);
    }
    if (rows.isEmpty()) {
      throw new IllegalArgumentException(script + ": wanted a line for each step, got none");
    }
    return rows;
  }

  static BufferedImage picture(RgbImage rgb) {
    BufferedImage image = new BufferedImage(rgb.width(), rgb.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < rgb.height(); y++) {
      for (int x = 0; x < rgb.width(); x++) {
        image.setRGB(x, y, rgb.at(x, y, 0) << 16 | rgb.at(x, y, 1) << 8 | rgb.at(x, y, 2));
      }
    }
    return image;
  }

  /** Both views side by side. */
  static BufferedImage pair(Observation observation) {
    List<View> views = observation.views();
    int width = views.get(0).rgb().width();
    BufferedImage image =
        new BufferedImage(
            width * views.size(), views.get(0).rgb().height(), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    for (int i = 0; i < views.size(); i++) {
      g.drawImage(picture(views.get(i).rgb()), i * width, 0, null);
    }
    g.dispose();
    return image;
  }

  private int all() throws IOException {
    List<Task> tasks = Tasks.all();
    int columns = 3;
    int rows = (tasks.size() + columns - 1) / columns;
    BufferedImage sheet =
        new BufferedImage(
            columns * (2 * size + 8), rows * (size + LINE + 6), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setColor(Color.DARK_GRAY);
    g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    int done = 0;
    try (Progress progress = new Progress("play", "tasks", tasks.size())) {
      for (int i = 0; i < tasks.size(); i++) {
        Take take = Take.play(new Tabletop(size), Variant.nominal(tasks.get(i).name(), 0));
        done += take.success() ? 1 : 0;
        int x = i % columns * (2 * size + 8) + 4;
        int y = i / columns * (size + LINE + 6);
        g.setColor(Color.WHITE);
        g.setFont(CAPTION);
        int wide = g.getFontMetrics().stringWidth(take.task());
        if (wide > 2 * size) {
          g.setFont(CAPTION.deriveFont(CAPTION.getSize2D() * (2 * size - 24) / wide));
        }
        g.setClip(x, y, 2 * size, LINE);
        g.drawString(take.task(), x, y + LINE - 5);
        g.setClip(null);
        g.drawImage(picture(take.observation(0).views().get(0).rgb()), x, y + LINE, null);
        Observation last = take.observation(take.frames() - 1);
        g.drawImage(picture(last.views().get(0).rgb()), x + size, y + LINE, null);
        progress.advance(1);
      }
    }
    g.dispose();
    Path file = out.resolve("tabletop.png");
    ImageIO.write(sheet, "png", file.toFile());
    output.line("%d of %d tasks done%n%s", done, tasks.size(), file);
    ObjectNode document = new ObjectMapper().createObjectNode();
    document.put("tasks", tasks.size()).put("successes", done);
    document.putArray("written").add(file.toString());
    output.json(document);
    return 0;
  }
}
