package io.github.vla3d.cli.demo;

import io.github.vla3d.cli.scene.ScenePictures;
import io.github.vla3d.cli.scene.SceneShot;
import io.github.vla3d.evaluation.EpisodeRow;
import io.github.vla3d.evaluation.Summary;
import io.github.vla3d.evaluation.Trial;
import io.github.vla3d.evaluation.statistics.Interval;
import io.github.vla3d.evaluation.statistics.Pairs;
import io.github.vla3d.evaluation.statistics.Proportion;
import java.awt.Color;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * One page for people who have not read the paper. It holds its pictures, loads nothing and runs no
 * script.
 *
 * @param entrants baseline, twin and 3DVLA, in this order
 * @param summary of all episodes
 * @param examples in the order in which they are shown
 * @param command that made the page
 * @param warning why its figures must not be trusted; empty if they may
 * @param seconds that the episodes took
 */
public record DemoPage(
    List<Entrant> entrants,
    Summary summary,
    List<Example> examples,
    String command,
    String warning,
    double seconds) {
  private static final double LEVEL = 0.05;
  private static final int PANEL = 224;

  public DemoPage {
    entrants = List.copyOf(entrants);
    examples = List.copyOf(examples);
    if (entrants.size() != 3) {
      throw new IllegalArgumentException(
          "demo: wanted three policies, got %d".formatted(entrants.size()));
    }
  }

  /** Names of the conditions in words. */
  private static final Map<String, String> CONDITIONS =
      Map.of(
          Trial.NOMINAL, "as in training", "camera", "camera moved", "occlusion", "target hidden");

  private static String words(String condition) {
    return CONDITIONS.getOrDefault(condition, condition);
  }

  /** The whole page. */
  public String render() {
    StringBuilder page = new StringBuilder();
    page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<title>3DVLA demo</title>\n<style>\n").append(style()).append("</style>\n");
    page.append("</head>\n<body>\n<main>\n");
    head(page);
    table(page);
    charts(page);
    examples(page);
    cost(page);
    foot(page);
    return page.append("</main>\n</body>\n</html>\n").toString();
  }

  private static String style() {
    try (InputStream in = DemoPage.class.getResourceAsStream("demo.css")) {
      return new String(
          Objects.requireNonNull(in, "demo.css is missing in the program").readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---------------------------------------- what came out

  private void head(StringBuilder page) {
    page.append("<header>\n<h1>Does a robot policy get better when it is given 3D?</h1>\n");
    page.append(
        ("<p class=\"lead\">Three policies did the same %d episodes in a simulated tabletop: the"
                + " <b class=\"t0\">baseline</b>, its <b class=\"t1\">twin</b> that was trained on"
                + " for as long as the plug-in was, and <b class=\"t2\">3DVLA</b>, which is the"
                + " baseline with a plug-in that sees depth, objects and what is hidden.</p>\n")
            .formatted(summary.of(entrants.get(0).name()).trials()));
    if (!warning.isEmpty()) {
      page.append("<p class=\"warning\" role=\"alert\">%s</p>\n".formatted(Html.text(warning)));
    }
    page.append("<ul class=\"verdicts\">\n");
    for (Map.Entry<String, Summary> group : conditions().entrySet()) {
      page.append("<li>%s</li>\n".formatted(verdict(group.getKey(), group.getValue())));
    }
    page.append("</ul>\n</header>\n");
  }

  private Map<String, Summary> conditions() {
    return summary.by(row -> row.trial().perturbation());
  }

  private Pairs pairs(Summary group) {
    return group.pairs(entrants.get(1).name(), entrants.get(2).name());
  }

  private String verdict(String condition, Summary group) {
    Pairs pairs = pairs(group);
    double difference = pairs.second().share() - pairs.first().share();
    boolean shown = pairs.mcNemar() < LEVEL;
    String word =
        !shown
            ? "no difference that these %d episodes could show".formatted(pairs.count())
            : difference > 0 ? "3DVLA is ahead of its twin" : "3DVLA is behind its twin";
    return "<b>%s:</b> %s (%s against %s, p = %s)"
        .formatted(
            capital(words(condition)),
            word,
            percent(pairs.second().share()),
            percent(pairs.first().share()),
            p(pairs.mcNemar()));
  }

  private static String capital(String text) {
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.0f&nbsp;%%", 100 * share);
  }

  private static String p(double p) {
    return p < 0.001 ? "&lt; 0.001" : String.format(Locale.ROOT, "%.2g", p);
  }

  private void table(StringBuilder page) {
    page.append("<section>\n<h2>How often the task was done</h2>\n<div class=\"scroll\"><table>\n");
    page.append("<thead><tr><th>episodes</th>");
    for (int i = 0; i < entrants.size(); i++) {
      page.append("<th class=\"t%d\">%s</th>".formatted(i, Html.text(entrants.get(i).name())));
    }
    page.append("<th>3DVLA less twin</th><th>p</th></tr></thead>\n<tbody>\n");
    conditions().forEach((condition, group) -> row(page, capital(words(condition)), group));
    row(page, "All", summary);
    page.append("</tbody></table></div>\n");
    page.append(
        "<p class=\"note\">In brackets: 95&nbsp;% intervals (Wilson; of differences Newcombe for"
            + " pairs). p is McNemar's exact test on the episodes that only one of the two managed."
            + " The baseline and the twin have no depth and no plug-in. What is not significant"
            + " here may still be so with more episodes, and the other way round.</p>\n</section>\n");
  }

  private void row(StringBuilder page, String name, Summary group) {
    page.append("<tr><th scope=\"row\">%s</th>".formatted(Html.text(name)));
    for (Entrant entrant : entrants) {
      Proportion share = group.of(entrant.name());
      Interval interval = share.wilson();
      page.append(
          String.format(
              Locale.ROOT,
              "<td><b>%s</b> <span class=\"quiet\">(%.0f&ndash;%.0f)</span><br>"
                  + "<span class=\"quiet\">%d of %d</span></td>",
              percent(share.share()),
              100 * interval.low(),
              100 * interval.high(),
              share.successes(),
              share.trials()));
    }
    Pairs pairs = pairs(group);
    Interval d = pairs.difference();
    page.append(
        String.format(
            Locale.ROOT,
            "<td><b>%+.0f</b> <span class=\"quiet\">(%+.0f to %+.0f)</span><br>"
                + "<span class=\"quiet\">better in %d, worse in %d</span></td><td>%s</td></tr>\n",
            100 * (pairs.second().share() - pairs.first().share()),
            100 * d.low(),
            100 * d.high(),
            pairs.onlySecond(),
            pairs.onlyFirst(),
            p(pairs.mcNemar())));
  }

  // ---------------------------------------- severities

  private void charts(StringBuilder page) {
    page.append("<section>\n<h2>The harder it gets</h2>\n<div class=\"charts\">\n");
    chart(
        page,
        "camera",
        "how far the scene camera is moved (0: as in training)",
        List.of("0", "1", "2", "3", "4", "5"));
    chart(
        page,
        "occlusion",
        "share of the target that a board hides from the scene camera",
        List.of("0 %", "30 %", "50 %", "70 %", "90 %"));
    page.append("</div>\n<p class=\"legend\">");
    for (int i = 0; i < entrants.size(); i++) {
      page.append(
          "<span class=\"s%d\"><svg viewBox=\"0 0 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">%s</svg> %s</span> "
              .formatted(i, Chart.mark(i, 7, 7), Html.text(entrants.get(i).name())));
    }
    page.append(
        "</p>\n<p class=\"note\">Bars are 95&nbsp;% intervals; with few episodes at a severity they"
            + " are long, and lines between severities only guide the eye.</p>\n</section>\n");
  }

  private void chart(StringBuilder page, String dimension, String axis, List<String> names) {
    List<Chart.Series> lines = new ArrayList<>();
    for (Entrant entrant : entrants) {
      List<Proportion> shares = new ArrayList<>();
      for (int severity = 0; severity < names.size(); severity++) {
        shares.add(
            summary.under(severity == 0 ? Trial.NOMINAL : dimension, severity).of(entrant.name()));
      }
      lines.add(new Chart.Series(entrant.name(), shares));
    }
    page.append("<figure>%s</figure>\n".formatted(Chart.of(axis, names, lines)));
  }

  // ---------------------------------------- episodes

  private void examples(StringBuilder page) {
    page.append("<section>\n<h2>What the robot saw, and what came of it</h2>\n");
    page.append(
        "<p>Episodes on which 3DVLA and its twin came apart are shown first, wins and then losses;"
            + " after them some on which they did the same. Pictures of the scene show what the"
            + " plug-in made of the first instant. Coloured outlines: objects it found, with its"
            + " confidence. Dark pictures: where its probes began (rings), moved and ended (discs,"
            + " larger the more that view counts). Diamonds: points at which it completes hidden"
            + " parts. The gate says how much of these an object takes in.</p>\n");
    for (Example example : examples) {
      example(page, example);
    }
    if (examples.isEmpty()) {
      page.append("<p>No episode was kept.</p>\n");
    }
    page.append("</section>\n");
  }

  private void example(StringBuilder page, Example example) {
    Trial trial = example.endings().get(0).row().trial();
    page.append("<article>\n<h3>%s</h3>\n".formatted(Html.text(example.heading())));
    page.append(
        "<p>&ldquo;%s&rdquo; &middot; %s%s<br><code>%s</code></p>\n"
            .formatted(
                Html.text(example.instruction()),
                Html.text(words(trial.perturbation())),
                trial.severity() == 0 ? "" : ", severity " + trial.severity(),
                Html.text(trial.episode())));
    page.append("<div class=\"body\">\n<div>\n<div class=\"scene\">\n");
    List<ScenePictures.Panels> panels =
        example.shot() == null ? List.of() : ScenePictures.of(example.shot(), PANEL);
    for (int view = 0; view < example.seen().size(); view++) {
      String name = panels.size() > view ? panels.get(view).name() : "view " + (view + 1);
      figure(page, Html.picture(example.seen().get(view), name), name + ": seen");
      if (panels.size() > view) {
        figure(page, Html.picture(panels.get(view).instances(), name), "objects found");
        figure(page, Html.picture(panels.get(view).probes(), name), "probes and hidden points");
      }
    }
    page.append("</div>\n");
    SceneShot shot = example.shot();
    if (shot == null) {
      page.append("<p class=\"note\">The plug-in had no calibrated depth here.</p>\n");
    } else {
      gates(page, shot);
    }
    page.append("</div>\n<div class=\"endings\">\n");
    for (int i = 0; i < example.endings().size(); i++) {
      ending(page, example.endings().get(i), i);
    }
    page.append("</div>\n</div>\n</article>\n");
  }

  private static void figure(StringBuilder page, String picture, String words) {
    page.append(
        "<figure>%s<figcaption>%s</figcaption></figure>\n".formatted(picture, Html.text(words)));
  }

  private static void gates(StringBuilder page, SceneShot shot) {
    long tokens = shot.instances().stream().filter(SceneShot.Instance::isToken).count();
    page.append(
        "<details><summary>%d of %d probes became object tokens; %d points to complete</summary>\n"
            .formatted(tokens, shot.probes().size(), shot.hidden().size()));
    page.append("<div class=\"scroll\"><table class=\"small\"><thead><tr><th>object</th>");
    page.append("<th>confidence</th><th>gate</th>");
    shot.views()
        .forEach(
            view ->
                page.append("<th>weight of %s</th>".formatted(Html.text(view.source().name()))));
    page.append("</tr></thead><tbody>\n");
    for (SceneShot.Instance one : shot.instances()) {
      Color c = ScenePictures.colour(one);
      page.append(
          String.format(
              Locale.ROOT,
              "<tr><td><span class=\"dot\" style=\"background:rgb(%d,%d,%d)\"></span> %d%s</td>"
                  + "<td>%.2f</td><td>%s</td>",
              c.getRed(),
              c.getGreen(),
              c.getBlue(),
              one.number(),
              one.isToken() ? "" : " (no token)",
              one.score(),
              Double.isNaN(one.gate()) ? "-" : String.format(Locale.ROOT, "%.2f", one.gate())));
      for (int view = 0; view < shot.views().size(); view++) {
        page.append(
            String.format(Locale.ROOT, "<td>%.2f</td>", ScenePictures.weight(shot, view, one)));
      }
      page.append("</tr>\n");
    }
    page.append("</tbody></table></div></details>\n");
  }

  private static void ending(StringBuilder page, Example.Ending ending, int number) {
    EpisodeRow row = ending.row();
    page.append(
        "<figure><figcaption><b class=\"t%d\">%s</b> <span class=\"%s\">%s</span> after %d steps</figcaption>"
            .formatted(
                number,
                Html.text(row.policy()),
                row.success() ? "done" : "failed",
                row.success() ? "&#10003; done" : "&#10007; not done",
                row.steps()));
    if (ending.strip() != null) {
      page.append(Html.picture(ending.strip(), row.policy() + ", from beginning to end"));
    }
    page.append("</figure>\n");
  }

  // ---------------------------------------- cost and origin

  private void cost(StringBuilder page) {
    Entrant with = entrants.get(2);
    page.append("<section>\n<h2>What the plug-in costs</h2>\n<div class=\"scroll\"><table>\n");
    page.append(
        "<thead><tr><th>policy</th><th>parameters of the policy</th><th>of the plug-in</th>"
            + "<th>one question</th><th>of it the plug-in</th></tr></thead><tbody>\n");
    for (int i = 0; i < entrants.size(); i++) {
      Entrant entrant = entrants.get(i);
      page.append(
          String.format(
              Locale.ROOT,
              "<tr><th scope=\"row\" class=\"t%d\">%s</th><td>%,d</td><td>%s</td><td>%.1f ms</td><td>%s</td></tr>\n",
              i,
              Html.text(entrant.name()),
              entrant.policyParameters(),
              entrant.pluginParameters() == 0
                  ? "-"
                  : String.format(Locale.ROOT, "%,d", entrant.pluginParameters()),
              entrant.milliseconds(),
              entrant.pluginParameters() == 0
                  ? "-"
                  : String.format(Locale.ROOT, "%.1f ms", entrant.pluginMilliseconds())));
    }
    page.append("</tbody></table></div>\n");
    page.append(
        String.format(
            Locale.ROOT,
            "<p class=\"note\">Medians on this machine (%d processors), one question at a time with"
                + " one thread an operation. These policies are tiny, so the plug-in's share is"
                + " %.0f&nbsp;%% of a question; beside a policy of full size it is a few percent"
                + " (<code>vla3d bench scene</code>).</p>\n</section>\n",
            Runtime.getRuntime().availableProcessors(),
            100 * with.pluginMilliseconds() / Math.max(1e-9, with.milliseconds())));
  }

  private void foot(StringBuilder page) {
    EpisodeRow any = summary.rows().get(0);
    page.append("<footer>\n<h2>Where these figures come from</h2>\n");
    page.append("<p><code>%s</code></p>\n<ul>\n".formatted(Html.text(command)));
    for (Entrant entrant : entrants) {
      page.append(
          "<li><b>%s</b>: %s; weights <code>%s</code></li>\n"
              .formatted(
                  Html.text(entrant.name()),
                  Html.text(entrant.words()),
                  Html.text(entrant.version())));
    }
    page.append(
        String.format(
            Locale.ROOT,
            "<li>%d episodes in %.0f s; seed %d; %s; %d actions of each chunk executed</li>\n",
            summary.rows().size(),
            seconds,
            any.seed(),
            Html.text(any.program()),
            any.executed()));
    page.append(
        "<li>Each episode is its name: the same name is the same episode for every policy. All are"
            + " in <code>episodes.csv</code> beside this page, and numbers from 100000 on were not"
            + " trained on.</li>\n</ul>\n</footer>\n");
  }
}
