package io.github.vla3d.labelling;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.perception.Teacher;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Labels data sets, and scores labels. */
public final class Labelling {
  private static final String LOCK = ".lock";

  private Labelling() {}

  /**
   * What is left to do.
   *
   * @param wanted episodes
   * @param open those of them without labels
   * @param frames of the open ones
   */
  public record Plan(List<Integer> wanted, List<Integer> open, long frames) {}

  /**
   * What was done.
   *
   * @param done whether all wanted episodes are there or could not be read
   * @param frames labelled or skipped in this run
   * @param seconds that it took
   * @param unreadable episodes without labels, and why
   * @param skipped frames without labels by episode, and why; of all wanted episodes
   */
  public record Result(
      boolean done,
      long frames,
      double seconds,
      Map<Integer, String> unreadable,
      Map<Integer, Map<Integer, String>> skipped) {}

  /**
   * Looks at what is there.
   *
   * @param wanted episodes; all if empty
   * @throws IllegalArgumentException if there is no such episode
   */
  public static Plan plan(LabelJob job, List<Integer> wanted) {
    try (Dataset dataset = Recordings.open(job.dataset(), ReadOptions.ALL)) {
      List<Integer> episodes =
          wanted.isEmpty() ? IntStream.range(0, dataset.size()).boxed().toList() : wanted;
      List<Integer> open = new ArrayList<>();
      long frames = 0;
      for (int episode : episodes) {
        if (episode < 0 || episode >= dataset.size()) {
          throw new IllegalArgumentException(
              "--episodes: wanted 0 to %d, got %d".formatted(dataset.size() - 1, episode));
        }
        if (!job.out().has(episode)) {
          open.add(episode);
          frames += frames(dataset, episode);
        }
      }
      return new Plan(episodes, open, frames);
    }
  }

  /** An episode that cannot be read counts nothing; labelling says what is wrong with it. */
  private static long frames(Dataset dataset, int episode) {
    try {
      return dataset.frames(episode);
    } catch (DataException e) {
      return 0;
    }
  }

  /**
   * Labels what is open.
   *
   * @param threads that label at the same time
   * @throws DataException if there are labels of another origin, or they cannot be written
   */
  public static Result run(
      LabelJob job, Plan plan, LabelEngine engine, int threads, LabelListener listener) {
    ObjectNode manifest;
    try (Dataset dataset = Recordings.open(job.dataset(), ReadOptions.ALL);
        Teacher teacher =
            Teachers.of(job.teacher(), job.dataset(), job.options(), listener::note)) {
      CompletionNames.check(job.completion(), job.preset().scene().completion());
      manifest = Manifest.of(job, dataset, teacher);
    }
    Path root = job.out().root();
    Path lock = root.resolve(LOCK);
    try {
      Files.createDirectories(root);
      try (FileChannel channel =
              FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = locked(channel, root)) {
        job.out().sweep();
        job.out().begin(manifest);
        Counter counter = new Counter(listener);
        long began = System.nanoTime();
        Map<Integer, String> unreadable =
            new TreeMap<>(engine.run(job, plan.open(), threads, counter));
        double seconds = (System.nanoTime() - began) / 1e9;
        boolean done =
            plan.open().stream().allMatch(e -> job.out().has(e) || unreadable.containsKey(e));
        if (done && counter.frames > 0) {
          job.out().speed(counter.frames, seconds, threads);
        }
        Files.deleteIfExists(lock);
        return new Result(done, counter.frames, seconds, unreadable, skipped(job, plan));
      }
    } catch (IOException e) {
      throw new DataException(root.toString(), null, -1, "a folder to be written", "" + e, e);
    }
  }

  private static FileLock locked(FileChannel channel, Path root) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new DataException(
          root.toString(), null, -1, "a folder of one's own", "one that is being written");
    }
    return lock;
  }

  private static Map<Integer, Map<Integer, String>> skipped(LabelJob job, Plan plan) {
    Map<Integer, Map<Integer, String>> skipped = new LinkedHashMap<>();
    try (StoredLabels labels = new StoredLabels(job.out())) {
      for (int episode : plan.wanted()) {
        if (job.out().has(episode)) {
          Map<Integer, String> frames = labels.skipped(episode);
          if (!frames.isEmpty()) {
            skipped.put(episode, frames);
          }
        }
      }
    }
    return skipped;
  }

  /** Counts frames on their way to the listener. */
  private static final class Counter implements LabelListener {
    private final LabelListener listener;
    private long frames;

    Counter(LabelListener listener) {
      this.listener = listener;
    }

    @Override
    public synchronized void frames(int count) {
      frames += count;
      listener.frames(count);
    }

    @Override
    public boolean stop() {
      return listener.stop();
    }
  }

  /**
   * Scores stored labels.
   *
   * @param truth of the same recordings
   * @param wanted episodes; all that are labelled if empty
   * @param frames told of each frame that is scored
   */
  public static Scores score(
      Path dataset, LabelFolder folder, Truth truth, List<Integer> wanted, Runnable frames) {
    List<Integer> episodes = wanted.isEmpty() ? folder.episodes() : wanted;
    if (episodes.isEmpty()) {
      throw new DataException(
          folder.root().toString(), null, -1, "labels to score", "no labelled episode");
    }
    try (Dataset recordings = Recordings.open(dataset, ReadOptions.ALL);
        StoredLabels labels = new StoredLabels(folder)) {
      LabelScorer scorer = new LabelScorer(truth, Lifting.NONE);
      for (int number : episodes) {
        Episode episode = recordings.episode(number);
        if (episode.frames() != labels.frames(number)) {
          throw new DataException(
              folder.episode(number).toString(),
              null,
              -1,
              episode.frames() + " frames, as the data set has",
              "" + labels.frames(number));
        }
        for (int frame = 0; frame < episode.frames(); frame++) {
          if (LabelScorer.wants(frame)) {
            Optional<Observation> seen = readable(episode, frame);
            if (seen.isPresent()) {
              scorer.add(number, frame, seen.get(), labels.label(number, frame, seen.get()));
            }
            frames.run();
          }
        }
      }
      Scores scores = scorer.scores();
      return folder.speed().map(scores::at).orElse(scores);
    }
  }

  /** A frame that cannot be read cannot be scored. */
  private static Optional<Observation> readable(Episode episode, int frame) {
    try {
      return Optional.of(episode.observation(frame));
    } catch (DataException e) {
      return Optional.empty();
    }
  }
}
