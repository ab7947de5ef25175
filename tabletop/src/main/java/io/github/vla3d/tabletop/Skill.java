package io.github.vla3d.tabletop;

/** One thing after another that the expert does. */
public sealed interface Skill {
  /** Takes a thing and puts it down on or in another one, off its middle by (dx, dy). */
  record Put(String thing, String target, double dx, double dy) implements Skill {
    Put(String thing, String target) {
      this(thing, target, 0, 0);
    }
  }

  /** Hooks a drawer's handle and pulls. */
  record Pull(String drawer) implements Skill {}

  /** Pushes a drawer in. */
  record Push(String drawer) implements Skill {}
}
