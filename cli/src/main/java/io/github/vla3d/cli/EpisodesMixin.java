package io.github.vla3d.cli;

import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Some episodes of a data set, {@code 0-3,7}. */
final class EpisodesMixin {
  private static final int MOST = 10_000_000;

  @Option(
      names = "--episodes",
      paramLabel = "LIST",
      description = "Only these, for example 0-3,7 (default: all).")
  private @Nullable String list;

  /**
   * Their numbers in ascending order, each once; none if all are wanted.
   *
   * @throws IllegalArgumentException if it is no such list
   */
  List<Integer> numbers() {
    return parse("--episodes", list);
  }

  /**
   * The same of another option.
   *
   * @param option for messages
   * @throws IllegalArgumentException if it is no such list
   */
  static List<Integer> parse(String option, @Nullable String list) {
    if (list == null) {
      return List.of();
    }
    TreeSet<Integer> numbers = new TreeSet<>();
    for (String part : list.split(",", -1)) {
      String[] ends = part.strip().split("-", -1);
      try {
        int first = Integer.parseInt(ends[0].strip());
        int last = ends.length == 1 ? first : Integer.parseInt(ends[1].strip());
        if (ends.length > 2 || first < 0 || last < first || last - first > MOST) {
          throw new NumberFormatException();
        }
        for (int n = first; n <= last; n++) {
          numbers.add(n);
        }
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "%s: wanted numbers and ranges as in 0-3,7, got %s".formatted(option, list), e);
      }
    }
    return List.copyOf(numbers);
  }
}
