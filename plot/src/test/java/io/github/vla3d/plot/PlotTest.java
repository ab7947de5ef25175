package io.github.vla3d.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlotTest {
  private static final double[] X = {0, 1, 2, 3};

  private static Panel panel(String title, double... y) {
    return new Panel(
        title,
        "time (s)",
        "speed (m/s)",
        List.of(
            new Line("recorded", X, y, Line.Style.SOLID),
            new Line("predicted", X, new double[] {1, Double.NaN, 2, 1}, Line.Style.SOLID)));
  }

  private static long pixels(BufferedImage image, int rgb) {
    return Stream.iterate(0, i -> i + 1)
        .limit((long) image.getWidth() * image.getHeight())
        .filter(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()) == (0xff000000 | rgb))
        .count();
  }

  @Test
  void curvesAreDrawnInTheirColours(@TempDir Path folder) throws IOException {
    List<Panel> panels = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      panels.add(panel("dimension " + i, 0, i, 2, -1));
    }
    Path file = folder.resolve("new/plot.png");
    new Plot("actions", panels, 2).write(file);
    BufferedImage image = Objects.requireNonNull(ImageIO.read(file.toFile()));
    BufferedImage one = new Plot("actions", panels.subList(0, 1), 2).render();
    assertThat(image.getWidth()).isEqualTo(2 * one.getWidth());
    assertThat(image.getHeight()).isGreaterThan(one.getHeight());
    // The second curve, in the three panels and in the legend.
    assertThat(pixels(image, 0xD55E00)).isGreaterThan(pixels(one, 0xD55E00));
    assertThat(folder.resolve("new").toFile().list()).containsExactly("plot.png");
  }

  @Test
  void curvesThatDoNotChangeHaveAxes() {
    assertThat(pixels(new Plot("flat", List.of(panel("p", 1, 1, 1, 1)), 1).render(), 0))
        .isPositive();
    Panel gaps =
        new Panel(
            "gaps",
            "x",
            "y",
            List.of(
                new Line("none", X, new double[] {2, 2, 2, Double.NaN}, Line.Style.DOTS),
                new Line("faint", X, new double[] {2, 2, 2, 2}, Line.Style.FAINT)));
    assertThat(new Plot("gaps", List.of(gaps), 1).render()).isNotNull();
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> new Line("a", X, new double[3], Line.Style.SOLID))
        .hasMessageContaining("'a'");
    assertThatThrownBy(
            () -> new Line("a", new double[] {Double.NaN}, new double[1], Line.Style.SOLID))
        .hasMessageContaining("finite x");
    assertThatThrownBy(() -> new Panel("p", "x", "y", List.of())).hasMessageContaining("'p'");
    assertThatThrownBy(() -> new Plot("t", List.of(), 1)).hasMessageContaining("'t'");
  }
}
