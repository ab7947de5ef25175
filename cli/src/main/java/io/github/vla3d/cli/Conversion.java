package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.datasets.lerobot.LeRobotWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Writes recordings as a LeRobotDataset; the options that commands which do so share. */
final class Conversion {
  @Option(
      names = "--pictures",
      description = "Store colour as PNG in the table (lossless) and not as AV1 video.")
  private boolean pictures;

  @Option(
      names = "--robot",
      paramLabel = "NAME",
      defaultValue = "unknown",
      description = "robot_type of the data set (default: unknown).")
  private String robot = "unknown";

  @Option(
      names = "--split",
      description =
          "If episodes differ in their views: write a data set for each set of views, DIR/000, DIR/001 and so on.")
  private boolean split;

  /** What was written. */
  record Written(Path out, int episodes, long frames) {
    ObjectNode json() {
      return new ObjectMapper()
          .createObjectNode()
          .put("out", out.toString())
          .put("format", ImportCommand.LEROBOT_V3)
          .put("episodes", episodes)
          .put("frames", frames);
    }
  }

  /**
   * Writes all episodes: as one data set, or with {@code --split} one for every set of views. The
   * folder appears when everything is complete.
   *
   * @param what the work, for its progress
   * @param source the recordings
   * @param episodes what to write of them, by number
   * @throws DataException if the views or rates of episodes differ that go into one data set
   */
  List<Written> write(String what, Dataset source, IntFunction<Episode> episodes, Path out)
      throws IOException {
    Map<List<String>, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < source.size(); i++) {
      groups.computeIfAbsent(source.episode(i).viewNames(), v -> new ArrayList<>()).add(i);
    }
    if (!split) {
      if (groups.size() > 1) {
        throw different(source, groups);
      }
      return List.of(write(what, source, groups.values().iterator().next(), episodes, out));
    }
    Path target = out.toAbsolutePath().normalize();
    Path parent = target.getParent();
    if (parent == null || Files.exists(target)) {
      throw new DataException(out.toString(), null, -1, "a new folder", "one that exists already");
    }
    Files.createDirectories(parent);
    Path aside = Files.createTempDirectory(parent, "." + target.getFileName() + ".");
    List<Written> written = new ArrayList<>();
    try {
      for (List<Integer> numbers : groups.values()) {
        String name = String.format("%03d", written.size());
        Written one = write(what + " " + name, source, numbers, episodes, aside.resolve(name));
        written.add(new Written(out.resolve(name), one.episodes(), one.frames()));
      }
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      return written;
    } finally {
      delete(aside);
    }
  }

  private static DataException different(Dataset source, Map<List<String>, List<Integer>> groups) {
    List<List<String>> sets = List.copyOf(groups.keySet());
    Set<String> common = new LinkedHashSet<>(sets.get(0));
    sets.forEach(common::retainAll);
    int other = List.copyOf(groups.values()).get(1).get(0);
    return new DataException(
        source.name() + ", " + source.episode(other).name(),
        "views",
        -1,
        sets.get(0) + " as the first episode has, because a data set has the same views throughout",
        sets.get(1)
            + "; choose with --views from those in all episodes, "
            + common
            + ", or write a data set for each set of views with --split");
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private Written write(
      String what, Dataset source, List<Integer> numbers, IntFunction<Episode> episodes, Path out) {
    long total = numbers.stream().mapToLong(source::frames).sum();
    long frames = 0;
    double rate = source.episode(numbers.get(0)).framesPerSecond();
    try (LeRobotWriter writer =
            new LeRobotWriter(out, new LeRobotWriter.Options(rate, robot, !pictures));
        Progress progress = new Progress(what, "frames", total)) {
      for (int i : numbers) {
        Episode episode = episodes.apply(i);
        if (Math.abs(episode.framesPerSecond() / rate - 1) > 1e-6) {
          throw new DataException(
              source.name() + ", " + episode.name(),
              "fps",
              -1,
              rate + " as the first episode has",
              "" + episode.framesPerSecond());
        }
        writer.add(episode);
        frames += episode.frames();
        progress.advance(episode.frames());
      }
      writer.finish();
    }
    return new Written(out, numbers.size(), frames);
  }
}
