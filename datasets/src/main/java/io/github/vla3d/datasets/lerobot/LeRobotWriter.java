package io.github.vla3d.datasets.lerobot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.Track;
import io.github.vla3d.data.View;
import io.github.vla3d.data.ViewTransforms;
import io.github.vla3d.datasets.io.Folders;
import io.github.vla3d.datasets.io.Parquet;
import io.github.vla3d.datasets.io.Pictures;
import io.github.vla3d.datasets.video.VideoWriter;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.RigidTransform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Writes a LeRobotDataset v3.0 with depth, intrinsics and extrinsics, which LeRobot opens
 * unchanged.
 *
 * <p>Colour goes into AV1 video or PNG in the table, depth into 16-bit PNG of millimetres in the
 * table: lossless but for the rounding to a millimetre; beyond 65.535 m there is none. Pictures are
 * written upright, and the cameras belong to the upright pictures: axes right, down, forward,
 * camera to world, pixel centres at index + 0.5. All episodes must have the views, sizes and
 * numbers of the first.
 *
 * <p>Everything is written into a folder beside the target and renamed at {@link #finish}; without
 * that nothing is left. One thread at a time.
 */
public final class LeRobotWriter implements AutoCloseable {
  /** Frames whose pictures are encoded side by side. */
  private static final int BLOCK = 64;

  private static final int CHUNK = 1000;

  /** Whoever reads single frames in random order unpacks a whole file for each. */
  private static final long DATA_BYTES = 8L << 20;

  private static final long VIDEO_BYTES = 200L << 20;
  private static final int QUALITY = 30;
  private static final double MOST_MILLIMETRES = 65535;

  /**
   * @param framesPerSecond of all episodes
   * @param robot name for {@code robot_type}
   * @param video colour as video; otherwise as PNG in the table
   */
  public record Options(double framesPerSecond, String robot, boolean video) {}

  private final Path target;
  private final Path aside;
  private final Options options;
  private final Parquet parquet = new Parquet();
  private final Map<String, Integer> tasks = new LinkedHashMap<>();
  private final Map<String, VideoWriter> videos = new LinkedHashMap<>();
  private final Map<String, Integer> videoFiles = new LinkedHashMap<>();
  private final Map<String, List<FeatureStatistics>> statistics = new LinkedHashMap<>();
  private final List<Map<String, String>> episodes = new ArrayList<>();
  private final Map<String, JsonNode> more = new LinkedHashMap<>();
  private @Nullable Schema schema;
  private @Nullable DuckDBAppender insert;
  private int dataFile;
  private long dataBytes;
  private long dataRows;
  private long frames;
  private final Thread interrupted;
  private boolean done;

  /**
   * Starts a data set.
   *
   * @throws DataException if the target exists or cannot be written
   */
  public LeRobotWriter(Path target, Options options) {
    this.target = target.toAbsolutePath().normalize();
    this.options = options;
    if (!(options.framesPerSecond() > 0)) {
      throw new DataException(
          target.toString(), "fps", -1, "a rate above 0", "" + options.framesPerSecond());
    }
    if (Files.exists(this.target)) {
      throw new DataException(
          target.toString(), null, -1, "a new folder", "one that exists already");
    }
    try {
      Path parent = this.target.getParent();
      if (parent == null) {
        throw new DataException(target.toString(), null, -1, "a folder", "the root");
      }
      Files.createDirectories(parent);
      this.aside = Files.createTempDirectory(parent, "." + this.target.getFileName() + ".");
    } catch (IOException e) {
      parquet.close();
      throw new DataException(
          target.toString(), null, -1, "a writable folder", String.valueOf(e.getMessage()), e);
    }
    this.interrupted = new Thread(() -> deletePatiently(aside), "vla3d-clean-up");
    Runtime.getRuntime().addShutdownHook(interrupted);
  }

  /** While the program is being stopped, its other threads may still write. */
  private static void deletePatiently(Path folder) {
    for (int attempt = 0; attempt < 50; attempt++) {
      try {
        Folders.delete(folder);
        return;
      } catch (IOException | UncheckedIOException e) {
        try {
          Thread.sleep(20);
        } catch (InterruptedException stop) {
          return;
        }
      }
    }
  }

  /** What every frame holds. */
  private record Schema(
      List<Eye> eyes, int state, int action, int arms, Map<String, Integer> extras) {
    /** One view. */
    record Eye(
        String name, int width, int height, boolean depth, boolean camera, boolean depthCamera) {
      @Override
      public String toString() {
        return "%s of %d x %d%s%s%s"
            .formatted(
                name,
                width,
                height,
                depth ? " with depth" : "",
                camera ? " with camera" : "",
                depthCamera ? " (another one for the depth)" : "");
      }
    }

    @Override
    public String toString() {
      return "views %s, %d numbers of state, %d of action, %d end-effectors"
          .formatted(eyes, state, action, arms);
    }

    static Schema of(Episode episode, Observation first, Map<String, Track> extras) {
      List<Eye> eyes = new ArrayList<>();
      for (View view : first.views()) {
        eyes.add(
            new Eye(
                view.name(),
                view.rgb().width(),
                view.rgb().height(),
                view.depth().isPresent(),
                view.camera().isPresent(),
                !view.camera().equals(view.depthCamera())));
      }
      Map<String, Integer> more = new LinkedHashMap<>();
      extras.forEach((name, track) -> more.put(name, track.columns()));
      return new Schema(
          eyes,
          episode.states().columns(),
          episode.actions().columns(),
          first.worldFromEffectors().size(),
          more);
    }

    /** Columns of numbers with their length, in the order of the table. */
    Map<String, Integer> numbers() {
      Map<String, Integer> columns = new LinkedHashMap<>();
      if (state > 0) {
        columns.put("observation.state", state);
      }
      if (action > 0) {
        columns.put("action", action);
      }
      for (int arm = 0; arm < arms; arm++) {
        columns.put("observation.eef_pos" + suffix(arm), 3);
        columns.put("observation.eef_quat" + suffix(arm), 4);
      }
      columns.putAll(extras);
      for (Eye eye : eyes) {
        if (eye.camera()) {
          columns.put(LeRobotView.INTRINSICS + eye.name(), 9);
          columns.put(LeRobotView.EXTRINSICS + eye.name(), 16);
          if (eye.depthCamera()) {
            columns.put(LeRobotView.DEPTH_INTRINSICS + eye.name(), 9);
          }
        }
      }
      return columns;
    }

    String suffix(int arm) {
      return arms == 1 ? "" : arm == 0 ? ".left" : ".right";
    }

    /** Columns of encoded pictures. */
    List<String> pictures(boolean video) {
      List<String> columns = new ArrayList<>();
      for (Eye eye : eyes) {
        if (!video) {
          columns.add(colour(eye));
        }
        if (eye.depth()) {
          columns.add("observation.depth." + eye.name());
        }
      }
      return columns;
    }

    static String colour(Eye eye) {
      return "observation.images." + eye.name();
    }
  }

  /**
   * Appends an episode.
   *
   * @throws DataException if it does not fit the first one, or cannot be read or written; the
   *     writer is of no further use then
   */
  public void add(Episode episode) {
    add(episode, Map.of());
  }

  /**
   * Appends an episode with further numbers, each under its own feature.
   *
   * @param extras by full name of the feature, a row a frame; the same for all episodes
   * @throws DataException as {@link #add(Episode)}
   */
  public void add(Episode episode, Map<String, Track> extras) {
    Observation first = upright(episode.observation(0));
    Schema known = schema;
    if (known == null) {
      known = Schema.of(episode, first, extras);
      schema = known;
      createTable(known);
    }
    int task = tasks.computeIfAbsent(episode.task(), t -> tasks.size());
    Map<String, String> entry = new LinkedHashMap<>();
    int index = episodes.size();
    entry.put("episode_index", index + "::BIGINT");
    entry.put("tasks", "[" + Parquet.literal(episode.task()) + "]");
    entry.put("length", episode.frames() + "::BIGINT");
    entry.put("data/chunk_index", dataFile / CHUNK + "::BIGINT");
    entry.put("data/file_index", dataFile % CHUNK + "::BIGINT");
    entry.put("dataset_from_index", frames + "::BIGINT");
    entry.put("dataset_to_index", frames + episode.frames() + "::BIGINT");
    Map<String, Double> starts = new LinkedHashMap<>();
    if (options.video()) {
      for (Schema.Eye eye : known.eyes()) {
        starts.put(Schema.colour(eye), video(eye).seconds());
      }
    }
    Map<String, double[][]> numbers = new LinkedHashMap<>();
    known.numbers().forEach((name, n) -> numbers.put(name, new double[episode.frames()][]));
    Map<String, long[][]> levels = new LinkedHashMap<>();
    Track actions = episode.actions();
    for (int from = 0; from < episode.frames(); from += BLOCK) {
      List<Observation> block = new ArrayList<>();
      for (int f = from; f < Math.min(from + BLOCK, episode.frames()); f++) {
        Observation observation = f == 0 ? first : upright(episode.observation(f));
        Schema found = Schema.of(episode, observation, extras);
        if (!found.equals(known)) {
          throw new DataException(episode.name(), null, f, known.toString(), found.toString());
        }
        block.add(observation);
      }
      // Most of the work.
      List<List<byte[]>> encoded = block.parallelStream().map(this::encoded).toList();
      for (int i = 0; i < block.size(); i++) {
        int f = from + i;
        Map<String, float[]> values = values(known, actions, extras, block.get(i), f);
        count(episode, block.get(i), f, levels);
        write(values, encoded.get(i), f, index, task, numbers);
        if (options.video()) {
          for (View view : block.get(i).views()) {
            Objects.requireNonNull(videos.get("observation.images." + view.name())).add(view.rgb());
          }
        }
      }
    }
    for (Map.Entry<String, Double> start : starts.entrySet()) {
      String key = "videos/" + start.getKey();
      int file = videoFiles.getOrDefault(start.getKey(), 0);
      entry.put(key + "/chunk_index", file / CHUNK + "::BIGINT");
      entry.put(key + "/file_index", file % CHUNK + "::BIGINT");
      entry.put(key + "/from_timestamp", start.getValue() + "::DOUBLE");
      entry.put(
          key + "/to_timestamp",
          start.getValue() + episode.frames() / options.framesPerSecond() + "::DOUBLE");
    }
    numbers.forEach((name, rows) -> record(entry, name, FeatureStatistics.ofEpisode(rows), false));
    recordIndices(entry, episode, index, task);
    levels.forEach(
        (name, histogram) ->
            record(entry, name, FeatureStatistics.ofPictures(histogram, sampled(episode)), true));
    entry.put("meta/episodes/chunk_index", "0::BIGINT");
    entry.put("meta/episodes/file_index", "0::BIGINT");
    episodes.add(entry);
    frames += episode.frames();
    roll(known);
  }

  private static int sampled(Episode episode) {
    return Math.max(1, Math.min(episode.frames(), 100));
  }

  private void record(
      Map<String, String> entry, String name, FeatureStatistics values, boolean picture) {
    statistics.computeIfAbsent(name, n -> new ArrayList<>()).add(values);
    for (String[] column : values.toColumns(name, picture)) {
      entry.put(column[0], column[1]);
    }
  }

  private void recordIndices(Map<String, String> entry, Episode episode, int index, int task) {
    int n = episode.frames();
    double rate = options.framesPerSecond();
    record(entry, "timestamp", column(n, f -> (float) (f / rate)), false);
    record(entry, "frame_index", column(n, f -> f), false);
    record(entry, "episode_index", column(n, f -> index), false);
    record(entry, "index", column(n, f -> frames + f), false);
    record(entry, "task_index", column(n, f -> task), false);
  }

  private static FeatureStatistics column(int rows, IntToDoubleFunction value) {
    double[][] column = new double[rows][];
    for (int f = 0; f < rows; f++) {
      column[f] = new double[] {value.applyAsDouble(f)};
    }
    return FeatureStatistics.ofEpisode(column);
  }

  private static Observation upright(Observation observation) {
    return observation.withViews(
        observation.views().stream().map(ViewTransforms::upright).toList());
  }

  private void createTable(Schema known) {
    StringBuilder columns = new StringBuilder();
    for (Map.Entry<String, Integer> column : known.numbers().entrySet()) {
      for (int i = 0; i < column.getValue(); i++) {
        columns.append(Parquet.quoted(column.getKey() + "#" + i)).append(" FLOAT, ");
      }
    }
    for (String picture : known.pictures(options.video())) {
      columns.append(Parquet.quoted(picture)).append(" BLOB, ");
    }
    columns.append(
        "timestamp FLOAT, frame_index BIGINT, episode_index BIGINT, \"index\" BIGINT, task_index"
            + " BIGINT");
    parquet.execute(target, "CREATE TABLE frames (" + columns + ")");
    try {
      insert = parquet.connection().unwrap(DuckDBConnection.class).createAppender("frames");
    } catch (SQLException e) {
      throw fault(e);
    }
  }

  private DataException fault(SQLException e) {
    return new DataException(
        target.toString(), null, -1, "a table to be written", String.valueOf(e.getMessage()), e);
  }

  /** The pictures of a row: each view's colour unless it goes into a video, and its depth. */
  private List<byte[]> encoded(Observation observation) {
    List<byte[]> pictures = new ArrayList<>();
    for (View view : observation.views()) {
      if (!options.video()) {
        pictures.add(Pictures.png(view.rgb()));
      }
      view.depth()
          .ifPresent(
              depth ->
                  pictures.add(Pictures.png16(millimetres(depth), depth.width(), depth.height())));
    }
    return pictures;
  }

  /** Counts levels of colour, of some frames only. */
  private static void count(
      Episode episode, Observation observation, int frame, Map<String, long[][]> levels) {
    long sampled = sampled(episode);
    if (frame == 0
        || frame * sampled / episode.frames() != (frame - 1) * sampled / episode.frames()) {
      for (View view : observation.views()) {
        count(
            view.rgb(),
            levels.computeIfAbsent("observation.images." + view.name(), n -> new long[3][256]));
      }
    }
  }

  private void write(
      Map<String, float[]> values,
      List<byte[]> pictures,
      int frame,
      int index,
      int task,
      Map<String, double[][]> numbers) {
    DuckDBAppender row = insert;
    if (row == null) {
      throw new IllegalStateException("no table");
    }
    try {
      row.beginRow();
      for (Map.Entry<String, float[]> value : values.entrySet()) {
        double[] kept = new double[value.getValue().length];
        for (int i = 0; i < kept.length; i++) {
          kept[i] = value.getValue()[i];
          row.append(value.getValue()[i]);
        }
        Objects.requireNonNull(numbers.get(value.getKey()))[frame] = kept;
      }
      for (byte[] picture : pictures) {
        row.append(picture);
        dataBytes += picture.length;
      }
      row.append((float) (frame / options.framesPerSecond()));
      row.append((long) frame);
      row.append((long) index);
      row.append(frames + frame);
      row.append((long) task);
      row.endRow();
      dataRows++;
    } catch (SQLException e) {
      throw fault(e);
    }
  }

  private static void count(RgbImage picture, long[][] levels) {
    byte[] pixels = picture.toArray();
    for (int i = 0; i < pixels.length; i += 3) {
      levels[0][pixels[i] & 0xff]++;
      levels[1][pixels[i + 1] & 0xff]++;
      levels[2][pixels[i + 2] & 0xff]++;
    }
  }

  private static short[] millimetres(DepthImage depth) {
    float[] metres = depth.toArray();
    short[] millimetres = new short[metres.length];
    for (int i = 0; i < metres.length; i++) {
      double rounded = Math.rint(metres[i] * 1000.0);
      millimetres[i] = (short) (rounded <= MOST_MILLIMETRES ? (int) rounded : 0);
    }
    return millimetres;
  }

  private static Map<String, float[]> values(
      Schema known, Track actions, Map<String, Track> extras, Observation observation, int frame) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (String name : known.numbers().keySet()) {
      values.put(name, new float[0]);
    }
    if (known.state() > 0) {
      values.put("observation.state", observation.state());
    }
    if (known.action() > 0) {
      values.put("action", actions.row(frame));
    }
    for (int arm = 0; arm < known.arms(); arm++) {
      RigidTransform pose = observation.worldFromEffectors().get(arm);
      double[] p = {pose.translation().x(), pose.translation().y(), pose.translation().z()};
      values.put("observation.eef_pos" + known.suffix(arm), floats(p));
      values.put("observation.eef_quat" + known.suffix(arm), floats(pose.quaternion()));
    }
    extras.forEach((name, track) -> values.put(name, track.row(frame)));
    for (View view : observation.views()) {
      view.camera()
          .ifPresent(
              camera -> {
                values.put(
                    LeRobotView.INTRINSICS + view.name(), floats(camera.intrinsics().matrix()));
                values.put(
                    LeRobotView.EXTRINSICS + view.name(),
                    floats(camera.worldFromCamera().toRowMajor()));
              });
      view.depthCamera()
          .ifPresent(
              camera ->
                  values.computeIfPresent(
                      LeRobotView.DEPTH_INTRINSICS + view.name(),
                      (name, old) -> floats(camera.intrinsics().matrix())));
    }
    return values;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private VideoWriter video(Schema.Eye eye) {
    String key = Schema.colour(eye);
    return videos.computeIfAbsent(
        key,
        k -> {
          int file = videoFiles.computeIfAbsent(key, n -> 0);
          Path path = file("videos/" + key + "/" + numbered(file) + ".mp4");
          return new VideoWriter(
              path, eye.width(), eye.height(), options.framesPerSecond(), QUALITY);
        });
  }

  private static String numbered(int file) {
    return "chunk-%03d/file-%03d".formatted(file / CHUNK, file % CHUNK);
  }

  private Path file(String name) {
    Path path = aside.resolve(name);
    try {
      Files.createDirectories(path.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return path;
  }

  /** Ends files that have reached their size. */
  private void roll(Schema known) {
    if (dataBytes >= DATA_BYTES) {
      flush(known);
    }
    for (Schema.Eye eye : known.eyes()) {
      String key = Schema.colour(eye);
      VideoWriter writer = videos.get(key);
      if (writer != null && writer.bytes() >= VIDEO_BYTES) {
        writer.close();
        videos.remove(key);
        videoFiles.merge(key, 1, Integer::sum);
      }
    }
  }

  private void flush(Schema known) {
    StringBuilder select = new StringBuilder();
    for (Map.Entry<String, Integer> column : known.numbers().entrySet()) {
      select.append("[");
      for (int i = 0; i < column.getValue(); i++) {
        select.append(i == 0 ? "" : ", ").append(Parquet.quoted(column.getKey() + "#" + i));
      }
      select.append("] AS ").append(Parquet.quoted(column.getKey())).append(", ");
    }
    for (String picture : known.pictures(options.video())) {
      select.append("{'bytes': ").append(Parquet.quoted(picture));
      select.append(", 'path': NULL::VARCHAR} AS ").append(Parquet.quoted(picture)).append(", ");
    }
    select.append("timestamp, frame_index, episode_index, \"index\", task_index");
    try {
      if (insert != null) {
        insert.close();
      }
    } catch (SQLException e) {
      throw fault(e);
    }
    Path path = file("data/" + numbered(dataFile) + ".parquet");
    copy("SELECT " + select + " FROM frames ORDER BY \"index\"", path, "");
    // Rows that are deleted keep their memory, a table that is dropped does not.
    parquet.execute(target, "DROP TABLE frames");
    createTable(known);
    dataFile++;
    dataBytes = 0;
    dataRows = 0;
  }

  private void copy(String select, Path path, String more) {
    parquet.execute(
        target,
        "COPY ("
            + select
            + ") TO "
            + Parquet.literal(path.toString())
            + " (FORMAT parquet, COMPRESSION snappy"
            + more
            + ")");
  }

  /**
   * Where the data set is being written: further files that are put here go with it.
   *
   * @return a folder that {@link #finish} renames
   */
  public Path folder() {
    return aside;
  }

  /** Adds a block to {@code info.json}, beside those of the format. */
  public void describe(String key, JsonNode block) {
    more.put(key, block);
  }

  /**
   * Completes the data set and puts it in place.
   *
   * @throws DataException if there is no episode, or the target has appeared meanwhile
   */
  public void finish() {
    Schema known = schema;
    if (known == null) {
      throw new DataException(target.toString(), null, -1, "at least one episode", "none");
    }
    if (dataRows > 0) {
      flush(known);
    }
    videos.values().forEach(VideoWriter::close);
    videos.clear();
    writeTasks();
    writeEpisodes();
    try {
      Files.writeString(file("meta/stats.json"), stats(known) + "\n");
      Files.writeString(file("meta/info.json"), info(known) + "\n");
      parquet.close();
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      done = true;
    } catch (FileAlreadyExistsException e) {
      throw new DataException(
          target.toString(), null, -1, "a new folder", "one that exists already", e);
    } catch (IOException e) {
      throw new DataException(
          target.toString(), null, -1, "a writable folder", String.valueOf(e.getMessage()), e);
    }
  }

  private void writeTasks() {
    StringBuilder rows = new StringBuilder();
    tasks.forEach(
        (task, index) ->
            rows.append(rows.isEmpty() ? "" : ", ")
                .append("(")
                .append(index)
                .append("::BIGINT, ")
                .append(Parquet.literal(task))
                .append(")"));
    // Pandas keeps the tasks as the index of its table and says so in the file.
    String pandas =
        "{\"index_columns\": [\"task\"], \"column_indexes\": [{\"name\": null, \"field_name\": null,"
            + " \"pandas_type\": \"unicode\", \"numpy_type\": \"object\", \"metadata\":"
            + " {\"encoding\": \"UTF-8\"}}], \"columns\": [{\"name\": \"task_index\","
            + " \"field_name\": \"task_index\", \"pandas_type\": \"int64\", \"numpy_type\":"
            + " \"int64\", \"metadata\": null}, {\"name\": \"task\", \"field_name\": \"task\","
            + " \"pandas_type\": \"unicode\", \"numpy_type\": \"object\", \"metadata\": null}],"
            + " \"creator\": {\"library\": \"vla3d\", \"version\": \"1\"}, \"pandas_version\":"
            + " \"2.0.0\"}";
    copy(
        "SELECT * FROM (VALUES " + rows + ") AS t(task_index, task)",
        file("meta/tasks.parquet"),
        ", KV_METADATA {pandas: " + Parquet.literal(pandas) + "}");
  }

  private void writeEpisodes() {
    boolean first = true;
    for (Map<String, String> entry : episodes) {
      StringBuilder select = new StringBuilder();
      entry.forEach(
          (name, value) ->
              select
                  .append(select.isEmpty() ? "" : ", ")
                  .append(value)
                  .append(" AS ")
                  .append(Parquet.quoted(name)));
      parquet.execute(
          target,
          (first ? "CREATE TABLE episodes AS " : "INSERT INTO episodes ") + "SELECT " + select);
      first = false;
    }
    copy(
        "SELECT * FROM episodes ORDER BY episode_index",
        file("meta/episodes/chunk-000/file-000.parquet"),
        "");
  }

  private String stats(Schema known) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    List<String> pictures = known.eyes().stream().map(Schema::colour).toList();
    statistics.forEach(
        (name, values) ->
            root.set(name, FeatureStatistics.aggregate(values).toJson(pictures.contains(name))));
    return root.toPrettyString();
  }

  private String info(Schema known) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("codebase_version", "v3.0");
    root.put("robot_type", options.robot());
    root.put("total_episodes", episodes.size());
    root.put("total_frames", frames);
    root.put("total_tasks", tasks.size());
    root.put("chunks_size", CHUNK);
    putRate(root, "fps");
    root.putObject("splits").put("train", "0:" + episodes.size());
    root.put("data_files_size_in_mb", DATA_BYTES >> 20);
    root.put("video_files_size_in_mb", VIDEO_BYTES >> 20);
    root.put("data_path", "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet");
    root.put("video_path", "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4");
    ObjectNode features = root.putObject("features");
    for (Schema.Eye eye : known.eyes()) {
      ObjectNode colour = features.putObject(Schema.colour(eye));
      picture(colour, options.video() ? "video" : "image", eye, 3);
      ObjectNode block = colour.putObject("info");
      if (options.video()) {
        putRate(block, "video.fps");
        block.put("video.height", eye.height());
        block.put("video.width", eye.width());
        block.put("video.channels", 3);
        block.put("video.codec", "av1");
        block.put("video.pix_fmt", "yuv420p");
        block.put("video.is_depth_map", false);
        block.put("has_audio", false);
      }
      if (eye.depth()) {
        ObjectNode depth = features.putObject("observation.depth." + eye.name());
        picture(depth, "image", eye, 1);
        depth
            .putObject("info")
            .put("is_depth_map", true)
            .put("depth_unit", "mm")
            .put("encoding", "png16")
            .put("invalid_value", 0);
      }
    }
    known.numbers().forEach((name, length) -> numbers(features, name, "float32", length));
    numbers(features, "timestamp", "float32", 1);
    for (String name : List.of("frame_index", "episode_index", "index", "task_index")) {
      numbers(features, name, "int64", 1);
    }
    root.putObject("image_orientation")
        .put("upright", true)
        .put("rotated_180", false)
        .put("mirrored_left_right", false);
    root.putObject("camera_convention")
        .put("intrinsics", "row-major 3x3, pixel centre = index + 0.5")
        .put(
            "extrinsics",
            "row-major 4x4, camera to world, OpenCV axes (x right, y down, z forward), metres")
        .put("depth", "planar z (along the optical axis), 0 = no return");
    more.forEach(root::set);
    return root.toPrettyString();
  }

  private void putRate(ObjectNode node, String key) {
    double rate = options.framesPerSecond();
    if (rate == Math.rint(rate)) {
      node.put(key, (long) rate);
    } else {
      node.put(key, rate);
    }
  }

  private static void picture(ObjectNode node, String dtype, Schema.Eye eye, int channels) {
    node.put("dtype", dtype);
    node.putArray("shape").add(eye.height()).add(eye.width()).add(channels);
    node.putArray("names").add("height").add("width").add("channels");
  }

  private static void numbers(ObjectNode features, String name, String dtype, int length) {
    ObjectNode node = features.putObject(name);
    node.put("dtype", dtype);
    node.putArray("shape").add(length);
    if (name.startsWith("observation.eef_quat")) {
      ArrayNode names = node.putArray("names");
      List.of("qx", "qy", "qz", "qw").forEach(names::add);
    } else {
      node.putNull("names");
    }
  }

  /** Deletes what was written unless {@link #finish} has put it in place. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    } catch (IllegalStateException e) {
      // The program is stopping, and the hook is on its way.
      return;
    }
    if (done) {
      return;
    }
    videos.values().forEach(VideoWriter::abandon);
    videos.clear();
    parquet.close();
    try {
      Folders.delete(aside);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
