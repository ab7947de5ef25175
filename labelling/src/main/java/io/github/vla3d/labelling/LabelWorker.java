package io.github.vla3d.labelling;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.scene.completion.CloudCompleter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Labels whole episodes, with a teacher and files of its own. One thread at a time. */
public final class LabelWorker implements AutoCloseable {
  /** Folder beside the labels for whole clouds that took time. */
  private static final String CLOUDS = "clouds";

  private final LabelJob job;
  private final Dataset dataset;
  private final Teacher teacher;
  private final CloudCompleter completer;
  private final Finisher finisher;

  /**
   * @throws IllegalArgumentException if there is no such teacher
   * @throws DataException if the recordings are damaged
   */
  public LabelWorker(LabelJob job) {
    this.job = job;
    this.completer =
        CompletionNames.of(
            job.completion(), job.preset().scene().completion(), job.out().root().resolve(CLOUDS));
    this.finisher = new Finisher(job.preset(), completer);
    boolean opened = false;
    @Nullable Teacher made = null;
    try {
      made = Teachers.of(job.teacher(), job.dataset(), job.options());
      this.teacher = made;
      this.dataset = Recordings.open(job.dataset(), ReadOptions.ALL);
      opened = true;
    } finally {
      if (!opened) {
        completer.close();
        if (made != null) {
          made.close();
        }
      }
    }
  }

  /**
   * Labels an episode and puts its labels in place, unless the listener wants to stop before. A
   * frame that cannot be read gets none, and the reason instead.
   *
   * @return why the episode as a whole could not be read; empty if all went well
   * @throws DataException if the labels cannot be written
   */
  public Optional<String> label(int number, LabelListener listener) {
    Episode episode;
    try {
      episode = dataset.episode(number);
    } catch (DataException e) {
      return Optional.of(reason(e));
    }
    List<FrameLabels> frames = new ArrayList<>();
    for (int frame = 0; frame < episode.frames(); frame++) {
      if (listener.stop()) {
        return Optional.empty();
      }
      frames.add(frame(number, frame, episode));
      listener.frames(1);
    }
    job.out().put(number, frames);
    return Optional.empty();
  }

  private FrameLabels frame(int number, int frame, Episode episode) {
    Observation seen;
    try {
      seen = episode.observation(frame);
    } catch (DataException e) {
      return new FrameLabels(frame, List.of(), reason(e), "");
    }
    List<LabelledObject> objects = teacher.label(number, frame, seen);
    Set<Integer> identities = new HashSet<>();
    for (LabelledObject object : objects) {
      if (!identities.add(object.identity())) {
        throw new IllegalStateException(
            "teacher %s: wanted one object of an identity in a frame, got two of %d in frame %d"
                .formatted(teacher.name(), object.identity(), frame));
      }
    }
    boolean measured =
        seen.views().stream().anyMatch(v -> v.depth().isPresent() && v.depthCamera().isPresent());
    return new FrameLabels(
        frame,
        finisher.finish(seen, objects),
        measured || !objects.isEmpty() ? "" : "no view with depth and a camera",
        InputHash.of(seen));
  }

  /** Without the file, whose place says nothing about the recordings. */
  private static String reason(DataException e) {
    String column = e.column();
    return (column == null ? "" : column + ": ") + "wanted " + e.wanted() + ", got " + e.got();
  }

  @Override
  public void close() {
    try (dataset;
        completer) {
      teacher.close();
    }
  }
}
