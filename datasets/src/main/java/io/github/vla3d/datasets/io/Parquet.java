package io.github.vla3d.datasets.io;

import io.github.vla3d.data.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Parquet files through a private DuckDB in memory, which never goes to the network and has a bound
 * on its memory. Not thread safe.
 */
public final class Parquet implements AutoCloseable {
  private static final String MEMORY = "1GB";

  /** Of what a question is answered with: a small file can hold a billion equal rows. */
  private static final long MAX_BYTES = 256L << 20;

  private final Connection connection;

  /** Opens the engine. */
  public Parquet() {
    Properties settings = new Properties();
    settings.setProperty("memory_limit", MEMORY);
    settings.setProperty("threads", "1");
    // What does not fit goes here, and not into the present folder.
    settings.setProperty(
        "temp_directory",
        Path.of(System.getProperty("java.io.tmpdir"))
            .resolve("vla3d-duckdb-" + System.getProperty("user.name"))
            .toString());
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    try {
      connection = DriverManager.getConnection("jdbc:duckdb:", settings);
    } catch (SQLException e) {
      throw new IllegalStateException("DuckDB does not start: " + e.getMessage(), e);
    }
    UnpackedLibrary.remove();
  }

  /** A column of numbers: a vector of a length, or a scalar where the length is 0. */
  public record Numbers(String name, int length) {
    int width() {
      return Math.max(1, length);
    }
  }

  /** Which rows of a file, as an SQL condition; values are numbers only. */
  public record Rows(String condition, String order) {
    public static final Rows ALL = new Rows("true", "");
  }

