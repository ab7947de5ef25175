package io.github.vla3d.policy;

/**
 * How the tokens of a view lie over the picture that the network sees: row by row, each over a
 * rectangle of its own.
 *
 * @param rows of tokens
 * @param columns of tokens
 * @param patchHeight rows of pixels of a token
 * @param patchWidth columns of pixels of a token
 */
public record TokenGrid(int rows, int columns, int patchHeight, int patchWidth) {
  public TokenGrid {
    if (rows < 1 || columns < 1 || patchHeight < 1 || patchWidth < 1) {
      throw new PolicyException(
          "token grid: wanted sizes >= 1, got %d x %d of %d x %d"
              .formatted(rows, columns, patchHeight, patchWidth));
    }
  }

  /** Tokens of a view. */
  public int tokens() {
    return rows * columns;
  }

  /** Where a token lies: token i is in row i / columns and column i % columns. */
  public PixelRectangle rectangle(int token) {
    if (token < 0 || token >= tokens()) {
      throw new PolicyException("token grid: wanted a token below " + tokens() + ", got " + token);
    }
    int left = token % columns * patchWidth;
    int top = token / columns * patchHeight;
    return new PixelRectangle(left, top, left + patchWidth, top + patchHeight);
  }
}
