package io.github.vla3d.cli.demo;

import io.github.vla3d.evaluation.statistics.Interval;
import io.github.vla3d.evaluation.statistics.Proportion;
import java.util.List;
import java.util.Locale;

/** Success against severity with 95 % intervals, as a picture of lines within the page. */
final class Chart {
  private static final int WIDTH = 500;
  private static final int HEIGHT = 270;
  private static final int LEFT = 44;
  private static final int RIGHT = 14;
  private static final int TOP = 14;
  private static final int BOTTOM = 46;

  /** Between the marks of two policies at one severity, so that their intervals do not overlap. */
  private static final double APART = 9;

  /**
   * A policy's line.
   *
   * @param name of the policy
   * @param shares one for each severity; those without trials are left out
   */
  record Series(String name, List<Proportion> shares) {}

  private Chart() {}

  /**
   * Draws.
   *
   * @param axis what the severities are
   * @param severities their names
   */
  static String of(String axis, List<String> severities, List<Series> lines) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Success against %s\">"
            .formatted(WIDTH, HEIGHT, Html.text(axis)));
    for (int percent = 0; percent <= 100; percent += 25) {
      double y = y(percent / 100.0);
      svg.append(
          f(
              "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                  + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d %%</text>",
              LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, percent));
    }
    for (int i = 0; i < severities.size(); i++) {
      svg.append(
          f(
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
              x(i, severities.size()), HEIGHT - BOTTOM + 20, Html.text(severities.get(i))));
    }
    svg.append(
        f(
            "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, Html.text(axis)));
    for (int s = 0; s < lines.size(); s++) {
      line(svg, lines.get(s), s, lines.size());
    }
    return svg.append("</svg>").toString();
  }

  private static void line(StringBuilder svg, Series line, int number, int of) {
    int n = line.shares.size();
    StringBuilder points = new StringBuilder();
    StringBuilder marks = new StringBuilder();
    for (int i = 0; i < n; i++) {
      Proportion share = line.shares.get(i);
      if (share.trials() == 0) {
        continue;
      }
      double x = x(i, n) + (number - (of - 1) / 2.0) * APART;
      double y = y(share.share());
      Interval interval = share.wilson();
      points.append(f("%.1f,%.1f ", x, y));
      marks.append(
          "<g><title>%s: %d of %d</title>"
              .formatted(Html.text(line.name), share.successes(), share.trials()));
      marks.append(
          f(
              "<line class=\"whisker\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
              x, x, y(interval.low()), y(interval.high())));
      marks.append(mark(number, x, y)).append("</g>");
    }
    svg.append("<g class=\"s%d\">".formatted(number));
    svg.append("<polyline points=\"%s\"/>".formatted(points.toString().strip()));
    svg.append(marks).append("</g>");
  }

  /** Shapes tell policies apart where colours do not. */
  static String mark(int number, double x, double y) {
    return switch (number) {
      case 0 -> f("<circle class=\"mark\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>", x, y);
      case 1 ->
          f("<rect class=\"mark\" x=\"%.1f\" y=\"%.1f\" width=\"8\" height=\"8\"/>", x - 4, y - 4);
      default ->
          f("<path class=\"mark\" d=\"M%.1f %.1f l5.5 5.5 l-5.5 5.5 l-5.5 -5.5 z\"/>", x, y - 5.5);
    };
  }

  private static double x(int i, int n) {
    double room = (double) (WIDTH - LEFT - RIGHT) / n;
    return LEFT + room * (i + 0.5);
  }

  private static double y(double share) {
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  }

  private static String f(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
