package io.github.vla3d.labelling;

import io.github.vla3d.datasets.io.Parquet;
import io.github.vla3d.datasets.io.Pictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Takes the depth of a frame away. */
final class DamagedDepth {
  private DamagedDepth() {}

  static void blacken(Path data, int episode, int frame) throws IOException {
    Path table;
    try (var walk = Files.walk(data.resolve("data"))) {
      table = walk.filter(p -> p.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    Path changed = table.resolveSibling("changed.parquet");
    byte[] black =
        Pictures.png16(
            new short[FakeRecordings.SIDE * FakeRecordings.SIDE],
            FakeRecordings.SIDE,
            FakeRecordings.SIDE);
    try (Parquet parquet = new Parquet()) {
      parquet.execute(
          table, "CREATE TABLE t AS SELECT * FROM " + Parquet.literal(table.toString()));
      try (PreparedStatement update =
          parquet
              .connection()
              .prepareStatement(
                  "UPDATE t SET \"observation.depth.top\" = {'bytes': ?::BLOB, 'path':"
                      + " NULL::VARCHAR} WHERE episode_index = ? AND frame_index = ?")) {
        update.setBytes(1, black);
        update.setInt(2, episode);
        update.setInt(3, frame);
        update.execute();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      parquet.execute(
          table,
          "COPY (SELECT * FROM t ORDER BY \"index\") TO %s (FORMAT parquet)"
              .formatted(Parquet.literal(changed.toString())));
    }
    Files.move(changed, table, StandardCopyOption.REPLACE_EXISTING);
  }
}
