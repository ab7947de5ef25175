package io.github.vla3d.perception;

/**
 * What a detector has found in one picture.
 *
 * @param name one of those that were asked for
 * @param score how sure it is, 0 to 1
 * @param mask of the picture's size, with a pixel at least
 */
public record Detection(String name, double score, ObjectMask mask) {
  public Detection {
    if (!(score >= 0 && score <= 1)) {
      throw new IllegalArgumentException("score of a detection: wanted 0 to 1, got " + score);
    }
    if (mask.area() == 0) {
      throw new IllegalArgumentException("detection of '" + name + "': wanted pixels, got none");
    }
  }
}
