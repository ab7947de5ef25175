package io.github.vla3d.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.None;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Panels under one title with one legend, as a PNG. Needs no screen.
 *
 * @param title above all panels
 * @param panels row by row
 * @param columns panels in a row, at least 1
 */
public record Plot(String title, List<Panel> panels, int columns) {
  private static final int WIDTH = 620;
  private static final int HEIGHT = 300;
  private static final int HEAD = 74;

  /** Okabe and Ito's colours, which people with any colour vision tell apart. */
  private static final List<Color> COLOURS =
      List.of(
          new Color(0x000000),
          new Color(0xD55E00),
          new Color(0x0072B2),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xE69F00),
          new Color(0x56B4E9));

  /**
   * @throws IllegalArgumentException if there is no panel or no column
   */
  public Plot {
    panels = List.copyOf(panels);
    if (panels.isEmpty() || columns < 1) {
      throw new IllegalArgumentException(
          "plot '%s': wanted panels and columns, got %d and %d"
              .formatted(title, panels.size(), columns));
    }
  }

  /** Draws it. */
  public BufferedImage render() {
    System.setProperty("java.awt.headless", "true");
    int across = Math.min(columns, panels.size());
    int down = (panels.size() + across - 1) / across;
    List<String> names = names();
    BufferedImage picture =
        new BufferedImage(across * WIDTH, HEAD + down * HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    try {
      g.setColor(Color.WHITE);
      g.fillRect(0, 0, picture.getWidth(), picture.getHeight());
      g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      g.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      head(g, names);
      for (int i = 0; i < panels.size(); i++) {
        BufferedImage panel = BitmapEncoder.getBufferedImage(chart(panels.get(i), names));
        g.drawImage(panel, i % across * WIDTH, HEAD + i / across * HEIGHT, null);
      }
    } finally {
      g.dispose();
    }
    return picture;
  }

  private List<String> names() {
    Set<String> names = new LinkedHashSet<>();
    panels.forEach(panel -> panel.lines().forEach(line -> names.add(line.name())));
    return List.copyOf(names);
  }

  private void head(Graphics2D g, List<String> names) {
    g.setColor(Color.BLACK);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 18));
    g.drawString(title, 16, 28);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 15));
    int x = 16;
    for (String name : names) {
      Line.Style style = style(name);
      g.setColor(colour(names, name, style));
      if (style == Line.Style.DOTS) {
        g.fillOval(x + 11, 48, 8, 8);
      } else {
        g.setStroke(new BasicStroke(style == Line.Style.FAINT ? 1.5f : 3));
        g.drawLine(x, 52, x + 30, 52);
      }
      g.setColor(Color.BLACK);
      g.drawString(name, x + 38, 57);
      x += 38 + g.getFontMetrics().stringWidth(name) + 28;
    }
  }

  private Line.Style style(String name) {
    Optional<Line> first =
        panels.stream()
            .flatMap(panel -> panel.lines().stream())
            .filter(line -> line.name().equals(name))
            .findFirst();
    return first.map(Line::style).orElse(Line.Style.SOLID);
  }

  private static Color colour(List<String> names, String name, Line.Style style) {
    Color colour = COLOURS.get(names.indexOf(name) % COLOURS.size());
    return style == Line.Style.FAINT
        ? new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), 90)
        : colour;
  }

  private static XYChart chart(Panel panel, List<String> names) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(panel.title())
            .xAxisTitle(panel.xLabel())
            .yAxisTitle(panel.yLabel())
            .theme(Styler.ChartTheme.XChart)
            .build();
    XYStyler styler = chart.getStyler();
    styler.setLegendVisible(false);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setPlotGridLinesColor(new Color(0xDDDDDD));
    styler.setYAxisLogarithmic(panel.logarithmic());
    if (!panel.logarithmic()) {
      styler.setYAxisDecimalPattern("0.######");
    }
    flat(panel, styler);
    for (Line line : panel.lines()) {
      XYSeries series = chart.addSeries(line.name(), line.x(), line.y());
      series.setLineColor(colour(names, line.name(), line.style()));
      series.setMarkerColor(colour(names, line.name(), line.style()));
      if (line.style() == Line.Style.DOTS) {
        series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        series.setMarker(SeriesMarkers.CIRCLE);
      } else {
        series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Line);
        series.setMarker(new None());
        series.setLineWidth(line.style() == Line.Style.FAINT ? 1 : 2);
      }
    }
    return chart;
  }

  /** Numbers that do not change get some room, so that the axis has ticks. */
  private static void flat(Panel panel, XYStyler styler) {
    double[] all =
        panel.lines().stream()
            .flatMapToDouble(line -> Arrays.stream(line.y()))
            .filter(Double::isFinite)
            .toArray();
    double low = Arrays.stream(all).min().orElse(0);
    double high = Arrays.stream(all).max().orElse(1);
    if (!panel.logarithmic() && high - low <= 1e-9 * Math.max(1, Math.abs(high))) {
      double room = Math.max(1e-3, 0.1 * Math.abs(high));
      styler.setYAxisMin(low - room);
      styler.setYAxisMax(high + room);
    }
  }

  /**
   * Writes it, aside first: the file is there whole or not at all.
   *
   * @param file whose folder is made if it is missing
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    BufferedImage picture = render();
    Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
    Files.createDirectories(folder);
    Path aside = Files.createTempFile(folder, ".plot", ".png");
    try {
      ImageIO.write(picture, "png", aside.toFile());
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(aside);
    }
  }
}
