package io.github.vla3d.plot;

import java.util.List;

/**
 * Curves over one pair of axes.
 *
 * @param title above them
 * @param xLabel with its unit
 * @param yLabel with its unit
 * @param logarithmic whether the y axis is; all y are above 0 then
 * @param lines at least one
 */
public record Panel(
    String title, String xLabel, String yLabel, boolean logarithmic, List<Line> lines) {
  /**
   * @throws IllegalArgumentException if there is no curve
   */
  public Panel {
    lines = List.copyOf(lines);
    if (lines.isEmpty()) {
      throw new IllegalArgumentException("panel '" + title + "': wanted a curve, got none");
    }
  }

  public Panel(String title, String xLabel, String yLabel, List<Line> lines) {
    this(title, xLabel, yLabel, false, lines);
  }
}
