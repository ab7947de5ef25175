package io.github.vla3d.labelling;

import io.github.vla3d.data.DataException;
import io.github.vla3d.datasets.io.Parquet;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/** The Parquet tables of an episode: frames, masks and objects. See docs/labels.md. */
final class EpisodeTables {
  private static final String FRAMES = "frames";
  private static final String MASKS = "masks";
  private static final String OBJECTS = "objects";

  private static final Map<String, String> COLUMNS =
      Map.of(
          FRAMES,
          "frame INTEGER, objects INTEGER, skipped VARCHAR, input VARCHAR",
          MASKS,
          "frame INTEGER, \"view\" VARCHAR, instance INTEGER, name VARCHAR, score DOUBLE, \"left\""
              + " INTEGER, top INTEGER, \"right\" INTEGER, bottom INTEGER, width INTEGER, height"
              + " INTEGER, runs INTEGER[]",
          OBJECTS,
          "frame INTEGER, instance INTEGER, name VARCHAR, score DOUBLE, x DOUBLE, y DOUBLE, z"
              + " DOUBLE, extent_x DOUBLE, extent_y DOUBLE, extent_z DOUBLE, unobserved DOUBLE,"
              + " completion DOUBLE[]");

  private EpisodeTables() {}

  private static Path file(Path folder, String table) {
    return folder.resolve(table + ".parquet");
  }

  /**
   * Writes all tables. The same labels give the same bytes.
   *
   * @throws DataException if they cannot be written
   */
  static void write(Path folder, List<FrameLabels> frames) {
    try (Parquet parquet = new Parquet()) {
      for (String table : List.of(FRAMES, MASKS, OBJECTS)) {
        Path file = file(folder, table);
        parquet.execute(file, "CREATE TABLE " + table + " (" + COLUMNS.get(table) + ")");
        try (DuckDBAppender rows =
            ((DuckDBConnection) parquet.connection()).createAppender("main", table)) {
          for (FrameLabels frame : frames) {
            append(rows, table, frame);
          }
        } catch (SQLException e) {
          throw new DataException(
              file.toString(), null, -1, "a table to be written", "" + e.getMessage(), e);
        }
        parquet.execute(
            file,
            "COPY %s TO %s (FORMAT parquet, COMPRESSION zstd)"
                .formatted(table, Parquet.literal(file.toString())));
      }
    }
  }

  private static void append(DuckDBAppender rows, String table, FrameLabels frame)
      throws SQLException {
    switch (table) {
      case FRAMES ->
          rows.beginRow()
              .append(frame.frame())
              .append(frame.labels().size())
              .append(frame.skipped())
              .append(frame.input())
              .endRow();
      case MASKS -> {
        for (Label label : frame.labels()) {
          masks(rows, frame.frame(), label.object());
        }
      }
      default -> {
        for (Label label : frame.labels()) {
          object(rows, frame.frame(), label);
        }
      }
    }
  }

  private static void masks(DuckDBAppender rows, int frame, LabelledObject object)
      throws SQLException {
    // In an order of its own: a teacher's map may have another one every time.
    for (Map.Entry<String, ObjectMask> entry : new TreeMap<>(object.masks()).entrySet()) {
      ObjectMask mask = entry.getValue();
      if (mask.area() == 0) {
        continue;
      }
      PixelBox box = PixelBox.of(mask.pixels(), mask.width());
      rows.beginRow()
          .append(frame)
          .append(entry.getKey())
          .append(object.identity())
          .append(object.name())
          .append(object.score())
          .append(box.left())
          .append(box.top())
          .append(box.right())
          .append(box.bottom())
          .append(mask.width())
          .append(mask.height())
          .append(RunLengths.of(mask))
          .endRow();
    }
  }

  private static void object(DuckDBAppender rows, int frame, Label label) throws SQLException {
    LabelledObject object = label.object();
    rows.beginRow()
        .append(frame)
        .append(object.identity())
        .append(object.name())
        .append(object.score());
    if (object.place().isPresent()) {
      Vector3 centroid = object.place().get().centroid();
      Vector3 extent = object.place().get().extent();
      rows.append(centroid.x()).append(centroid.y()).append(centroid.z());
      rows.append(extent.x()).append(extent.y()).append(extent.z());
    } else {
      for (int i = 0; i < 6; i++) {
        rows.appendNull();
      }
    }
    if (label.unobserved().isPresent()) {
      rows.append(label.unobserved().getAsDouble());
    } else {
      rows.appendNull();
    }
    rows.append(label.completion()).endRow();
  }

