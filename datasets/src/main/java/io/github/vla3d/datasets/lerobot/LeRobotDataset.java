package io.github.vla3d.datasets.lerobot;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.JsonFile;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.datasets.io.Lru;
import io.github.vla3d.datasets.io.Parquet;
import io.github.vla3d.datasets.io.Parquet.Numbers;
import io.github.vla3d.datasets.io.Parquet.Rows;
import io.github.vla3d.datasets.io.SmallFile;
import io.github.vla3d.datasets.video.VideoReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A LeRobotDataset v2.0, v2.1 or v3.0: tables in Parquet, pictures in videos or in the tables.
 *
 * <p>Depth is recognised by {@code is_depth_map} alone and read from 16-bit PNG in the table, from
 * FFV1 video, or from LeRobot's 12-bit code. Cameras come from the columns {@code
 * observation.camera_intrinsics.NAME} and {@code observation.camera_extrinsics.NAME}; pictures that
 * {@code info.json} declares mirrored or upside down stay so, and their camera says it.
 */
public final class LeRobotDataset implements Dataset {
  private static final int OPEN_VIDEOS = 16;
  private static final int OPEN_EPISODES = 32;
  private static final long BLOB_BYTES = 64L << 20;

  /** Rows of pictures that are fetched from a table at once. */
  private static final int WINDOW = 32;

  private final LeRobotInfo info;
  private final ReadOptions options;
  private final Parquet parquet;
  private final List<EpisodeEntry> entries;
  private final Map<Integer, String> tasks;
  private final List<LeRobotView> views;
  private final Lru<Path, VideoReader> videos = Lru.ofCount(OPEN_VIDEOS, VideoReader::close);
  private final Lru<Integer, LeRobotEpisode> episodes = Lru.ofCount(OPEN_EPISODES, e -> {});
  private final Lru<String, List<Parquet.Blob>> blobs =
      new Lru<>(BLOB_BYTES, LeRobotDataset::bytes, b -> {});

  private LeRobotDataset(
      LeRobotInfo info,
      ReadOptions options,
      Parquet parquet,
      List<EpisodeEntry> entries,
      Map<Integer, String> tasks) {
    this.info = info;
    this.options = options;
    this.parquet = parquet;
    this.entries = entries;
    this.tasks = tasks;
    this.views = LeRobotView.all(info, options);
  }

  /**
   * Opens a folder that holds {@code meta/info.json}.
   *
   * @throws DataException if its metadata are damaged or contradict themselves
   */
  public static LeRobotDataset open(Path root, ReadOptions options) {
    LeRobotInfo info = LeRobotInfo.read(root);
    Parquet parquet = new Parquet();
    boolean opened = false;
    try {
      LeRobotDataset dataset =
          new LeRobotDataset(
              info, options, parquet, EpisodeEntry.readAll(info, parquet), tasks(info, parquet));
      opened = true;
      return dataset;
    } finally {
      if (!opened) {
        parquet.close();
      }
    }
  }

  private static Map<Integer, String> tasks(LeRobotInfo info, Parquet parquet) {
    Path meta = info.root().resolve("meta");
    Map<Integer, String> tasks = new HashMap<>();
    if (info.version() == 2) {
      for (JsonFile line : JsonFile.readLines(meta.resolve("tasks.jsonl"))) {
        tasks.put(line.integer("task_index", 0, Integer.MAX_VALUE), line.text("task"));
      }
      return tasks;
    }
    Path file = meta.resolve("tasks.parquet");
    // Pandas stores a named index under its name and an unnamed one under this.
    String column = parquet.schema(file).containsKey("task") ? "task" : "__index_level_0__";
    double[][] index = parquet.numbers(file, List.of(new Numbers("task_index", 0)), Rows.ALL);
    List<String> texts = parquet.texts(file, column, Rows.ALL);
    for (int i = 0; i < index.length; i++) {
      tasks.put((int) index[i][0], texts.get(i));
    }
    return tasks;
  }

