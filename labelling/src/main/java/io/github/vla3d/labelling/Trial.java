package io.github.vla3d.labelling;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.scene.config.Preset;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;

/** Lets a teacher label recordings and scores it at once, without keeping anything. */
public final class Trial {
  private Trial() {}

  /** What the teacher sees of a frame. */
  public static final UnaryOperator<Observation> AS_RECORDED = seen -> seen;

  /**
   * Frames go to the teacher in their order, every one, episode after episode.
   *
   * @param recordings as they are
   * @param truth of the same episodes
   * @param episodes which, by their numbers
   * @param disturb what the teacher sees instead of a frame
   * @param frames told of each frame that is done, by its number
   * @return with the speed of the teacher alone
   */
  public static Scores run(
      Dataset recordings,
      Truth truth,
      Teacher teacher,
      List<Integer> episodes,
      UnaryOperator<Observation> disturb,
      IntConsumer frames) {
    LabelScorer scorer = new LabelScorer(truth, new Lifting(Preset.of("default")));
    long nanos = 0;
    long count = 0;
    for (int number : episodes) {
      Episode episode = recordings.episode(number);
      for (int frame = 0; frame < episode.frames(); frame++) {
        Observation seen = episode.observation(frame);
        Observation shown = disturb.apply(seen);
        long began = System.nanoTime();
        List<LabelledObject> labels = teacher.label(number, frame, shown);
        nanos += System.nanoTime() - began;
        count++;
        if (LabelScorer.wants(frame)) {
          scorer.add(number, frame, seen, labels);
        }
        frames.accept(frame);
      }
    }
    return scorer.scores().at(count / Math.max(1e-9, nanos / 1e9));
  }
}
