package io.github.vla3d.training;

import io.github.vla3d.plot.Line;
import io.github.vla3d.plot.Panel;
import io.github.vla3d.plot.Plot;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * All numbers of all steps in {@code losses.csv} (stage, step, name, value), and their curves as a
 * picture. A step that is trained again after a stop replaces the earlier one in the curves.
 */
public final class LossLog implements AutoCloseable {
  private static final String HEADER = "stage,step,name,value";

  private final Path csv;
  private final BufferedWriter writer;

  /**
   * @param folder that has the log, or gets it
   * @throws IOException if it cannot be written
   */
  public LossLog(Path folder) throws IOException {
    Files.createDirectories(folder);
    this.csv = folder.resolve("losses.csv");
    boolean fresh = !Files.exists(csv);
    this.writer =
        Files.newBufferedWriter(csv, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    if (fresh) {
      writer.write(HEADER);
      writer.newLine();
    }
  }

  /** Adds the numbers of a step. */
  public void add(String stage, long step, Map<String, Double> values) throws IOException {
    for (Map.Entry<String, Double> value : values.entrySet()) {
      writer.write(
          String.format(Locale.ROOT, "%s,%d,%s,%s", stage, step, value.getKey(), value.getValue()));
      writer.newLine();
    }
    writer.flush();
  }

  /** Draws the losses, a panel each. */
  public void draw(Path picture) throws IOException {
    writer.flush();
    Map<String, Map<String, TreeMap<Long, Double>>> curves = new LinkedHashMap<>();
    for (String row : Files.readAllLines(csv)) {
      String[] cells = row.split(",", -1);
      if (!row.equals(HEADER)
          && cells.length == 4
          && !cells[2].equals("rate")
          && !cells[2].startsWith("time.")) {
        curves
            .computeIfAbsent(cells[2], name -> new TreeMap<>())
            .computeIfAbsent("stage " + cells[0], stage -> new TreeMap<>())
            .put(Long.parseLong(cells[1]), Double.parseDouble(cells[3]));
      }
    }
    List<Panel> panels = new ArrayList<>();
    curves.forEach(
        (name, stages) -> {
          List<Line> lines = new ArrayList<>();
          stages.forEach(
              (stage, points) ->
                  lines.add(
                      new Line(
                          stage,
                          points.keySet().stream().mapToDouble(Long::doubleValue).toArray(),
                          points.values().stream().mapToDouble(Double::doubleValue).toArray(),
                          Line.Style.SOLID)));
          panels.add(new Panel(name, "step", "", lines));
        });
    new Plot("training", panels, 3).write(picture);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
