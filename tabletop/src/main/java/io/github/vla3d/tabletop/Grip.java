package io.github.vla3d.tabletop;

/**
 * How a thing is taken from above.
 *
 * @param kind where the fingers go
 * @param height of the grip site above the thing's origin, metres
 * @param offset of the grip site from the thing's axis: 0, or a rim's radius
 */
record Grip(Kind kind, double height, double offset) {
  enum Kind {
    /** Not at all. */
    NONE,
    /** Round: from any side. */
    ROUND,
    /** The fingers close along the thing's y axis. */
    ACROSS,
    /** Square: along x or y. */
    SQUARE,
    /** One finger inside, one outside. */
    RIM,
    /** A bar along the thing's x axis, on its side towards -y. */
    BAR
  }

  static final Grip NONE = new Grip(Kind.NONE, 0, 0);
}
