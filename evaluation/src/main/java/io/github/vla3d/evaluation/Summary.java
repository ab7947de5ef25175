package io.github.vla3d.evaluation;

import io.github.vla3d.evaluation.statistics.Pairs;
import io.github.vla3d.evaluation.statistics.Proportion;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Rows of an evaluation, counted.
 *
 * @param rows of all policies
 */
public record Summary(List<EpisodeRow> rows) {
  public Summary {
    rows = List.copyOf(rows);
  }

  /** The rows of an evaluation's own policies and episodes, in their order. */
  public static Summary of(Evaluation evaluation, EpisodeTable table) {
    return new Summary(
        evaluation.trials().stream()
            .flatMap(
                trial ->
                    evaluation.contestants().stream()
                        .flatMap(
                            contestant ->
                                table
                                    .row(contestant.name(), trial.episode(), evaluation.seed())
                                    .stream()))
            .toList());
  }

  /** Those rows that are so. */
  public Summary where(Predicate<EpisodeRow> condition) {
    return new Summary(rows.stream().filter(condition).toList());
  }

  /** Those of a perturbation; of one severity if it is not 0. */
  public Summary under(String perturbation, int severity) {
    return where(
        row ->
            row.trial().perturbation().equals(perturbation)
                && (severity == 0 || row.trial().severity() == severity));
  }

  /** Names of the policies, in their order. */
  public List<String> policies() {
    return rows.stream().map(EpisodeRow::policy).distinct().toList();
  }

  /** Successes of a policy. */
  public Proportion of(String policy) {
    Proportion sum = new Proportion(0, 0);
    for (EpisodeRow row : rows) {
      if (row.policy().equals(policy)) {
        sum = sum.plus(row.success());
      }
    }
    return sum;
  }

  /** The rows by something, in the order in which it first comes. */
  public <K> Map<K, Summary> by(Function<EpisodeRow, K> what) {
    Map<K, java.util.ArrayList<EpisodeRow>> groups = new LinkedHashMap<>();
    for (EpisodeRow row : rows) {
      groups.computeIfAbsent(what.apply(row), key -> new java.util.ArrayList<>()).add(row);
    }
    Map<K, Summary> summaries = new LinkedHashMap<>();
    groups.forEach((key, group) -> summaries.put(key, new Summary(group)));
    return summaries;
  }

  /** Two policies on the episodes that both have played. */
  public Pairs pairs(String first, String second) {
    Map<String, EpisodeRow> firsts = new HashMap<>();
    for (EpisodeRow row : rows) {
      if (row.policy().equals(first)) {
        firsts.put(row.trial().episode() + "," + row.seed(), row);
      }
    }
    Pairs pairs = Pairs.NONE;
    for (EpisodeRow row : rows) {
      @Nullable EpisodeRow other = firsts.get(row.trial().episode() + "," + row.seed());
      if (row.policy().equals(second) && other != null) {
        pairs = pairs.plus(other.success(), row.success());
      }
    }
    return pairs;
  }
}
