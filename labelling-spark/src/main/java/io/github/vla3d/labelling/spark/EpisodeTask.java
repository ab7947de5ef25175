package io.github.vla3d.labelling.spark;

import io.github.vla3d.labelling.LabelFolder;
import io.github.vla3d.labelling.LabelJob;
import io.github.vla3d.labelling.LabelListener;
import io.github.vla3d.labelling.LabelWorker;
import io.github.vla3d.scene.config.Preset;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.util.LongAccumulator;

/** Labels one episode, wherever Spark sends it; data and labels must be reachable from there. */
final class EpisodeTask implements Function<Integer, EpisodeResult> {
  private static final long serialVersionUID = 1;

  private final String dataset;
  private final String out;
  private final String teacher;
  private final LinkedHashMap<String, String> options;
  private final String completion;
  private final String preset;
  private final LongAccumulator frames;

  EpisodeTask(LabelJob job, LongAccumulator frames) {
    this.dataset = job.dataset().toAbsolutePath().toString();
    this.out = job.out().root().toAbsolutePath().toString();
    this.teacher = job.teacher();
    this.options = new LinkedHashMap<>(job.options());
    this.completion = job.completion();
    this.preset = job.preset().toYaml();
    this.frames = frames;
  }

  private LabelJob job() {
    return new LabelJob(
        Path.of(dataset),
        new LabelFolder(Path.of(out)),
        teacher,
        options,
        completion,
        Preset.parse("the job", preset));
  }

  @Override
  public EpisodeResult call(Integer episode) {
    LabelJob job = job();
    // A task that Spark repeats finds the labels of the first try.
    if (job.out().has(episode)) {
      return new EpisodeResult(episode, "");
    }
    LabelListener listener =
        new LabelListener() {
          @Override
          public void frames(int count) {
            frames.add(count);
          }

          @Override
          public boolean stop() {
            return TaskContext.get().isInterrupted();
          }
        };
    try (LabelWorker worker = new LabelWorker(job)) {
      return new EpisodeResult(episode, worker.label(episode, listener).orElse(""));
    }
  }
}
