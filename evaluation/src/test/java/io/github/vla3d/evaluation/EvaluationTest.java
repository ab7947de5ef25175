package io.github.vla3d.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.agent.PluginFolder;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  private static final TabletopBenchmark TABLETOP = new TabletopBenchmark(64);

  /** Stops after so many episodes. */
  private record Until(int episodes, List<EpisodeRow> played) implements Evaluation.Listener {
    Until(int episodes) {
      this(episodes, new ArrayList<>());
    }

    @Override
    public void played(EpisodeRow row) {
      played.add(row);
    }

    @Override
    public boolean stop() {
      return played.size() >= episodes;
    }
  }

  /** Looks at nothing, moves the hand by its noise. */
  private static final class Blind implements Contestant {
    @Override
    public String name() {
      return "blind";
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public int executed() {
      return 1;
    }

    @Override
    public Player begin(Arena arena, long seed) {
      java.util.Random random = new java.util.Random(seed);
      return new Player() {
        @Override
        public double[] act() {
          return random.doubles(7, -1, 1).toArray();
        }

        @Override
        public int questions() {
          return 0;
        }
      };
    }

    @Override
    public void close() {}
  }

  @TempDir Path folder;

  private Path random(long seed) {
    Path place = folder.resolve("policy" + seed);
    FreshPolicy.test(PiFamily.PI05, List.of("agentview", "wrist"))
        .write(
            place,
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            seed);
    return place;
  }

  private static AgentContestant load(String name, Path policy) {
    return new AgentContestant(name, policy, Agent.load(policy, AgentOptions.DEFAULTS), 0);
  }

  private static List<Trial> trials(int episodes, String... words) {
    return TABLETOP.trials(
        new Selection(List.of("bowl_on_plate"), List.of(words), episodes, Selection.FIRST));
  }

  private EpisodeTable table(String name) throws IOException {
    return new EpisodeTable(folder.resolve(name));
  }

  @Test
  void expertSucceedsWhereChanceFails() throws IOException {
    List<Trial> trials = trials(3, "nominal");
    Evaluation evaluation =
        new Evaluation(TABLETOP, List.of(new ExpertContestant(), new Blind()), trials, 0, 2);
    try (EpisodeTable table = table("episodes.csv")) {
      assertThat(evaluation.run(table, new Until(99))).isTrue();
      Summary summary = Summary.of(evaluation, table);
      assertThat(summary.of("expert").successes()).isEqualTo(3);
      assertThat(summary.of("blind").successes()).isZero();
      assertThat(summary.pairs("blind", "expert").onlySecond()).isEqualTo(3);
      for (String policy : List.of("expert", "blind")) {
        assertThat(
                summary.where(row -> row.policy().equals(policy)).rows().stream()
                    .map(row -> row.trial().episode()))
            .containsExactlyElementsOf(trials.stream().map(Trial::episode).toList());
      }
      assertThat(new EvaluationReport(summary).lines())
          .anyMatch(line -> line.startsWith("bowl_on_plate") && line.contains("3/3"));
      assertThat(new EvaluationReport(summary).document().path("pairs")).hasSize(2);
    }
  }

  /** The same bytes whatever the threads, and however often it was cut off, lines included. */
  @Test
  void interruptedOrNotItIsTheSameTable() throws IOException {
    List<Trial> trials = trials(2, "nominal", "robot:3");
    List<Contestant> contestants = List.of(new ExpertContestant(), new Blind());
    Evaluation one = new Evaluation(TABLETOP, contestants, trials, 4, 1);
    try (EpisodeTable table = table("whole.csv")) {
      assertThat(one.run(table, new Until(99))).isTrue();
      table.finish();
    }
    Evaluation two = new Evaluation(TABLETOP, contestants, trials, 4, 2);
    Path cut = folder.resolve("cut.csv");
    int runs = 0;
    boolean whole = false;
    while (!whole) {
      assertThat(runs++).isLessThan(10);
      try (EpisodeTable table = new EpisodeTable(cut)) {
        Until until = new Until(3);
        whole = two.run(table, until);
        assertThat(until.played().size()).isBetween(1, 5);
        if (whole) {
          table.finish();
        }
      }
      if (!whole) {
        // As a process leaves it that dies within a line.
        Files.writeString(cut, "expert,scripted,1,tabl", StandardOpenOption.APPEND);
      }
    }
    assertThat(runs).isGreaterThan(1);
    assertThat(cut).hasSameBinaryContentAs(folder.resolve("whole.csv"));
  }

  @Test
  void policiesActTheSameOnOneThreadAndTwo() throws IOException {
    Path policy = random(3);
    List<Trial> trials = trials(2, "camera:2");
    List<List<EpisodeRow>> rows = new ArrayList<>();
    for (int threads : List.of(1, 2)) {
      try (AgentContestant contestant = load("random", policy);
          EpisodeTable table = table("threads" + threads)) {
        Evaluation evaluation =
            new Evaluation(TABLETOP, List.of(contestant, new Blind()), trials, 7, threads);
        List<String> ends = java.util.Collections.synchronizedList(new ArrayList<>());
        Evaluation.Listener listener =
            new Evaluation.Listener() {
              @Override
              public void played(EpisodeRow row) {}

              @Override
              public java.util.function.Consumer<Arena> watcher(Contestant who, Trial trial) {
                return arena -> {
                  if (arena.standing().done()) {
                    ends.add(who.name() + trial + Arrays.toString(arena.observe().state()));
                  }
                };
              }

              @Override
              public boolean stop() {
                return false;
              }
            };
        assertThat(evaluation.run(table, listener)).isTrue();
        rows.add(Summary.of(evaluation, table).rows());
        java.util.Collections.sort(ends);
        // Where the hand is in the end, to the bit.
        Files.write(folder.resolve("ends" + threads), ends);
      }
    }
    assertThat(rows.get(0)).isEqualTo(rows.get(1)).hasSize(4);
    assertThat(rows.get(0).get(0).questions()).isEqualTo(280 / 8);
    assertThat(rows.get(0).get(0).success()).isFalse();
    assertThat(folder.resolve("ends1")).hasSameTextualContentAs(folder.resolve("ends2"));
  }

  @Test
  void aPluginActsToo() throws IOException {
    Path base = random(1);
    Path plugin = folder.resolve("plugin");
    try (Agent agent =
        Agent.load(
            base,
            AgentOptions.DEFAULTS.withMemory(
                policy -> ScenePlugin.fresh(policy, Preset.of("test"), 1, 2)))) {
      PluginFolder.save(agent, plugin, plugin);
    }
    try (AgentContestant without = load("base", base);
        AgentContestant with = load("plugin", plugin);
        EpisodeTable table = table("plugin.csv")) {
      assertThat(with.version()).isNotEqualTo(without.version());
      Evaluation evaluation =
          new Evaluation(TABLETOP, List.of(without, with), trials(1, "occlusion:2"), 0, 2);
      assertThat(evaluation.run(table, new Until(99))).isTrue();
      assertThat(with.timings()).hasSize(35);
      assertThat(Summary.of(evaluation, table).pairs("base", "plugin").count()).isEqualTo(1);
    }
  }

  /** What costs is only done when a policy asks for it. */
  @Test
  void picturesAreDrawnOncePerQuestion() throws IOException {
    AtomicInteger looks = new AtomicInteger();
    Benchmark counting =
        new Benchmark() {
          @Override
          public String name() {
            return "counting";
          }

          @Override
          public List<Trial> trials(Selection selection) {
            return TABLETOP.trials(selection);
          }

          @Override
          public Arena open() {
            Arena arena = TABLETOP.open();
            return new Arena() {
              @Override
              public void begin(Trial trial) {
                arena.begin(trial);
              }

              @Override
              public Observation observe() {
                looks.incrementAndGet();
                return arena.observe();
              }

              @Override
              public Standing step(double[] action) {
                return arena.step(action);
              }

              @Override
              public Standing standing() {
                return arena.standing();
              }

              @Override
              public void close() {}
            };
          }
        };
    Path policy = random(5);
    try (AgentContestant four =
            new AgentContestant("four", policy, Agent.load(policy, AgentOptions.DEFAULTS), 4);
        EpisodeTable table = table("looks.csv")) {
      new Evaluation(counting, List.of(four, new Blind()), trials(1, "nominal"), 0, 1)
          .run(table, new Until(99));
      assertThat(looks.get()).isEqualTo(280 / 4);
    }
    assertThatThrownBy(
            () -> new AgentContestant("nine", policy, Agent.load(policy, AgentOptions.DEFAULTS), 9))
        .hasMessageContaining("wanted 1 to 8 actions");
  }

  @Test
  void otherWeightsAreNotMixedIn() throws IOException {
    Path first = random(1);
    Path second = random(2);
    Evaluation.Listener all = new Until(99);
    try (AgentContestant a = load("p", first);
        EpisodeTable table = table("mixed.csv")) {
      new Evaluation(TABLETOP, List.of(a), trials(1, "nominal"), 0, 1).run(table, all);
    }
    try (AgentContestant b = load("p", second);
        EpisodeTable table = table("mixed.csv")) {
      assertThatThrownBy(
              () ->
                  new Evaluation(TABLETOP, List.of(b), trials(1, "nominal"), 0, 1).run(table, all))
          .hasMessageContaining("wanted episodes of 'p' with weights " + b.version());
      assertThatThrownBy(() -> table("mixed.csv")).hasMessageContaining("another evaluation");
    }
    try (AgentContestant copy = load("p", first)) {
      assertThat(copy.version()).hasSize(12);
      assertThatThrownBy(
              () -> new Evaluation(TABLETOP, List.of(copy, copy), trials(1, "nominal"), 0, 1))
          .hasMessageContaining("different names");
    }
  }

  @Test
  void otherFilesAreLeftAlone() throws IOException {
    Path file = folder.resolve("letter.txt");
    for (String text : List.of("Dear all", "Dear all\nyours\n")) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> new EpisodeTable(file)).hasMessageContaining("table of episodes");
      assertThat(file).hasContent(text);
    }
    Files.writeString(file, EpisodeRow.HEADER + "\na,b,c\n");
    assertThatThrownBy(() -> new EpisodeTable(file)).hasMessageContaining("line 2");
  }

  @Test
  void selectionsAreSpelledOut() {
    assertThat(trials(5, "camera:3"))
        .extracting(Trial::episode)
        .containsExactly(
            "bowl_on_plate@camera.orbit.3#100000",
            "bowl_on_plate@camera.distance.3#100001",
            "bowl_on_plate@camera.turn.3#100002",
            "bowl_on_plate@camera.focal.3#100003",
            "bowl_on_plate@camera.orbit.3#100004");
    assertThat(trials(2, "camera.turn:5", "nominal"))
        .extracting(Trial::episode)
        .containsExactly(
            "bowl_on_plate@camera.turn.5#100000",
            "bowl_on_plate#100000",
            "bowl_on_plate@camera.turn.5#100001",
            "bowl_on_plate#100001");
    assertThat(trials(1, "occlusion")).hasSize(4);
    assertThat(trials(1, "all")).hasSize(1 + 7 * 5 + 4);
    assertThat(
            TABLETOP.trials(
                new Selection(List.of("spatial", "bowl_next_to_mug"), List.of("nominal"), 1, 0)))
        .extracting(Trial::task)
        .containsExactly("bowl_next_to_mug", "block_between_cans", "mug_near_cabinet");
    for (String word : List.of("weather", "camera:6", "camera.up:1", "camera:", "occlusion:5")) {
      assertThatThrownBy(() -> trials(1, word)).hasMessageContaining("perturbation: wanted");
    }
  }
}
