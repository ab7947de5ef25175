package io.github.vla3d.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.management.ThreadMXBean;
import io.github.vla3d.data.DataException;
import io.github.vla3d.datasets.io.Parquet;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small files that ask for much, or lie about what is in them: one error that names the place,
 * within seconds and a bounded amount of memory. The HDF5 files are made by {@code
 * tools/reference/bombs.py}.
 */
@Timeout(60)
class BombsTest {
  /** What may be allocated, garbage included, until a file is refused. */
  private static final long BOUND = 700L << 20;

  /** Processor time of the reading thread until then. */
  private static final Duration TIME = Duration.ofSeconds(20);

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path folder;

  private static void refused(Path dataset, String file, String... message) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    long began = THREADS.getCurrentThreadCpuTime();
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> ReadersTest.readAll(dataset))
        .satisfies(
            e -> {
              assertThat(e.file()).endsWith(file);
              assertThat(e.getMessage()).contains(": wanted ", ", got ").contains(List.of(message));
            });
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(BOUND);
    assertThat(Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - began)).isLessThan(TIME);
  }

  private static Path bomb(String name) {
    return Tiny.resource("/bombs/" + name + ".hdf5");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "huge_table | data/demo_0/actions | frames x numbers",
        "overflowing_picture | agentview_rgb | at most 16384 pixels a side",
        "huge_picture | agentview_rgb | at most 16384 pixels a side",
        "huge_chunk | agentview_rgb | chunks of at most",
        "overhanging_chunks | data/demo_0/actions | bytes in its chunks",
        "packed_numbers | data/demo_0/robot_states | larger ones",
        "packed_pictures | agentview_rgb | stored",
        "loop_of_names | data/demo_0/actions | a data set",
        "link_out | agentview_rgb | a data set",
        "long_attribute | znear | one value",
        "lying_attribute | data/demo_0 | damage",
        "loop_of_headers | data | damage",
        "loop_of_chunks | agentview_rgb | damage",
        "loop_of_names_tree | observation | damage",
      })
  void hdf5ThatAsksForMuch(String name, String place, String message) {
    refused(bomb(name), name + ".hdf5", place, message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sound", "loop_of_groups"})
  void whatOnlyLooksLikeOneIsRead(String name) {
    ReadersTest.readAll(bomb(name));
  }

  /** A scene whose pictures are replaced by an entry of our making. */
  private Path scene(byte[] rgb) throws IOException {
    Path copy = ReadersTest.copy(Tiny.of("scenes"), folder.resolve("scenes"));
    Path file = copy.resolve("scene_00.npz");
    try (var old = new java.util.zip.ZipFile(Tiny.of("scenes").resolve("scene_00.npz").toFile());
        ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (ZipEntry entry : java.util.Collections.list(old.entries())) {
        zip.putNextEntry(new ZipEntry(entry.getName()));
        zip.write(
            entry.getName().equals("rgb.npy") ? rgb : old.getInputStream(entry).readAllBytes());
        zip.closeEntry();
      }
    }
    return copy;
  }

  private static byte[] npy(String shape, int bytes) {
    String text = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }";
    String header = text + " ".repeat(117 - text.length()) + "\n";
    return ByteBuffer.allocate(128 + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 0x93)
        .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
        .put((byte) 1)
        .put((byte) 0)
        .putShort((short) 118)
        .put(header.getBytes(StandardCharsets.US_ASCII))
        .array();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(2, 48, 48, 30000)",
        "(2, 4294967296, 4294967296, 3)",
        "(9223372036854775807, 2)",
        "(2, -48, -48, 3)",
        "(2, 0, 0, 3)"
      })
  void arraysThatAreNotThere(String shape) throws IOException {
    refused(scene(npy(shape, 2 * 48 * 48 * 3)), "scene_00.npz", "rgb");
  }

  /** 300 MB of zeros are a file of 300 kB. */
  @Test
  void anArchiveOfZeros() throws IOException {
    refused(scene(npy("(2, 10000, 5000, 3)", 300_000_000)), "scene_00.npz", "depth_mm");
  }

  /** The directory of the archive claims three gigabytes for one array. */
  @Test
  void anArchiveThatClaimsGigabytes() throws IOException {
    Path copy = scene(npy("(2, 48, 48, 3)", 2 * 48 * 48 * 3));
    Path file = copy.resolve("scene_00.npz");
    ByteBuffer zip = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < zip.limit() - 46; at++) {
      if (zip.getInt(at) == 0x02014b50) {
        zip.putInt(at + 24, (int) 3_000_000_000L);
      }
    }
    Files.write(file, zip.array());
    refused(copy, "scene_00.npz", "bytes");
  }

  /** Rows of an episode table that hold what the SQL says. */
  private Path episodes(String select) throws IOException {
    Path copy = ReadersTest.copy(Tiny.of("lerobot_v3"), folder.resolve("v3"));
    Path table = copy.resolve("meta/episodes/chunk-000/file-000.parquet");
    Path old = Tiny.of("lerobot_v3").resolve("meta/episodes/chunk-000/file-000.parquet");
    rewrite(table, select.replace("OLD", "read_parquet('" + old + "')"));
    return copy;
  }

  private Path frames(String select) throws IOException {
    Path copy = ReadersTest.copy(Tiny.of("lerobot_v3"), folder.resolve("v3"));
    Path table = copy.resolve("data/chunk-000/file-000.parquet");
    Path old = Tiny.of("lerobot_v3").resolve("data/chunk-000/file-000.parquet");
    rewrite(table, select.replace("OLD", "read_parquet('" + old + "')"));
    return copy;
  }

  private static void rewrite(Path table, String select) throws IOException {
    Files.delete(table);
    try (Parquet parquet = new Parquet()) {
      parquet.execute(
          table,
          "COPY (" + select + ") TO " + Parquet.literal(table.toString()) + " (FORMAT parquet)");
    }
  }

  @Test
  void aTableOfMillionsOfEqualRows() throws IOException {
    Path copy =
        frames(
            "SELECT o.* REPLACE ({'bytes': NULL::BLOB, 'path': ''} AS \"observation.images.wrist\") FROM OLD o, range(300000)");
    refused(copy, "file-000.parquet", "row ", "bytes of rows");
  }

  @Test
  void aTaskOfMillionsOfLetters() throws IOException {
    refused(
        episodes("SELECT * REPLACE ([repeat('x', 140000000)] AS tasks) FROM OLD"),
        "file-000.parquet",
        "tasks");
  }

  @Test
  void tasksOfManyLetters() throws IOException {
    refused(
        episodes(
            "SELECT o.* REPLACE ([repeat('x', 100000)] AS tasks, r.range AS episode_index)"
                + " FROM OLD o, range(1000) r"),
        "file-000.parquet",
        "tasks",
        "bytes of rows");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[1, 2, 3]::FLOAT[] AS action | action | 3 numbers",
        "[1, 2]::FLOAT[] AS action | action | wanted 3 numbers, got 2",
        "[]::FLOAT[] AS action | action | wanted 3 numbers, got 0",
        "NULL::FLOAT[] AS action | action | wanted 3 numbers",
        "[1, NULL, 3]::FLOAT[] AS action | action | a number, got null",
        "[1, 'NaN'::FLOAT, 3] AS action | action | finite numbers, got NaN",
        "'text' AS action | action | numbers",
        "{'a': 1} AS action | action | numbers",
        "[[1, 2, 3]] AS action | | Parquet",
        "7 AS action | action | 3 numbers a row",
        "'2020-01-01'::DATE AS timestamp | | Parquet",
        "frame_index + 1 AS frame_index | frame_index | wanted ",
        "0 AS frame_index | frame_index | wanted ",
        "1e300 AS task_index | task_index | wanted ",
        "{'bytes': NULL::BLOB, 'path': NULL::VARCHAR} AS \"observation.images.wrist\""
            + " | observation.images.wrist | the bytes of a picture",
        "{'bytes': NULL::BLOB, 'path': '../../../../etc/passwd'} AS \"observation.images.wrist\""
            + " | | wanted ",
        "[1.0, 2, 3, 4, 5, 6, 7, 8, 9]::FLOAT[] AS \"observation.camera_extrinsics.front\""
            + " | observation.camera_extrinsics.front | 16 numbers",
        "[0, 0, 0, 0, 0, 0, 0, 0, 1]::FLOAT[] AS \"observation.camera_intrinsics.front\""
            + " | observation.camera_intrinsics.front | a regular K",
        "[2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]::FLOAT[] AS"
            + " \"observation.camera_extrinsics.front\""
            + " | observation.camera_extrinsics.front | a rotation",
      })
  void tablesThatLie(String replacement, String column, String message) throws IOException {
    if (message.equals("3 numbers")) {
      ReadersTest.readAll(frames("SELECT * REPLACE (" + replacement + ") FROM OLD"));
      return;
    }
    refused(
        frames("SELECT * REPLACE (" + replacement + ") FROM OLD"),
        replacement.contains("passwd") ? "" : "file-000.parquet",
        column == null ? "" : column,
        message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-1 AS length | length | wanted",
        "2000000000 AS length | | wanted",
        "0.5 AS length | length | a whole number",
        "9e18 AS episode_index | episode_index | a whole number",
        "0 AS episode_index | episode_index | every episode once",
        "\"data/file_index\" + 7 AS \"data/file_index\" | | no such file",
      })
  void listsOfEpisodesThatLie(String replacement, String column, String message)
      throws IOException {
    refused(
        episodes("SELECT * REPLACE (" + replacement + ") FROM OLD"),
        "",
        column == null ? "" : column,
        message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"fps\": 10 | \"fps\": 0 | fps",
        "\"fps\": 10 | \"fps\": 1e999 | fps",
        "\"total_episodes\": 2 | \"total_episodes\": 3 | total_episodes",
        "\"shape\": | \"shape\": [-1], \"old\": | shape",
        "\"shape\": | \"shape\": [9000000000], \"old\": | shape",
        "\"shape\": | \"shape\": [60000, 60000, 60000], \"old\": | shape",
        "\"shape\": | \"shape\": \"5\", \"old\": | shape",
        "\"shape\": | \"shape\": [[5]], \"old\": | shape",
        "\"features\": | \"features\": [], \"old\": | features",
        "\"data_path\": | \"data_path\": \"../../{chunk_index}{file_index}\", \"old\": | wanted",
      })
  void jsonThatLies(String find, String replace, String message) throws IOException {
    Path copy = ReadersTest.copy(Tiny.of("lerobot_v3"), folder.resolve("v3"));
    Path info = copy.resolve("meta/info.json");
    String text = Files.readString(info);
    assertThat(text).contains(find);
    Files.writeString(info, text.replace(find, replace));
    refused(copy, "", message);
  }

  @Test
  void jsonThatIsDeepOrLong() throws IOException {
    Path copy = ReadersTest.copy(Tiny.of("lerobot_v3"), folder.resolve("v3"));
    Path info = copy.resolve("meta/info.json");
    for (String text :
        List.of("[".repeat(5_000_000), "{\"a\":" + "9".repeat(5_000_000) + "}", "\"\\u00")) {
      Files.writeString(info, text);
      refused(copy, "info.json", "JSON");
    }
  }
}
