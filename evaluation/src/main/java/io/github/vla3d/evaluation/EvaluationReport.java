package io.github.vla3d.evaluation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.evaluation.statistics.Interval;
import io.github.vla3d.evaluation.statistics.Pairs;
import io.github.vla3d.evaluation.statistics.Proportion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A summary in words and as a document: each policy by task, by perturbation, and in pairs. */
public final class EvaluationReport {
  private static final int CELL = 24;

  private final Summary summary;
  private final List<String> policies;

  public EvaluationReport(Summary summary) {
    this.summary = summary;
    this.policies = summary.policies();
  }

  /** Under which conditions a row was played. */
  private static String condition(EpisodeRow row) {
    Trial trial = row.trial();
    return trial.severity() == 0
        ? trial.perturbation()
        : trial.perturbation() + ":" + trial.severity();
  }

  /** Lines for people, without colour. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    Map<String, Summary> conditions = summary.by(EvaluationReport::condition);
    table(lines, "condition", conditions);
    if (conditions.size() > 1) {
      table(lines, "perturbation", summary.by(row -> row.trial().perturbation()));
    }
    table(lines, "suite", summary.by(row -> row.trial().suite()));
    table(lines, "task", summary.by(row -> row.trial().task()));
    for (int a = 0; a < policies.size(); a++) {
      for (int b = a + 1; b < policies.size(); b++) {
        lines.add("");
        lines.add(
            "%s against %s, on the same episodes".formatted(policies.get(b), policies.get(a)));
        for (Map.Entry<String, Summary> group :
            summary.by(row -> row.trial().perturbation()).entrySet()) {
          lines.add(
              "  %-14s %s"
                  .formatted(
                      group.getKey(),
                      words(group.getValue().pairs(policies.get(a), policies.get(b)))));
        }
      }
    }
    return lines;
  }

  private void table(List<String> lines, String what, Map<String, Summary> groups) {
    if (!lines.isEmpty()) {
      lines.add("");
    }
    StringBuilder head = new StringBuilder("%-24s".formatted(what));
    policies.forEach(policy -> head.append("  %-24s".formatted(policy)));
    lines.add(head.toString().stripTrailing());
    groups.forEach((name, group) -> lines.add(line(name, group)));
    if (groups.size() > 1) {
      lines.add(line("all", summary));
    }
  }

  private String line(String name, Summary group) {
    StringBuilder line = new StringBuilder("%-24s".formatted(name));
    for (String policy : policies) {
      String text = words(group.of(policy));
      line.append("  ").append(text).append(" ".repeat(Math.max(0, CELL - text.length())));
    }
    return line.toString().stripTrailing();
  }

  /** A share with its interval and counts, in percent. */
  public static String words(Proportion share) {
    if (share.trials() == 0) {
      return "-";
    }
    Interval interval = share.wilson();
    return String.format(
        Locale.ROOT,
        "%5.1f (%.0f-%.0f) %d/%d",
        100 * share.share(),
        100 * interval.low(),
        100 * interval.high(),
        share.successes(),
        share.trials());
  }

  /** A difference with its interval and test, in points. */
  public static String words(Pairs pairs) {
    Interval interval = pairs.difference();
    return String.format(
        Locale.ROOT,
        "%+.1f points (%+.1f to %+.1f), better in %d, worse in %d of %d, p = %.3g",
        100 * (pairs.second().share() - pairs.first().share()),
        100 * interval.low(),
        100 * interval.high(),
        pairs.onlySecond(),
        pairs.onlyFirst(),
        pairs.count(),
        pairs.mcNemar());
  }

  /** Everything in numbers. */
  public ObjectNode document() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    ArrayNode known = root.putArray("policies");
    for (String policy : policies) {
      EpisodeRow any = summary.where(row -> row.policy().equals(policy)).rows().get(0);
      known
          .addObject()
          .put("policy", policy)
          .put("version", any.version())
          .put("executed", any.executed())
          .put("seed", any.seed())
          .put("program", any.program());
    }
    shares(root.putArray("all"), "group", Map.of("all", summary));
    shares(root.putArray("conditions"), "condition", summary.by(EvaluationReport::condition));
    shares(
        root.putArray("perturbations"),
        "perturbation",
        summary.by(row -> row.trial().perturbation()));
    shares(root.putArray("suites"), "suite", summary.by(row -> row.trial().suite()));
    shares(root.putArray("tasks"), "task", summary.by(row -> row.trial().task()));
    ArrayNode pairs = root.putArray("pairs");
    for (int a = 0; a < policies.size(); a++) {
      for (int b = a + 1; b < policies.size(); b++) {
        String first = policies.get(a);
        String second = policies.get(b);
        pair(pairs, "all", first, second, summary.pairs(first, second));
        summary
            .by(row -> row.trial().perturbation())
            .forEach((name, group) -> pair(pairs, name, first, second, group.pairs(first, second)));
      }
    }
    return root;
  }

  private void shares(ArrayNode into, String what, Map<String, Summary> groups) {
    groups.forEach(
        (name, group) -> {
          for (String policy : policies) {
            Proportion share = group.of(policy);
            Interval interval = share.wilson();
            into.addObject()
                .put(what, name)
                .put("policy", policy)
                .put("successes", share.successes())
                .put("episodes", share.trials())
                .put("low", interval.low())
                .put("high", interval.high());
          }
        });
  }

  private static void pair(ArrayNode into, String group, String first, String second, Pairs pairs) {
    Interval interval = pairs.difference();
    into.addObject()
        .put("group", group)
        .put("first", first)
        .put("second", second)
        .put("both", pairs.both())
        .put("only_first", pairs.onlyFirst())
        .put("only_second", pairs.onlySecond())
        .put("neither", pairs.neither())
        .put("difference", pairs.count() == 0 ? 0 : pairs.second().share() - pairs.first().share())
        .put("low", interval.low())
        .put("high", interval.high())
        .put("mcnemar_p", pairs.mcNemar());
  }
}
