package io.github.vla3d.tabletop;

import java.util.List;

/**
 * One thing to do.
 *
 * @param suite what it tests: spatial, object, goal or two_step
 * @param name unique, as in names of episodes
 * @param instructions ways to say it, the plainest first
 */
public record Task(
    String suite,
    String name,
    List<String> instructions,
    List<Slot> slots,
    List<Skill> plan,
    List<Goal> goals,
    List<String> targets) {
  public Task {
    instructions = List.copyOf(instructions);
    slots = List.copyOf(slots);
    plan = List.copyOf(plan);
    goals = List.copyOf(goals);
    targets = List.copyOf(targets);
  }

  /** Control steps after which an episode is given up. */
  public int limit() {
    return suite.equals("two_step") ? 500 : 280;
  }
}
