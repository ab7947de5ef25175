package io.github.vla3d.tabletop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.torch.io.Npz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TabletopTest {
  private static Outcome play(Tabletop table, String name) {
    table.reset(Variant.parse(name));
    Expert expert = new Expert(table);
    Outcome outcome;
    do {
      outcome = table.step(expert.act());
    } while (!outcome.done());
    return outcome;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bowl_next_to_mug#1",
        "mustard_bottle_in_basket#2",
        "open_upper_drawer#3",
        "block_in_drawer#1",
        "butter_in_chest#4",
        "mug_on_cabinet@robot.3#1",
        "tomato_can_in_basket@layout.moved.4#1",
        "bowl_on_plate@occlusion.3#1"
      })
  void theExpertDoesIt(String name) {
    assertThat(play(new Tabletop(16), name).success()).isTrue();
  }

  @Test
  void threadsAndSavedStatesChangeNoBit() {
    List<Variant> variants =
        List.of(
            Variant.nominal("bowl_on_plate", 3),
            Variant.nominal("two_blocks_in_basket", 1),
            Variant.nominal("block_in_drawer", 2));
    List<Tabletop.State> one = run(variants, 1);
    List<Tabletop.State> two = run(variants, 2);
    assertThat(two).isEqualTo(one);

    Tabletop table = new Tabletop(16);
    table.restore(one.get(0));
    assertThat(table.save()).isEqualTo(one.get(0));
    for (int i = 0; i < 10; i++) {
      table.step(0.3, -0.2, -0.5, 0, 0, 0.1, 1);
    }
    Tabletop.State after = table.save();
    byte[] picture = table.shots().get(0).picture().rgb();
    table.restore(one.get(0));
    for (int i = 0; i < 10; i++) {
      table.step(0.3, -0.2, -0.5, 0, 0, 0.1, 1);
    }
    assertThat(table.save()).isEqualTo(after);
    assertThat(table.shots().get(0).picture().rgb()).isEqualTo(picture);
  }

  private static List<Tabletop.State> run(List<Variant> variants, int threads) {
    try (VectorTabletop tables = new VectorTabletop(variants.size(), 16, threads)) {
      tables.reset(variants);
      List<Expert> experts = new ArrayList<>();
      for (int i = 0; i < tables.size(); i++) {
        experts.add(new Expert(tables.table(i)));
      }
      Tabletop.State[] states = new Tabletop.State[tables.size()];
      tables.forEach(
          i -> {
            for (int step = 0; step < 60; step++) {
              tables.table(i).step(experts.get(i).act());
            }
            states[i] = tables.table(i).save();
          });
      return Arrays.asList(states);
    }
  }

  @Test
  void observationsFollowLibero() {
    Tabletop table = new Tabletop(64);
    Observation seen = table.reset(Variant.nominal("bowl_on_plate", 0));
    float[] state = seen.state();
    assertThat(state).hasSize(8);
    // Where LIBERO's arm begins, with the hand turned over by pi about x, and the fingers open.
    assertThat(state[0]).isBetween(-0.22f, -0.2f);
    assertThat(state[2]).isBetween(1.16f, 1.18f);
    assertThat(state[3]).isBetween(3.1f, 3.2f);
    assertThat(state[6]).isBetween(0.035f, 0.041f);
    assertThat(state[7]).isBetween(-0.041f, -0.035f);
    assertThat(seen.views()).extracting(View::name).containsExactly("agentview", "wrist");
    // Depth of the table's far corner region, by the camera that comes with it.
    View view = seen.views().get(0);
    var camera = view.camera().orElseThrow();
    var ground = new io.github.vla3d.geometry.Vector3(0.2, 0.02, Stage.TABLE_TOP);
    var projected = camera.project(ground);
    assertThat((double) view.depth().orElseThrow().at(projected.pixel()))
        .isCloseTo(projected.depth(), org.assertj.core.data.Offset.offset(0.02));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void aScreenHidesWhatItsNameSays(int severity) {
    Tabletop table = new Tabletop(64);
    table.reset(new Variant("tomato_can_in_basket", Dimension.OCCLUSION, "", severity, 5));
    assertThat(table.hidden())
        .isCloseTo(Screen.share(severity), org.assertj.core.data.Offset.offset(0.05));
  }

  @Test
  void namesOfEpisodesAreReadBackAndBadOnesRefused() {
    for (String name :
        List.of("bowl_on_plate#17", "block_in_bowl@camera.orbit.3#2", "bowl_on_plate@light.5#0")) {
      assertThat(Variant.parse(name).name()).isEqualTo(name);
    }
    assertThatThrownBy(() -> Variant.parse("bowl_on_plate@camera.roll.3#2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("orbit");
    assertThatThrownBy(() -> Variant.parse("fly#0")).hasMessageContaining("bowl_on_plate");
    assertThatThrownBy(() -> new Tabletop(64).step(0, 0, 0, 0, 0, 0, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  /**
   * In turn with somebody who strays and opens the hand the expert still does the task where time
   * allows, and what is written is what it wanted.
   */
  @ParameterizedTest
  @ValueSource(strings = {"block_between_cans", "open_upper_drawer"})
  void theExpertPlaysInTurns(String task) {
    Tabletop table = new Tabletop(16);
    int strayed = 0;
    int done = 0;
    for (int number = 0; number < 6; number++) {
      Variant variant = Variant.nominal(task, number);
      Dice dice = variant.dice("strays");
      double[] astray = {dice.uniform(-0.2, 0.2), dice.uniform(-0.2, 0.2), -0.03, 0, 0, 0.1, -1};
      Take take = Take.playInTurns(table, variant, at -> () -> astray);
      done += take.success() ? 1 : 0;
      for (int f = 0; f < take.frames(); f++) {
        strayed += Arrays.equals(take.actions().row(f), floats(astray)) ? 1 : 0;
      }
      Take again = Take.playInTurns(table, variant, at -> () -> astray);
      assertThat(again.frames()).isEqualTo(take.frames());
      assertThat(again.actions().row(20)).isEqualTo(take.actions().row(20));
      assertThat(take.frames()).isNotEqualTo(Take.play(table, variant).frames());
    }
    assertThat(done).as("episodes that the expert brings to an end").isGreaterThanOrEqualTo(5);
    assertThat(strayed).as("written actions that are not the expert's").isZero();
  }

  /** Who does just what the expert wants leads nowhere else, so all actions of chunks count. */
  @Test
  void turnsOfSomebodyWhoKnowsAreNoPushes() {
    Tabletop table = new Tabletop(16);
    Variant variant = Variant.nominal("bowl_next_to_mug", 0);
    List<Boolean> differs = new ArrayList<>();
    table.reset(variant);
    Turns turns =
        new Turns(
            table,
            at -> {
              Expert knows = Expert.takingOver(at);
              return knows::act;
            });
    int others = 0;
    while (!table.outcome().done()) {
      double[] wanted = turns.wanted();
      double[] done = turns.on(wanted);
      others += done == wanted ? 0 : 1;
      differs.add(turns.matters(wanted, done));
      table.step(done);
    }
    assertThat(table.outcome().success()).isTrue();
    assertThat(others).isGreaterThan(20);
    assertThat(differs.stream().filter(d -> d).count()).isLessThan(others / 2L);
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @Test
  void aRecordingIsReadBackAndKeepsTheTruthApart(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("set");
    Recorder.Result result =
        Recorder.record(
            List.of(Variant.nominal("open_upper_drawer", 0)),
            out,
            new Recorder.Options(0, 64, false, 2),
            () -> {});
    assertThat(result.failed()).isEmpty();
    try (Dataset dataset = Datasets.open(out)) {
      assertThat(dataset.size()).isEqualTo(1);
      var episode = dataset.episode(0);
      assertThat(episode.frames()).isEqualTo((int) result.frames());
      assertThat(episode.states().columns()).isEqualTo(8);
      assertThat(episode.observation(3).views().get(0).depth()).isPresent();
      assertThat(episode.observation(3).views().get(1).camera()).isPresent();
    }
    var truth =
        Npz.read(
            out.resolve("privileged/episode_000000.npz"),
            Set.of("seg_agentview", "object_pos", "object_center"),
            1 << 28);
    assertThat(java.util.Objects.requireNonNull(truth.get("seg_agentview")).spec().numel())
        .isEqualTo(result.frames() * 64 * 64);
    assertThat(java.util.Objects.requireNonNull(truth.get("object_pos")).spec().numel())
        .isEqualTo(result.frames() * 7 * 3);
    assertThat(Files.readString(out.resolve("meta/info.json"))).contains("observation.joint_pos");
  }
}
