package io.github.vla3d.cli;

import io.github.vla3d.evaluation.Selection;
import io.github.vla3d.evaluation.TabletopBenchmark;
import io.github.vla3d.evaluation.Trial;
import io.github.vla3d.tabletop.Dimension;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Which episodes {@code vla3d demo} plays: some as in training, some with the camera moved, some
 * with the target hidden. Tasks and kinds take turns; each condition has episodes of its own.
 *
 * @param nominal episodes as in training
 * @param camera episodes at each severity of a moved camera
 * @param cameras those severities
 * @param occlusion episodes at each severity of a hidden target
 */
record DemoSample(int nominal, int camera, List<Integer> cameras, int occlusion) {
  /** 12 episodes for each policy. */
  static final DemoSample QUICK = new DemoSample(4, 2, List.of(3, 5), 1);

  /** 72 episodes for each policy. */
  static final DemoSample FULL = new DemoSample(16, 8, List.of(1, 2, 3, 4, 5), 4);

  /**
   * The episodes.
   *
   * @param tasks tasks or suites that take turns
   */
  List<Trial> trials(TabletopBenchmark benchmark, List<String> tasks) {
    return new Making(
            benchmark,
            benchmark.trials(new Selection(tasks, List.of(Trial.NOMINAL), 1, 0)),
            new LinkedHashSet<>())
        .all(this);
  }

  /** The way to the list. */
  private record Making(TabletopBenchmark benchmark, List<Trial> tasks, Set<Trial> trials) {
    List<Trial> all(DemoSample sample) {
      add(sample.nominal, turn -> Trial.NOMINAL);
      List<String> kinds = Dimension.CAMERA.kinds();
      for (int severity : sample.cameras) {
        add(sample.camera, turn -> "camera." + kinds.get(turn % kinds.size()) + ":" + severity);
      }
      for (int severity = 1; severity <= Dimension.OCCLUSION.severities(); severity++) {
        int hidden = severity;
        add(sample.occlusion, turn -> "occlusion:" + hidden);
      }
      return List.copyOf(trials);
    }

    private void add(int count, IntFunction<String> word) {
      int before = trials.size();
      for (int i = 0; i < count; i++) {
        String task = tasks.get((before + i) % tasks.size()).task();
        trials.addAll(
            benchmark.trials(
                new Selection(List.of(task), List.of(word.apply(i)), 1, Selection.FIRST + i)));
      }
    }
  }
}
