package io.github.vla3d.labelling;

import java.util.List;

/**
 * The labels of a frame.
 *
 * @param frame number within the episode
 * @param labels objects; none if nothing was found, or nothing could be
 * @param skipped why the frame has no labels; empty if it was labelled
 * @param input SHA-256 of what the teacher was shown, in hexadecimal digits; empty if nothing was
 */
public record FrameLabels(int frame, List<Label> labels, String skipped, String input) {
  public FrameLabels {
    labels = List.copyOf(labels);
    if (!skipped.isEmpty() && !labels.isEmpty()) {
      throw new IllegalArgumentException("frame %d: labels although skipped".formatted(frame));
    }
  }
}
