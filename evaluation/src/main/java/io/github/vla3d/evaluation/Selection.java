package io.github.vla3d.evaluation;

import java.util.List;

/**
 * Which episodes of a benchmark.
 *
 * @param tasks names of tasks or suites, or "all"
 * @param perturbations in the benchmark's words, as {@code nominal}, {@code camera:3}, {@code
 *     camera.orbit:3}, {@code occlusion}, {@code all}
 * @param episodes of each task under each perturbation and severity
 * @param first number of the first of them
 */
public record Selection(List<String> tasks, List<String> perturbations, int episodes, int first) {
  /**
   * Number of the first episode that evaluations take unless they are told otherwise: those below
   * are for demonstrations.
   */
  public static final int FIRST = 100_000;

  /**
   * @throws IllegalArgumentException if there is no episode, or a number below 0
   */
  public Selection {
    tasks = List.copyOf(tasks);
    perturbations = List.copyOf(perturbations);
    if (episodes < 1 || first < 0) {
      throw new IllegalArgumentException(
          "episodes: wanted at least one from number 0 on, got %d from %d on"
              .formatted(episodes, first));
    }
  }
}
