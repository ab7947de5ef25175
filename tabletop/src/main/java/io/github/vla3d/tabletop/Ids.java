package io.github.vla3d.tabletop;

/** Instance ids in pictures, those of the project's LIBERO recordings. */
final class Ids {
  static final int ARM = 1;
  static final int GRIPPER = 2;
  static final int FLOOR = 3;
  static final int WALL = 4;
  static final int TABLE = 5;

  /** Things that hide others in perturbed episodes and are no objects. */
  static final int OTHER = 6;

  /** The first thing. */
  static final int THINGS = 10;

  private Ids() {}
}
