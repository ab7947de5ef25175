package io.github.vla3d.cli;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.cli.demo.Example;
import io.github.vla3d.cli.scene.SceneShot;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.data.View;
import io.github.vla3d.evaluation.AgentContestant;
import io.github.vla3d.evaluation.Arena;
import io.github.vla3d.evaluation.EpisodeRow;
import io.github.vla3d.evaluation.Evaluation;
import io.github.vla3d.evaluation.Summary;
import io.github.vla3d.evaluation.TabletopBenchmark;
import io.github.vla3d.evaluation.Trial;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * The episodes that {@code vla3d demo} shows: wins of the plug-in over the twin, then losses, then
 * one of each condition in which they did not differ.
 *
 * @param evaluation baseline, twin and plug-in, in this order
 * @param summary its rows
 * @param pictures where strips of the episodes are
 */
record DemoExamples(Evaluation evaluation, Summary summary, Path pictures) {
  private static final int SHOWN = 224;
  private static final int FEW = 3;

  /**
   * Draws them.
   *
   * @param agent with the plug-in
   */
  List<Example> draw(Agent agent) throws IOException {
    List<Example> examples = new ArrayList<>();
    try (Arena arena = new TabletopBenchmark(SHOWN).open();
        Arena asPlayed = evaluation.benchmark().open()) {
      for (Map.Entry<Trial, String> one : chosen().entrySet()) {
        Trial trial = one.getKey();
        arena.begin(trial);
        asPlayed.begin(trial);
        Observation shown = arena.observe();
        List<BufferedImage> seen = new ArrayList<>();
        for (View view : shown.views()) {
          seen.add(TabletopPlayCommand.picture(view.rgb()));
        }
        examples.add(
            new Example(
                one.getValue(),
                shown.instruction(),
                seen,
                shot(agent, asPlayed.observe()),
                endings(trial)));
      }
    }
    return examples;
  }

  private static @Nullable SceneShot shot(Agent agent, Observation given) {
    if (!(agent.memory().orElse(null) instanceof ScenePlugin with)) {
      return null;
    }
    RobotBase base = AgentContestant.base(agent, given);
    return SceneShot.of(agent, with, base.inBase(given)).orElse(null);
  }

  private List<Example.Ending> endings(Trial trial) throws IOException {
    List<Example.Ending> endings = new ArrayList<>();
    for (EpisodeRow row : summary.where(row -> row.trial().equals(trial)).rows()) {
      Path strip = Strip.file(pictures, row.policy(), trial.episode());
      endings.add(
          new Example.Ending(
              row, Files.isRegularFile(strip) ? ImageIO.read(strip.toFile()) : null));
    }
    return endings;
  }

  /** What is shown, and why. */
  private Map<Trial, String> chosen() {
    String twin = evaluation.contestants().get(1).name();
    String with = evaluation.contestants().get(2).name();
    Map<Trial, String> wins = new LinkedHashMap<>();
    Map<Trial, String> losses = new LinkedHashMap<>();
    Map<Trial, String> others = new LinkedHashMap<>();
    Set<String> conditions = new LinkedHashSet<>();
    summary
        .by(EpisodeRow::trial)
        .forEach(
            (trial, rows) -> {
              boolean first = rows.of(twin).successes() > 0;
              boolean second = rows.of(with).successes() > 0;
              if (second && !first && wins.size() < FEW) {
                wins.put(trial, "A win: 3DVLA did it, its twin did not");
              } else if (first && !second && losses.size() < FEW) {
                losses.put(trial, "A loss: the twin did it, 3DVLA did not");
              } else if (first == second && conditions.add(trial.perturbation())) {
                others.put(trial, first ? "Both did it" : "Neither did it");
              }
            });
    Map<Trial, String> all = new LinkedHashMap<>(wins);
    all.putAll(losses);
    all.putAll(others);
    return all;
  }
}
