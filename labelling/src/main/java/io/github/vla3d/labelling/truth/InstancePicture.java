package io.github.vla3d.labelling.truth;

/**
 * Which object each pixel shows, in the order of the stored picture.
 *
 * @param width of the picture
 * @param height of the picture
 * @param ids row-major, unsigned, not copied
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, made once and read once
public record InstancePicture(int width, int height, byte[] ids) {
  public InstancePicture {
    if (width < 1 || height < 1 || ids.length != width * height) {
      throw new IllegalArgumentException(
          "instance picture: wanted %d x %d ids, got %d".formatted(width, height, ids.length));
    }
  }

  /** The object that a pixel shows. */
  public int at(int pixel) {
    return ids[pixel] & 0xff;
  }
}
