package io.github.vla3d.evaluation;

/**
 * An episode to come, the same for every policy.
 *
 * @param episode its name within the benchmark, for ever
 * @param suite that the task belongs to
 * @param task name of the task
 * @param perturbation what is changed, {@link #NOMINAL} if nothing
 * @param kind of the perturbation, empty if there is only one
 * @param severity of the perturbation, 0 without one
 */
public record Trial(
    String episode, String suite, String task, String perturbation, String kind, int severity) {
  /** The perturbation of episodes in which nothing is changed. */
  public static final String NOMINAL = "nominal";
}
