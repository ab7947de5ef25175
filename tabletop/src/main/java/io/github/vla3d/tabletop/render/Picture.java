package io.github.vla3d.tabletop.render;

/**
 * What a camera sees. Rows run downwards; the arrays belong to whoever asked for the picture.
 *
 * @param rgb three bytes a pixel, screen values
 * @param depth planar z at the centre of each pixel, metres; 0 where there is nothing
 * @param ids instance at the centre of each pixel; 0 where there is nothing
 */
public record Picture(int width, int height, byte[] rgb, float[] depth, byte[] ids) {
  public static Picture blank(int width, int height) {
    return new Picture(
        width,
        height,
        new byte[3 * width * height],
        new float[width * height],
        new byte[width * height]);
  }

  void copyTo(Picture other) {
    System.arraycopy(rgb, 0, other.rgb, 0, rgb.length);
    System.arraycopy(depth, 0, other.depth, 0, depth.length);
    System.arraycopy(ids, 0, other.ids, 0, ids.length);
  }
}
