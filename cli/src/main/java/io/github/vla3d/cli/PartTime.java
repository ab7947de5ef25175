package io.github.vla3d.cli;

import io.github.vla3d.agent.Timings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Time of a part of acting over many questions, milliseconds.
 *
 * @param part its name
 * @param median of all
 * @param p90 the least that 90 % do not exceed
 * @param count of the questions that were measured
 */
record PartTime(String part, double median, double p90, int count) {
  static final String HEADER = String.format("  %-12s  %12s  %12s", "part", "median ms", "p90 ms");

  /**
   * One for each part, then one for the total. The first question warms up and does not count,
   * unless it is the only one.
   */
  static List<PartTime> of(List<Timings> all) {
    List<Timings> warm = all.size() > 1 ? all.subList(1, all.size()) : all;
    List<PartTime> times = new ArrayList<>();
    for (Timings.Part part : Timings.Part.values()) {
      List<Duration> durations =
          warm.stream()
              .filter(timings -> timings.parts().containsKey(part))
              .map(timings -> timings.parts().getOrDefault(part, Duration.ZERO))
              .toList();
      if (!durations.isEmpty()) {
        times.add(of(part.name().toLowerCase(Locale.ROOT), durations));
      }
    }
    times.add(of("total", warm.stream().map(Timings::total).toList()));
    return times;
  }

  private static PartTime of(String part, List<Duration> durations) {
    List<Duration> sorted = durations.stream().sorted().toList();
    int n = sorted.size();
    double median = (millis(sorted.get((n - 1) / 2)) + millis(sorted.get(n / 2))) / 2;
    double p90 = millis(sorted.get((int) Math.ceil(0.9 * n) - 1));
    return new PartTime(part, median, p90, n);
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }

  String row() {
    return String.format("  %-12s  %12.2f  %12.2f", part, median, p90);
  }
}