  /**
   * The columns of a file with their DuckDB types.
   *
   * @throws DataException if the file is missing or no Parquet
   */
  public Map<String, String> schema(Path file) {
    return query(
        file,
        null,
        "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + table(file) + ")",
        rows -> {
          Map<String, String> columns = new LinkedHashMap<>();
          while (rows.next()) {
            columns.put(rows.getString(1), rows.getString(2));
          }
          return columns;
        });
  }

  /**
   * Number columns of the selected rows, side by side: row r of the answer holds the values of all
   * columns in their order.
   *
   * @throws DataException if a column is missing, has another length or holds a null
   */
  public double[][] numbers(Path file, List<Numbers> columns, Rows which) {
    Map<String, String> schema = schema(file);
    StringBuilder select = new StringBuilder();
    int width = 0;
    for (Numbers column : columns) {
      String type = schema.get(column.name());
      if (type == null) {
        throw new DataException(
            file.toString(), column.name(), -1, "the column", "columns " + schema.keySet());
      }
      boolean list = type.endsWith("]");
      if (column.length() != 0 && !list && column.length() != 1) {
        throw new DataException(
            file.toString(), column.name(), -1, column.length() + " numbers a row", type);
      }
      if (type.equals("VARCHAR") || type.equals("BLOB") || type.startsWith("STRUCT")) {
        throw new DataException(file.toString(), column.name(), -1, "numbers", type);
      }
      String name = quoted(column.name());
      for (int i = 0; i < column.width(); i++) {
        select.append(select.isEmpty() ? "" : ", ");
        select.append("CAST(").append(name);
        select.append(list ? "[" + (i + 1) + "]" : "").append(" AS DOUBLE)");
      }
      select.append(list ? ", CAST(len(" + name + ") AS DOUBLE)" : ", 1.0");
      width += column.width();
    }
    int columnsWide = width;
    return query(
        file,
        null,
        "SELECT " + select + from(file, which),
        rows -> {
          List<double[]> values = new ArrayList<>();
          long bytes = 0;
          while (rows.next()) {
            bytes = bounded(file, null, values.size(), bytes + 8L * columnsWide + 32);
            values.add(row(file, columns, columnsWide, rows, values.size()));
          }
          return values.toArray(double[][]::new);
        });
  }

  private static long bounded(Path file, @Nullable String column, long row, long bytes) {
    if (bytes > MAX_BYTES) {
      throw new DataException(
          file.toString(), column, row, "at most " + MAX_BYTES + " bytes of rows", "more");
    }
    return bytes;
  }

  private static double[] row(
      Path file, List<Numbers> columns, int width, ResultSet rows, long index) throws SQLException {
    double[] row = new double[width];
    int to = 0;
    int from = 1;
    for (Numbers column : columns) {
      int first = to;
      boolean missing = false;
      for (int i = 0; i < column.width(); i++) {
        row[to++] = rows.getDouble(from++);
        missing |= rows.wasNull();
      }
      double length = rows.getDouble(from++);
      if (length != column.width()) {
        throw new DataException(
            file.toString(),
            column.name(),
            index,
            column.width() + " numbers",
            String.valueOf((long) length));
      }
      if (missing) {
        throw new DataException(file.toString(), column.name(), index, "a number", "null");
      }
      for (int i = first; i < to; i++) {
        if (!Double.isFinite(row[i])) {
          throw new DataException(
              file.toString(), column.name(), index, "finite numbers", String.valueOf(row[i]));
        }
      }
    }
    return row;
  }

  /** A column of texts, or of lists of texts which are joined by line feeds; null becomes "". */
  public List<String> texts(Path file, String column, Rows which) {
    String type = schema(file).get(column);
    if (type == null) {
      throw new DataException(file.toString(), column, -1, "the column", "none of this name");
    }
    String value =
        type.endsWith("[]")
            ? "array_to_string(" + quoted(column) + ", chr(10))"
            : "CAST(" + quoted(column) + " AS VARCHAR)";
    return query(
        file,
        column,
        "SELECT strlen(" + value + "), " + value + from(file, which),
        rows -> {
          List<String> texts = new ArrayList<>();
          long bytes = 0;
          while (rows.next()) {
            bytes = bounded(file, column, texts.size(), bytes + 2 * rows.getLong(1) + 64);
            String text = rows.getString(2);
            texts.add(text == null ? "" : text);
          }
          return texts;
        });
  }

  /** Makes something of a row. */
  public interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /**
   * Any columns of the selected rows.
   *
   * @param columns names or SQL of the columns, which the reader then counts from 1; followed by
   *     the bytes of the row in memory
   * @throws DataException if a column is missing, or the rows are too large
   */
  public <T> List<T> rows(
      Path file, List<String> columns, String bytes, Rows which, RowReader<T> reader) {
    return query(
        file,
        null,
        "SELECT " + String.join(", ", columns) + ", " + bytes + from(file, which),
        rows -> {
          List<T> read = new ArrayList<>();
          long total = 0;
          while (rows.next()) {
            total = bounded(file, null, read.size(), total + rows.getLong(columns.size() + 1));
            read.add(reader.read(rows));
          }
          return read;
        });
  }

  /** An encoded picture in a table: its bytes, or the path of the file that holds them. */
  public record Blob(byte @Nullable [] bytes, @Nullable String path) {}

  /** A column of struct(bytes, path), as LeRobot keeps pictures in tables. */
  public List<Blob> blobs(Path file, String column, Rows which) {
    String name = quoted(column);
    return query(
        file,
        column,
        "SELECT octet_length("
            + name
            + ".bytes) + strlen(coalesce("
            + name
            + ".path, '')), "
            + name
            + ".bytes, "
            + name
            + ".path"
            + from(file, which),
        rows -> {
          List<Blob> blobs = new ArrayList<>();
          long bytes = 0;
          while (rows.next()) {
            bytes = bounded(file, column, blobs.size(), bytes + rows.getLong(1) + 64);
            blobs.add(new Blob(rows.getBytes(2), rows.getString(3)));
          }
          return blobs;
        });
  }

  /** Runs a statement of the writer. */
  public void execute(Path file, String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw fault(file, null, "a file that can be written", e);
    }
  }

  /** The connection, for bulk inserts of the writer. */
  public Connection connection() {
    return connection;
  }

  /** An identifier in quotes. */
  public static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** A text in quotes. */
  public static String literal(String text) {
    return '\'' + text.replace("'", "''") + '\'';
  }

  private static String from(Path file, Rows which) {
    return " FROM "
        + table(file)
        + " WHERE "
        + which.condition()
        + (which.order().isEmpty() ? "" : " ORDER BY " + quoted(which.order()));
  }

  private static String table(Path file) {
    // A name may hold characters that DuckDB takes for a pattern.
    String escaped = file.toString().replaceAll("([\\[*?])", "[$1]");
    return "read_parquet(" + literal(escaped) + ")";
  }

  private interface Rowwise<T> {
    T apply(ResultSet rows) throws SQLException;
  }

  private <T> T query(Path file, @Nullable String column, String sql, Rowwise<T> use) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file.toString(), null, -1, "a Parquet file", "no such file");
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return use.apply(rows);
    } catch (SQLException e) {
      throw fault(file, column, "readable Parquet", e);
    }
  }

  private static DataException fault(
      Path file, @Nullable String column, String wanted, SQLException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return new DataException(file.toString(), column, -1, wanted, message, e);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException("DuckDB does not close: " + e.getMessage(), e);
    }
  }
}
