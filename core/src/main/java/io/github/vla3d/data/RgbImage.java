package io.github.vla3d.data;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A colour picture: packed RGB bytes, row by row from the top, 3 bytes a pixel. Immutable. */
public final class RgbImage {
  private final int width;
  private final int height;
  private final byte[] pixels;

  private RgbImage(int width, int height, byte[] pixels) {
    if (width <= 0 || height <= 0 || pixels.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "picture of %d x %d: wanted %d bytes, got %d"
              .formatted(width, height, 3L * width * height, pixels.length));
    }
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }

  /** Copies the bytes. */
  public static RgbImage copyOf(int width, int height, byte[] pixels) {
    return new RgbImage(width, height, pixels.clone());
  }

  /** Takes the bytes over: the caller never touches the array again. */
  public static RgbImage owning(int width, int height, byte[] pixels) {
    return new RgbImage(width, height, pixels);
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** One channel (0 red, 1 green, 2 blue) of a pixel, 0 to 255. */
  public int at(int column, int row, int channel) {
    return pixels[3 * (row * width + column) + channel] & 0xff;
  }

  /** The bytes, read-only. */
  public ByteBuffer bytes() {
    return ByteBuffer.wrap(pixels).asReadOnlyBuffer();
  }

  /** The bytes, copied. */
  public byte[] toArray() {
    return pixels.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RgbImage b
        && width == b.width
        && height == b.height
        && Arrays.equals(pixels, b.pixels);
  }

  @Override
  public int hashCode() {
    return 31 * width + Arrays.hashCode(pixels);
  }

  @Override
  public String toString() {
    return "RgbImage[" + width + "x" + height + "]";
  }
}
