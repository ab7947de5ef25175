package io.github.vla3d.evaluation;

import io.github.vla3d.tabletop.Dimension;
import io.github.vla3d.tabletop.Task;
import io.github.vla3d.tabletop.Tasks;
import io.github.vla3d.tabletop.Variant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The embedded benchmark. A perturbation is named {@code dimension:severity}; without a severity
 * all of them are meant. Where a dimension has several kinds they take turns from episode to
 * episode, unless one is named: {@code camera.orbit:3}. {@code nominal} is no perturbation, {@code
 * all} is that and every dimension.
 */
public final class TabletopBenchmark implements Benchmark {
  private static final Pattern WORD = Pattern.compile("([a-z]+)(?:\\.([a-z]+))?(?::([0-9]+))?");

  private final int size;

  /** What is asked of every task. */
  private record Cell(@Nullable Dimension dimension, List<String> kinds, int severity) {
    Variant variant(String task, int number, int turn) {
      Dimension changed = dimension;
      return changed == null
          ? Variant.nominal(task, number)
          : new Variant(task, changed, kinds.get(turn % kinds.size()), severity, number);
    }
  }

  /**
   * @param size of both views' pictures, pixels
   */
  public TabletopBenchmark(int size) {
    this.size = size;
  }

  @Override
  public String name() {
    return "tabletop";
  }

  @Override
  public Arena open() {
    return new TabletopArena(size);
  }

  @Override
  public List<Trial> trials(Selection selection) {
    List<Task> tasks = tasks(selection.tasks());
    Set<Cell> cells = new LinkedHashSet<>();
    selection.perturbations().forEach(word -> cells.addAll(cells(word)));
    if (cells.isEmpty()) {
      throw new IllegalArgumentException("perturbation: wanted at least one, got none");
    }
    Set<Trial> trials = new LinkedHashSet<>();
    for (int i = 0; i < selection.episodes(); i++) {
      for (Task task : tasks) {
        for (Cell cell : cells) {
          trials.add(trial(cell.variant(task.name(), selection.first() + i, i)));
        }
      }
    }
    return List.copyOf(trials);
  }

  private static Trial trial(Variant variant) {
    Dimension dimension = variant.dimension();
    return new Trial(
        variant.name(),
        Tasks.get(variant.task()).suite(),
        variant.task(),
        dimension == null ? Trial.NOMINAL : dimension.word(),
        variant.kind(),
        variant.severity());
  }

  /**
   * The tasks of some names, each once.
   *
   * @param names of tasks or suites, or "all"
   * @throws IllegalArgumentException if there is none, or no task or suite of a name
   */
  public static List<Task> tasks(List<String> names) {
    Set<Task> chosen = new LinkedHashSet<>();
    for (String name : names) {
      List<Task> suite =
          Tasks.all().stream()
              .filter(task -> name.equals("all") || task.suite().equals(name))
              .toList();
      chosen.addAll(suite.isEmpty() ? List.of(Tasks.get(name)) : suite);
    }
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException("task: wanted at least one, got none");
    }
    return List.copyOf(chosen);
  }

  private static List<Cell> cells(String word) {
    Cell nominal = new Cell(null, List.of(""), 0);
    if (word.equals(Trial.NOMINAL)) {
      return List.of(nominal);
    }
    if (word.equals("all")) {
      List<Cell> all = new ArrayList<>(List.of(nominal));
      for (Dimension dimension : Dimension.values()) {
        all.addAll(cells(dimension.word()));
      }
      return all;
    }
    Matcher m = WORD.matcher(word);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "perturbation: wanted dimension:severity or dimension.kind:severity, got '" + word + "'");
    }
    Dimension dimension = dimension(m.group(1));
    List<String> kinds = m.group(2) == null ? dimension.kinds() : List.of(m.group(2));
    if (!dimension.kinds().containsAll(kinds)) {
      throw new IllegalArgumentException(
          "perturbation: wanted a kind of %s, one of %s, got '%s'"
              .formatted(dimension.word(), dimension.kinds(), m.group(2)));
    }
    List<Cell> cells = new ArrayList<>();
    for (int severity = 1; severity <= dimension.severities(); severity++) {
      if (m.group(3) == null || m.group(3).equals(String.valueOf(severity))) {
        cells.add(new Cell(dimension, kinds, severity));
      }
    }
    if (cells.isEmpty()) {
      throw new IllegalArgumentException(
          "perturbation: wanted a severity of %s from 1 to %d, got %s"
              .formatted(dimension.word(), dimension.severities(), m.group(3)));
    }
    return cells;
  }

  private static Dimension dimension(String word) {
    for (Dimension dimension : Dimension.values()) {
      if (dimension.word().equals(word)) {
        return dimension;
      }
    }
    throw new IllegalArgumentException(
        "perturbation: wanted nominal, all or one of %s, got '%s'"
            .formatted(Arrays.toString(Dimension.values()).toLowerCase(Locale.ROOT), word));
  }
}
