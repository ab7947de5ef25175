package io.github.vla3d.scene.completion;

/**
 * Rows and columns of the blocks of a mask, by I-JEPA's rule (arXiv 2301.08243): one number between
 * 0 and 1 sets both the area and the aspect, and no block is as high or wide as the grid.
 */
public record BlockSize(int height, int width) {
  /** From low to high. */
  public record Range(double low, double high) {
    double at(double share) {
      return low + share * (high - low);
    }
  }

  /**
   * @param share in [0, 1): where in both ranges
   * @param rows of the grid
   * @param columns of the grid
   * @param scale area of a block over that of the grid
   * @param aspect height of a block over its width
   */
  public static BlockSize of(double share, int rows, int columns, Range scale, Range aspect) {
    double area = Math.floor(rows * columns * scale.at(share));
    double ratio = aspect.at(share);
    return new BlockSize(
        Math.min((int) Math.rint(Math.sqrt(area * ratio)), rows - 1),
        Math.min((int) Math.rint(Math.sqrt(area / ratio)), columns - 1));
  }
}
