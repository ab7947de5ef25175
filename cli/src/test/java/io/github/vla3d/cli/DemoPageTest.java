package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.cli.demo.DemoPage;
import io.github.vla3d.cli.demo.Entrant;
import io.github.vla3d.cli.demo.Example;
import io.github.vla3d.cli.scene.SceneShot;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.evaluation.AgentContestant;
import io.github.vla3d.evaluation.EpisodeRow;
import io.github.vla3d.evaluation.ShippedWeights;
import io.github.vla3d.evaluation.Summary;
import io.github.vla3d.evaluation.Trial;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.tabletop.Tabletop;
import io.github.vla3d.tabletop.Variant;
import java.awt.image.BufferedImage;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class DemoPageTest {
  private static final List<String> NAMES = List.of("baseline", "twin", "3dvla");

  @TempDir Path folder;

  private static EpisodeRow row(
      String policy, String perturbation, int severity, int i, boolean ok) {
    Trial trial =
        new Trial(
            "task@" + perturbation + severity + "#" + i, "s", "task", perturbation, "", severity);
    return new EpisodeRow(policy, "abc", 8, "tabletop", trial, 0, ok, 100, 13, "vla3d test");
  }

  /** Of ten episodes of a kind the policies do 4, 5 and {@code with}. */
  private static List<EpisodeRow> rows(String perturbation, int severity, int with) {
    List<EpisodeRow> rows = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      rows.add(row("baseline", perturbation, severity, i, i < 4));
      rows.add(row("twin", perturbation, severity, i, i < 5));
      rows.add(row("3dvla", perturbation, severity, i, i < with));
    }
    return rows;
  }

  private static DemoPage page(List<Example> examples, String warning) {
    List<EpisodeRow> rows = new ArrayList<>(rows("nominal", 0, 5));
    rows.addAll(rows("camera", 3, 4));
    rows.addAll(rows("camera", 5, 0));
    rows.addAll(rows("occlusion", 2, 10));
    rows.addAll(rows("occlusion", 4, 8));
    List<Entrant> entrants =
        NAMES.stream()
            .map(
                name ->
                    new Entrant(
                        name, "what <it> is", "abc", 1000, name.equals("3dvla") ? 250 : 0, 20, 5))
            .toList();
    return new DemoPage(
        entrants, new Summary(rows), examples, "vla3d demo --x \"<&>\"", warning, 12);
  }

  /** What a plug-in with random weights makes of a table, completion points included. */
  private Example example() throws Exception {
    double[] ones = new double[8];
    double[] minus = new double[8];
    Arrays.fill(ones, 1);
    Arrays.fill(minus, -1);
    NormStats.Vector eight = NormStats.Vector.of(new double[8], ones, minus, ones);
    Path policy = folder.resolve("policy");
    FreshPolicy.test(PiFamily.PI05, List.of("agentview", "wrist"))
        .write(policy, new NormStats(Map.of("state", eight, "actions", eight)), 1);
    Preset preset = Preset.of("test").with("scene.selection.score", "0");
    Tabletop table = new Tabletop(64);
    Observation seen = table.reset(Variant.nominal("bowl_on_plate", 3));
    try (Agent agent =
        Agent.load(
            policy,
            AgentOptions.DEFAULTS.withMemory(with -> ScenePlugin.fresh(with, preset, 1, 3)))) {
      SceneShot shot =
          SceneShot.of(
                  agent,
                  (ScenePlugin) agent.memory().orElseThrow(),
                  AgentContestant.base(agent, seen).inBase(seen))
              .orElseThrow();
      List<Example.Ending> endings =
          NAMES.stream()
              .map(
                  name ->
                      new Example.Ending(
                          row(name, "camera", 3, 0, name.equals("twin")),
                          new BufferedImage(20, 4, BufferedImage.TYPE_INT_RGB)))
              .toList();
      BufferedImage picture = TabletopPlayCommand.picture(seen.views().get(0).rgb());
      return new Example("A <loss>", "put \"it\" there", List.of(picture, picture), shot, endings);
    }
  }

  @Test
  void thePageNeedsNothingElseAndIsWellFormed() throws Exception {
    String html = page(List.of(example()), "Random <weights>").render();
    assertThat(html).doesNotContainPattern("https?:").doesNotContain("<script", "@import", "url(");
    assertThat(html)
        .contains("Random &lt;weights&gt;", "put &quot;it&quot; there", "A &lt;loss&gt;");
    assertThat(html).contains("8 of 8 probes became object tokens");
    // Seen, objects and probes of two views, and three endings, all within the page.
    assertThat(html.split("src=\"data:image/png;base64,", -1)).hasSize(1 + 6 + 3);
    assertThat(html.split("src=", -1)).hasSize(1 + 6 + 3);
    String xml =
        html.replace("<!doctype html>", "")
            .replaceAll("<(meta|img)([^>]*)>", "<$1$2/>")
            .replaceAll("<br>", "<br/>")
            .replaceAll("&(nbsp|ndash|middot|ldquo|rdquo);", " ");
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(xml)));
  }

  @Test
  void figuresAreThoseOfTheEpisodes() {
    String html = page(List.of(), "").render();
    assertThat(html).doesNotContain("role=\"alert\"");
    // 5 of 10 against 5; 4 and 0 against 5 and 5: p = 2 / 2^6; 10 and 8 against 5 and 5: 2 / 2^8.
    assertThat(html).contains("<b>As in training:</b> no difference that these 10 episodes");
    assertThat(html)
        .contains(
            "<b>Camera moved:</b> 3DVLA is behind its twin (20&nbsp;% against 50&nbsp;%, p = 0.031)");
    assertThat(html)
        .contains(
            "<b>Target hidden:</b> 3DVLA is ahead of its twin (90&nbsp;% against 50&nbsp;%, p = 0.0078)");
    assertThat(html).contains("better in 8, worse in 0", "better in 0, worse in 6");
    assertThat(html).contains("<title>3dvla: 10 of 10</title>", "<title>3dvla: 0 of 10</title>");
    assertThat(html).contains("share is 25&nbsp;%");
  }

  @Test
  void whatIsNoPolicyIsNamedAndNothingIsWritten() throws Exception {
    Program program =
        Program.run(
            "demo", "--baseline", folder.toString(), "--out", folder.resolve("out").toString());
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err())
        .contains(folder.toString(), "wanted a policy")
        .doesNotContain("\tat ");
    assertThat(folder.resolve("out")).doesNotExist();
    assertThatThrownBy(() -> new DemoPage(List.of(), new Summary(List.of()), List.of(), "", "", 0))
        .hasMessageContaining("three policies");
  }

  @Test
  void withoutWeightsItSaysWhatIsMissing() {
    Path mine = folder.resolve("mine");
    assertThatThrownBy(
            () ->
                DemoCommand.found(
                    part -> part == ShippedWeights.Part.TWIN ? Optional.of(mine) : Optional.empty(),
                    part -> Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got no weights/baseline, weights/3dvla")
        .hasMessageContaining("--random-weights");
    assertThat(DemoCommand.found(part -> Optional.of(mine), ShippedWeights::find))
        .hasSize(3)
        .containsEntry(ShippedWeights.Part.BASELINE, mine);
  }

  /** The three come with the program. */
  @Test
  void theShippedWeightsAreFound() {
    assertThat(DemoCommand.found(part -> Optional.empty(), ShippedWeights::find))
        .containsOnlyKeys(ShippedWeights.Part.values());
  }
}