  /** A row of masks. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier
  private record MaskRow(int frame, String view, int instance, int width, int height, int[] runs) {
    static MaskRow of(ResultSet row) throws SQLException {
      return new MaskRow(
          row.getInt(1),
          row.getString(2),
          row.getInt(3),
          row.getInt(4),
          row.getInt(5),
          integers(row.getArray(6)));
    }
  }

  private static int[] integers(Array array) throws SQLException {
    Object[] values = (Object[]) array.getArray();
    int[] integers = new int[values.length];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = ((Number) values[i]).intValue();
    }
    return integers;
  }

  private static double[] doubles(Array array) throws SQLException {
    Object[] values = (Object[]) array.getArray();
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = ((Number) values[i]).doubleValue();
    }
    return doubles;
  }

  /** A row of objects, still without masks. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier
  private record ObjectRow(
      int frame,
      int instance,
      String name,
      double score,
      Optional<LabelledObject.Place> place,
      OptionalDouble unobserved,
      double[] completion) {
    static ObjectRow of(ResultSet row) throws SQLException {
      double[] p = new double[6];
      boolean known = true;
      for (int i = 0; i < p.length; i++) {
        p[i] = row.getDouble(5 + i);
        known &= !row.wasNull();
      }
      double unobserved = row.getDouble(11);
      boolean seen = !row.wasNull();
      return new ObjectRow(
          row.getInt(1),
          row.getInt(2),
          row.getString(3),
          row.getDouble(4),
          known
              ? Optional.of(
                  new LabelledObject.Place(
                      new Vector3(p[0], p[1], p[2]), new Vector3(p[3], p[4], p[5])))
              : Optional.empty(),
          seen ? OptionalDouble.of(unobserved) : OptionalDouble.empty(),
          doubles(row.getArray(12)));
    }
  }

  private record FrameRow(int frame, String skipped, String input) {}

  /** The tables of an episode in memory, with the masks still as runs. */
  static final class Episode {
    private final Path folder;
    private final List<FrameRow> frames;
    private final Map<Integer, List<MaskRow>> masks = new HashMap<>();
    private final Map<Integer, List<ObjectRow>> objects = new HashMap<>();
    private long bytes;

    /**
     * Reads them.
     *
     * @throws DataException if a table is missing or damaged
     */
    Episode(Parquet parquet, Path folder) {
      this.folder = folder;
      this.frames =
          parquet.rows(
              file(folder, FRAMES),
              List.of("frame", "skipped", "input"),
              "256",
              Parquet.Rows.ALL,
              row -> new FrameRow(row.getInt(1), row.getString(2), row.getString(3)));
      for (int i = 0; i < frames.size(); i++) {
        if (frames.get(i).frame != i) {
          throw new DataException(
              file(folder, FRAMES).toString(), "frame", i, "frame " + i, "" + frames.get(i).frame);
        }
      }
      for (MaskRow row :
          parquet.rows(
              file(folder, MASKS),
              List.of("frame", "\"view\"", "instance", "width", "height", "runs"),
              "4 * len(runs) + 64",
              Parquet.Rows.ALL,
              MaskRow::of)) {
        masks.computeIfAbsent(row.frame, f -> new ArrayList<>()).add(row);
        bytes += 4L * row.runs.length + 64;
      }
      for (ObjectRow row :
          parquet.rows(
              file(folder, OBJECTS),
              List.of(
                  "frame",
                  "instance",
                  "name",
                  "score",
                  "x",
                  "y",
                  "z",
                  "extent_x",
                  "extent_y",
                  "extent_z",
                  "unobserved",
                  "completion"),
              "8 * len(completion) + 256",
              Parquet.Rows.ALL,
              ObjectRow::of)) {
        objects.computeIfAbsent(row.frame, f -> new ArrayList<>()).add(row);
        bytes += 8L * row.completion.length + 256;
      }
    }

    int frames() {
      return frames.size();
    }

    /** About what it takes in memory. */
    long bytes() {
      return bytes + 256L * frames.size();
    }

    FrameLabels frame(int number) {
      Map<Integer, Map<String, ObjectMask>> shown = new HashMap<>();
      for (MaskRow row : masks.getOrDefault(number, List.of())) {
        try {
          shown
              .computeIfAbsent(row.instance, i -> new LinkedHashMap<>())
              .put(row.view, RunLengths.mask(row.width, row.height, row.runs));
        } catch (IllegalArgumentException e) {
          throw new DataException(
              file(folder, MASKS).toString(), "runs", number, "a mask", "" + e.getMessage(), e);
        }
      }
      List<Label> labels = new ArrayList<>();
      for (ObjectRow row : objects.getOrDefault(number, List.of())) {
        labels.add(
            new Label(
                new LabelledObject(
                    row.instance,
                    row.name,
                    row.score,
                    shown.getOrDefault(row.instance, Map.of()),
                    row.place),
                row.unobserved,
                row.completion));
      }
      FrameRow row = frames.get(number);
      return new FrameLabels(number, labels, row.skipped, row.input);
    }

    /** Frame and reason of each skipped frame. */
    Map<Integer, String> skipped() {
      Map<Integer, String> skipped = new LinkedHashMap<>();
      frames.stream()
          .filter(row -> !row.skipped.isEmpty())
          .forEach(row -> skipped.put(row.frame, row.skipped));
      return skipped;
    }
  }
}
