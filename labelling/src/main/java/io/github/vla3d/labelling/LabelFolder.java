package io.github.vla3d.labelling;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.JsonFile;
import io.github.vla3d.datasets.io.Folders;
import io.github.vla3d.torch.io.HashedFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder of labels: {@code labels.json} says where they come from, {@code episode_NNNNNN} holds
 * those of an episode and is there whole or not at all. See docs/labels.md.
 *
 * @param root the folder
 */
public record LabelFolder(Path root) {
  private static final String MANIFEST = "labels.json";
  private static final String SPEED = "speed.json";
  private static final String ASIDE = ".part-";
  private static final Pattern EPISODE = Pattern.compile("episode_(\\d{6,9})");

  /** Where the labels of a data set lie unless somebody says otherwise. */
  public static LabelFolder of(Path dataset) {
    return new LabelFolder(
        Files.isRegularFile(dataset)
            ? dataset.resolveSibling(dataset.getFileName() + ".labels")
            : dataset.resolve("labels"));
  }

  /** Whether there are labels, or some were begun. */
  public boolean exists() {
    return Files.isRegularFile(root.resolve(MANIFEST));
  }

  /** Where the labels come from. */
  public JsonFile manifest() {
    return JsonFile.read(root.resolve(MANIFEST));
  }

  /** The SHA-256 of what says where the labels come from. */
  public String hash() {
    return HashedFolder.sha256(root.resolve(MANIFEST));
  }

  /**
   * Begins labels, or goes on with those of the same origin.
   *
   * @throws DataException if there are some of another origin
   */
  void begin(ObjectNode manifest) {
    Path file = root.resolve(MANIFEST);
    if (Files.exists(file)) {
      ObjectNode known = (ObjectNode) manifest().node();
      for (String key : List.of("format", "teacher", "lifting", "completion", "dataset")) {
        if (!known.path(key).equals(manifest.path(key))) {
          throw new DataException(
              file.toString(),
              key,
              DataException.NO_ROW,
              "labels made as now, " + manifest.path(key) + ", or another folder (--out)",
              String.valueOf(known.path(key)));
        }
      }
      return;
    }
    write(file, manifest);
  }

  /** Says how fast labels were made; no part of them. */
  void speed(long frames, double seconds, int threads) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    write(
        root.resolve(SPEED),
        json.put("frames", frames).put("seconds", seconds).put("threads", threads));
  }

  /** Frames a second of the last run, if there was one. */
  Optional<Double> speed() {
    Path file = root.resolve(SPEED);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    JsonFile json = JsonFile.read(file);
    return Optional.of(json.number("frames") / json.number("seconds"));
  }

  private void write(Path file, ObjectNode json) {
    try {
      Files.createDirectories(root);
      Path aside = root.resolve(ASIDE + UUID.randomUUID());
      Files.writeString(aside, json.toPrettyString() + "\n");
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw fault(file, e);
    }
  }

  private static DataException fault(Path file, IOException e) {
    return new DataException(file.toString(), null, -1, "a file to be written", "" + e, e);
  }

  /** The folder of an episode. */
  Path episode(int number) {
    return root.resolve("episode_%06d".formatted(number));
  }

  /** Whether an episode is labelled. */
  public boolean has(int number) {
    return Files.isDirectory(episode(number));
  }

  /** The labelled episodes. */
  public List<Integer> episodes() {
    List<Integer> numbers = new ArrayList<>();
    try (Stream<Path> list = Files.list(root)) {
      for (Path path : list.toList()) {
        Matcher name = EPISODE.matcher(path.getFileName().toString());
        if (name.matches()) {
          numbers.add(Integer.parseInt(name.group(1)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    numbers.sort(null);
    return numbers;
  }

  /**
   * Puts the labels of an episode in place, at once.
   *
   * @throws DataException if they cannot be written; nothing is left then
   */
  void put(int number, List<FrameLabels> frames) {
    Path aside = root.resolve(ASIDE + UUID.randomUUID());
    boolean done = false;
    try {
      Files.createDirectories(aside);
      EpisodeTables.write(aside, frames);
      Files.move(aside, episode(number), StandardCopyOption.ATOMIC_MOVE);
      done = true;
    } catch (IOException e) {
      throw fault(episode(number), e);
    } finally {
      if (!done) {
        discard(aside);
      }
    }
  }

  private static void discard(Path aside) {
    try {
      Folders.delete(aside);
    } catch (IOException e) {
      // What is wrong with the disk has been said already.
    }
  }

  /** Deletes what a run that was killed left behind. */
  void sweep() {
    if (!Files.isDirectory(root)) {
      return;
    }
    try (Stream<Path> list = Files.list(root)) {
      for (Path path : list.filter(p -> p.getFileName().toString().startsWith(ASIDE)).toList()) {
        Folders.delete(path);
      }
    } catch (IOException e) {
      throw fault(root, e);
    }
  }
}
