package io.github.vla3d.tabletop;

/**
 * How an episode stands after a step.
 *
 * @param steps taken since the beginning
 * @param success whether the task's goals have been so for half a second
 * @param done whether the episode is over, by success or because its steps are used up
 */
public record Outcome(int steps, boolean success, boolean done) {}
