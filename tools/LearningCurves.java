import io.github.vla3d.plot.Line;
import io.github.vla3d.plot.Panel;
import io.github.vla3d.plot.Plot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws the curves of docs/method-learning.md: OUT.png NAME=CSV,CSV... ..., CSVs as LearningRun
 * writes them. Of several behind one name, with the same steps, the mean is drawn. Run with the
 * plot module on the class path.
 */
public final class LearningCurves {
  private static final List<String> COLUMNS =
      List.of(
          "loss",
          "centroid_within_2cm",
          "iou_over_half",
          "both",
          "identity_switches",
          "retrieval_within_5cm");

  public static void main(String[] arguments) throws IOException {
    List<Panel> panels = new ArrayList<>();
    for (String column : COLUMNS) {
      List<Line> lines = new ArrayList<>();
      for (int i = 1; i < arguments.length; i++) {
        int equals = arguments[i].indexOf('=');
        List<double[]> seeds = new ArrayList<>();
        double[] x = {};
        for (String file : arguments[i].substring(equals + 1).split(",")) {
          List<String> rows = Files.readAllLines(Path.of(file));
          int at = List.of(rows.get(0).split(",")).indexOf(column);
          x = rows.stream().skip(1).mapToDouble(r -> number(r, 0)).toArray();
          seeds.add(rows.stream().skip(1).mapToDouble(r -> number(r, at)).toArray());
        }
        double[] y = new double[x.length];
        for (int j = 0; j < x.length; j++) {
          int row = j;
          y[j] = seeds.stream().mapToDouble(seed -> seed[row]).average().orElseThrow();
        }
        lines.add(new Line(arguments[i].substring(0, equals), x, y, Line.Style.SOLID));
      }
      panels.add(new Panel(column.replace('_', ' '), "steps", column, lines));
    }
    new Plot("Unseen scenes and camera poses, preset tiny", panels, 2)
        .write(Path.of(arguments[0]));
  }

  private static double number(String row, int column) {
    return Double.parseDouble(row.split(",")[column]);
  }
}
