package io.github.vla3d.datasets.lerobot;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.JsonFile;
import io.github.vla3d.datasets.io.Parquet;
import io.github.vla3d.datasets.io.Parquet.Numbers;
import io.github.vla3d.datasets.io.Parquet.Rows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Where an episode lies.
 *
 * @param index its number in the data set
 * @param frames their number
 * @param task its first task, or "" where the frames' task numbers must say
 * @param data the table of its frames
 * @param videos per video feature, file and the time at which the episode begins in it
 */
record EpisodeEntry(int index, int frames, String task, Path data, Map<String, Clip> videos) {
  record Clip(Path file, double from) {}

  /** All episodes by their number. */
  static List<EpisodeEntry> readAll(LeRobotInfo info, Parquet parquet) {
    Map<Integer, EpisodeEntry> found = info.version() == 3 ? v3(info, parquet) : v2(info);
    if (found.size() != info.episodes()) {
      throw info.json()
          .fault("total_episodes", found.size() + ", as many as are listed", "" + info.episodes());
    }
    List<EpisodeEntry> entries = new ArrayList<>(found.values());
    long frames = 0;
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).index() != i) {
        throw info.json()
            .fault(
                "total_episodes", "episodes 0 to " + (entries.size() - 1), "none of number " + i);
      }
      frames += entries.get(i).frames();
    }
    if (frames != info.frames()) {
      throw info.json()
          .fault("total_frames", frames + ", the sum of all lengths", "" + info.frames());
    }
    return List.copyOf(entries);
  }

  private static Map<Integer, EpisodeEntry> v2(LeRobotInfo info) {
    Path file = info.root().resolve("meta").resolve("episodes.jsonl");
    Map<Integer, EpisodeEntry> entries = new TreeMap<>();
    for (JsonFile line : JsonFile.readLines(file)) {
      int index = line.integer("episode_index", 0, Integer.MAX_VALUE);
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("episode_index", index);
      values.put("episode_chunk", index / info.chunkSize());
      Map<String, Clip> videos = new LinkedHashMap<>();
      for (Feature feature : info.features().values()) {
        if (feature.isVideo()) {
          boolean apart =
              info.json().has("depth_features")
                  && info.json().get("depth_features").has(feature.key());
          values.put("video_key", feature.key());
          values.put("depth_key", feature.key());
          videos.put(
              feature.key(), new Clip(info.file(apart ? "depth_path" : "video_path", values), 0));
        }
      }
      List<JsonFile> tasks = line.has("tasks") ? line.get("tasks").elements() : List.of();
      EpisodeEntry entry =
          new EpisodeEntry(
              index,
              line.integer("length", 1, Integer.MAX_VALUE),
              tasks.isEmpty() ? "" : tasks.get(0).node().asText(),
              info.file("data_path", values),
              videos);
      if (entries.put(index, entry) != null) {
        throw new DataException(
            file.toString(), "episode_index", index, "every episode once", "twice");
      }
    }
    return entries;
  }

  private static Map<Integer, EpisodeEntry> v3(LeRobotInfo info, Parquet parquet) {
    Path folder = info.root().resolve("meta").resolve("episodes");
    List<String> videos =
        info.features().values().stream().filter(Feature::isVideo).map(Feature::key).toList();
    List<Numbers> columns = new ArrayList<>();
    for (String name : List.of("episode_index", "length", "data/chunk_index", "data/file_index")) {
      columns.add(new Numbers(name, 0));
    }
    for (String video : videos) {
      for (String name : List.of("chunk_index", "file_index", "from_timestamp")) {
        columns.add(new Numbers("videos/" + video + "/" + name, 0));
      }
    }
    Map<Integer, EpisodeEntry> entries = new TreeMap<>();
    for (Path file : files(folder)) {
      double[][] rows = parquet.numbers(file, columns, Rows.ALL);
      List<String> tasks = parquet.texts(file, "tasks", Rows.ALL);
      for (int r = 0; r < rows.length; r++) {
        int index = whole(file, "episode_index", r, rows[r][0]);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("chunk_index", whole(file, "data/chunk_index", r, rows[r][2]));
        values.put("file_index", whole(file, "data/file_index", r, rows[r][3]));
        Path data = info.file("data_path", values);
        Map<String, Clip> clips = new LinkedHashMap<>();
        for (int v = 0; v < videos.size(); v++) {
          String name = "videos/" + videos.get(v);
          values.put("video_key", videos.get(v));
          values.put("chunk_index", whole(file, name, r, rows[r][4 + 3 * v]));
          values.put("file_index", whole(file, name, r, rows[r][5 + 3 * v]));
          clips.put(videos.get(v), new Clip(info.file("video_path", values), rows[r][6 + 3 * v]));
        }
        int length = whole(file, "length", r, rows[r][1]);
        if (length < 1) {
          throw new DataException(file.toString(), "length", r, "at least 1 frame", "" + length);
        }
        String task = tasks.get(r).lines().findFirst().orElse("");
        if (entries.put(index, new EpisodeEntry(index, length, task, data, clips)) != null) {
          throw new DataException(
              file.toString(), "episode_index", r, "every episode once", index + " twice");
        }
      }
    }
    return entries;
  }

  private static int whole(Path file, String column, long row, double value) {
    if (value < 0 || value > Integer.MAX_VALUE || value != Math.rint(value)) {
      throw new DataException(
          file.toString(), column, row, "a whole number from 0", String.valueOf(value));
    }
    return (int) value;
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          folder.toString(), null, -1, "the list of episodes", "no such folder");
    }
    try (Stream<Path> files = Files.walk(folder, 3)) {
      return files
          .filter(path -> path.toString().endsWith(".parquet"))
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