  @Override
  public String name() {
    return Objects.toString(info.root().toAbsolutePath().normalize().getFileName(), "dataset");
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public int frames(int index) {
    return entries.get(index).frames();
  }

  @Override
  public Episode episode(int index) {
    EpisodeEntry entry = entries.get(Objects.checkIndex(index, entries.size()));
    return episodes.get(index, () -> new LeRobotEpisode(this, entry));
  }

  /** The declared features that are numbers, each with its number of elements, in order. */
  public Map<String, Integer> numericFeatures() {
    Map<String, Integer> numeric = new LinkedHashMap<>();
    for (Feature feature : info.features().values()) {
      if (!feature.isPicture() && !feature.dtype().equals("string")) {
        numeric.put(feature.key(), feature.elements());
      }
    }
    return numeric;
  }

  /** All rows of one numeric feature of an episode, in order of time. */
  public double[][] numbers(int episode, String key) {
    EpisodeEntry entry = entries.get(Objects.checkIndex(episode, entries.size()));
    int elements = info.feature(key).elements();
    double[][] rows = numbers(entry, List.of(column(info.feature(key))));
    for (int r = 0; r < rows.length; r++) {
      rows[r] = Arrays.copyOf(rows[r], elements);
    }
    return rows;
  }

  static Numbers column(Feature feature) {
    return new Numbers(feature.key(), feature.elements() == 1 ? 0 : feature.elements());
  }

  /** The columns side by side, and the frame's number behind them. */
  double[][] numbers(EpisodeEntry entry, List<Numbers> columns) {
    List<Numbers> all = new ArrayList<>(columns);
    all.add(new Numbers("frame_index", 0));
    double[][] rows = parquet.numbers(entry.data(), all, rows(entry, 0, Integer.MAX_VALUE));
    if (rows.length != entry.frames()) {
      throw new DataException(
          entry.data().toString(),
          "episode_index",
          entry.index(),
          entry.frames() + " rows of this episode",
          String.valueOf(rows.length));
    }
    for (int r = 0; r < rows.length; r++) {
      double index = rows[r][rows[r].length - 1];
      if (index != r) {
        throw new DataException(
            entry.data().toString(), "frame_index", r, String.valueOf(r), String.valueOf(index));
      }
    }
    return rows;
  }

  /** The encoded picture of one frame in the table. */
  byte[] blob(EpisodeEntry entry, Feature feature, int frame) {
    int window = frame / WINDOW;
    List<Parquet.Blob> rows =
        blobs.get(
            entry.index() + "/" + window + "/" + feature.key(),
            () ->
                parquet.blobs(
                    entry.data(),
                    feature.key(),
                    rows(entry, window * WINDOW, (window + 1) * WINDOW)));
    int at = frame % WINDOW;
    Parquet.Blob blob = at < rows.size() ? rows.get(at) : new Parquet.Blob(null, null);
    byte[] bytes = blob.bytes();
    if (bytes != null) {
      return bytes;
    }
    if (blob.path() == null) {
      throw new DataException(
          entry.data().toString(), feature.key(), frame, "the bytes of a picture", "null");
    }
    return SmallFile.bytes(info.inside(blob.path()));
  }

  VideoReader video(EpisodeEntry entry, Feature feature) {
    Path file = clip(entry, feature).file();
    return videos.get(
        file,
        () -> new VideoReader(file, feature.key(), feature.width(), feature.height(), info.fps()));
  }

  static EpisodeEntry.Clip clip(EpisodeEntry entry, Feature feature) {
    EpisodeEntry.Clip clip = entry.videos().get(feature.key());
    if (clip == null) {
      throw new IllegalStateException("no clip of " + feature.key());
    }
    return clip;
  }

  private static Rows rows(EpisodeEntry entry, int from, int to) {
    return new Rows(
        "episode_index = "
            + entry.index()
            + " AND frame_index >= "
            + from
            + " AND frame_index < "
            + to,
        "frame_index");
  }

  private static long bytes(List<Parquet.Blob> rows) {
    long sum = 0;
    for (Parquet.Blob blob : rows) {
      byte[] bytes = blob.bytes();
      sum += bytes == null ? 64 : bytes.length;
    }
    return sum;
  }

  LeRobotInfo info() {
    return info;
  }

  List<LeRobotView> views() {
    return views;
  }

  String task(int index, EpisodeEntry entry, int frame) {
    String task = tasks.get(index);
    if (task == null) {
      throw new DataException(
          entry.data().toString(), "task_index", frame, "one of " + tasks.keySet(), "" + index);
    }
    return task;
  }

  @Override
  public void close() {
    videos.clear();
    blobs.clear();
    episodes.clear();
    parquet.close();
  }

  @Override
  public String toString() {
    return "LeRobotDataset[" + info.root() + ", " + options + "]";
  }
}
