package io.github.vla3d.labelling;

/**
 * What a label's mask in one view of a frame turned out to be.
 *
 * @param episode number within the data set
 * @param view name of the camera
 * @param identity of the label
 * @param kind what it counts as
 */
record Verdict(int episode, String view, int identity, Kind kind) {
  enum Kind {
    /** Matched to a true object. */
    TRUE,
    /** A fragment, a duplicate, the robot or background. */
    FALSE,
    /** Mostly a fixture, or an object too small to count. */
    IGNORED,
    /** Too small to count. */
    SMALL
  }
}
