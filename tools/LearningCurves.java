import io.github.vla3d.plot.Line;
import io.github.vla3d.plot.Panel;
import io.github.vla3d.plot.Plot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws the curves of docs/method-learning.md: OUT.png NAME=CSV ..., CSVs as LearningRun writes
 * them. Run with the plot module on the class path.
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
        List<String> rows = Files.readAllLines(Path.of(arguments[i].substring(equals + 1)));
        int at = List.of(rows.get(0).split(",")).indexOf(column);
        double[] x = rows.stream().skip(1).mapToDouble(r -> number(r, 0)).toArray();
        double[] y = rows.stream().skip(1).mapToDouble(r -> number(r, at)).toArray();
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
