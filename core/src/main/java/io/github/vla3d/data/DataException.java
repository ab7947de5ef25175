package io.github.vla3d.data;

import org.jspecify.annotations.Nullable;

/**
 * Something is wrong with data: the file, the column and the row, what was wanted and what was got.
 */
public final class DataException extends RuntimeException {
  /** Row of a fault that belongs to no single row. */
  public static final long NO_ROW = -1;

  private final String file;
  private final @Nullable String column;
  private final long row;
  private final String wanted;
  private final String got;

  /**
   * @param file the file or other source, as the user named it
   * @param column the column, data set or key inside it, or null where the whole file is meant
   * @param row the row or frame, counted from 0, or {@link #NO_ROW}
   * @param wanted what a sound file holds here
   * @param got what was found
   */
  public DataException(String file, @Nullable String column, long row, String wanted, String got) {
    this(file, column, row, wanted, got, null);
  }

  /** As above, with the lower-level error that revealed the fault. */
  public DataException(
      String file,
      @Nullable String column,
      long row,
      String wanted,
      String got,
      @Nullable Throwable cause) {
    super(message(file, column, row, wanted, got), cause);
    this.file = file;
    this.column = column;
    this.row = row;
    this.wanted = wanted;
    this.got = got;
  }

  private static String message(
      String file, @Nullable String column, long row, String wanted, String got) {
    StringBuilder text = new StringBuilder(file);
    if (column != null) {
      text.append(", ").append(column);
    }
    if (row != NO_ROW) {
      text.append(", row ").append(row);
    }
    return text.append(": wanted ").append(wanted).append(", got ").append(got).toString();
  }

  /** The file or other source. */
  public String file() {
    return file;
  }

  /** The column, data set or key, or null where the whole file is meant. */
  public @Nullable String column() {
    return column;
  }

  /** The row or frame, counted from 0, or {@link #NO_ROW}. */
  public long row() {
    return row;
  }

  /** What a sound file holds here. */
  public String wanted() {
    return wanted;
  }

  /** What was found. */
  public String got() {
    return got;
  }
}
