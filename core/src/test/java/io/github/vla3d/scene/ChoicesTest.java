package io.github.vla3d.scene;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.github.vla3d.scene.config.Preset;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every key of the scene module changes what it names and nothing else: on one scene, with the same
 * weights, all that differs is in its row, all that its row names differs, and everything else is
 * the same bit for bit. Among the keys are the rows of the paper's Tables 3 and 4: {@code variant}
 * A, B and C, without fusion, matching in pictures, without the encoding of the end-effector, and a
 * mask ratio of 25 %.
 */
class ChoicesTest {
  /** Names for what follows from something; a star stands for both walks, training and acting. */
  private static final Map<String, String> SETS = new LinkedHashMap<>();

  static {
    SETS.put("LOSSES", "loss.cls; loss.box; loss.giou; loss.mask; loss.dice; loss.centroid; loss");
    SETS.put(
        "ROUTED",
        "*routing.h; *routing.gate; *routing.weights; *routing.routed; *tokens.instances");
    SETS.put(
        "ACTING_ROUTED",
        "acting routing.h; acting routing.gate; acting routing.weights; acting routing.routed; acting tokens.instances");
    SETS.put(
        "ACTING_PREDICTED",
        "acting completion.features; acting completion.output; acting tokens.completed");
    SETS.put("PREDICTED", "*completion.features; *completion.output; *tokens.completed");
    // Points of hidden parts, which masks decide at inference and labels while training.
    SETS.put("ASKED", "acting queries; acting completion.queries; ACTING_PREDICTED; ACTING_ROUTED");
    // What probes say after all layers.
    SETS.put(
        "SAID",
        "*later layers; *layer0.boxes; *instance.points; *instance.logits; *offset.instance; masks; match.cost; LOSSES; ROUTED; ASKED");
    SETS.put("MOVED", "*layer0.points; SAID");
    SETS.put("LAYER", "*layer0.content; *layer0.logits; MOVED");
    SETS.put("GATED", "*layer0.gate_normalised; LAYER");
    SETS.put("SAMPLED", "*layer0.sampled; *layer0.gate; GATED");
    SETS.put("SSL_LOSS", "ssl.recon; ssl.cos; ssl.var; ssl.loss");
    SETS.put("SSL_SAID", "ssl.output; SSL_LOSS");
    SETS.put("SSL", "ssl.memory_visible; ssl.context; ssl.target; SSL_SAID");
    SETS.put("HIDDEN", "ssl.masked; ssl.index; ssl.valid; ssl.queries; SSL");
    SETS.put(
        "MEMORY", "*memory; *pyramid; *mask_map; SAMPLED; *completion.context; PREDICTED; SSL");
    SETS.put("ENCODED", "*fusion.blocks; MEMORY");
    // What is picked: it may change where what it is picked by does.
    SETS.put(
        "PICKED",
        "match; *select.index; *select.valid; *routing.neighbours; *tokens.mask.instances; *tokens.mask.completed");
    SETS.put("ACTING_PICKED", "acting routing.neighbours; acting tokens.mask.completed");
  }

  /**
   * Key | value | what else is chosen before and after | what must differ | what may differ as it
   * is picked by what differs.
   */
  private static final String TABLE =
      """
      variant | A | | *completion.context; *completion.queries; acting queries; PREDICTED; ROUTED; *routing.neighbours; *tokens.mask.completed; HIDDEN; parameters predictor; parameters routing; parameters tokens |
      variant | B | | ROUTED; *routing.neighbours; parameters routing |
      workspace.min | [0.05, -0.55, -0.1] | | *fusion.coordinate; ENCODED; *layer0.position; *completion.queries; ssl.queries | PICKED
      workspace.max | [1.3, 0.55, 0.6] | | *fusion.coordinate; ENCODED; *layer0.position; *completion.queries; ssl.queries | PICKED
      sizes.width | 60 | | *fusion.projected; *fusion.coordinate; ENCODED; *layer0.position; *completion.queries; ssl.queries; parameters fusion; parameters pyramid; parameters mask_map; parameters probes; parameters decoder; parameters heads; parameters predictor; parameters routing; parameters tokens | PICKED
      sizes.feedForward | 64 | | ENCODED; parameters fusion; parameters decoder; parameters predictor | PICKED
      sizes.heads | 2 | | ENCODED; parameters decoder; parameters routing | PICKED
      sizes.fusionLayers | 2 | | ENCODED; parameters fusion | PICKED
      sizes.decoderLayers | 3 | | MOVED; parameters decoder | PICKED
      sizes.predictorLayers | 2 | | PREDICTED; ROUTED; SSL_SAID; parameters predictor |
      sizes.samplingPoints | 3 | | SAMPLED; parameters decoder | PICKED
      sizes.probes | 10 | | *layer0.points_in; *layer0.position; *layer0.projection; SAMPLED; parameters probes | PICKED
      sizes.maskWidth | 12 | | *mask_map; masks; loss.mask; loss.dice; loss; ASKED; parameters mask_map; parameters heads | ACTING_PICKED
      views.max | 5 | | parameters predictor |
      views.zMax | 0.9 | | *token.points; *token.has_depth; *fusion.coordinate; ENCODED; HIDDEN | PICKED
      views.eps | 0.3 | | *layer0.projection; *layer0.sampled; *layer0.points; *layer0.boxes; *later layers; masks; match.cost; loss.box; loss.giou; loss.mask; loss.dice; loss; ASKED | ACTING_PICKED
      fusion.enabled | false | | *fusion.coordinate; ENCODED; parameters fusion | PICKED
      rope.fusion | false | | ENCODED | PICKED
      rope.base | 10 | | ENCODED | PICKED
      rope.scale | 1 | | ENCODED | PICKED
      rope.base | 10 | rope.fusion=false | PREDICTED; *routing.h; *routing.gate; training routing.weights; *routing.routed; *tokens.instances; SSL_SAID | acting routing.weights
      rope.scale | 1 | rope.fusion=false | PREDICTED; *routing.h; *routing.gate; training routing.weights; *routing.routed; *tokens.instances; SSL_SAID | acting routing.weights
      fourier.bands | 4 | | *completion.context; *completion.queries; PREDICTED; *offset.instance; ROUTED; ssl.context; ssl.queries; SSL_SAID; parameters predictor; parameters tokens |
      msda.queryViewPe | false | | SAMPLED | PICKED
      gate.floor | 0.2 | | GATED | PICKED
      gate.depth | true | | *layer0.gate; GATED; parameters decoder | PICKED
      probe.reach | 0.3 | | MOVED | PICKED
      probe.readout | attention | | MOVED; parameters decoder | PICKED
      matching | 2d | | match; LOSSES; training select.index; training instance.points; training instance.logits; training offset.instance; training routing.h; training routing.gate; training routing.weights; training routing.routed; training tokens.instances | training routing.neighbours
      loss.cls | 2.01 | | match.cost; loss |
      loss.box | 5.01 | | match.cost; loss |
      loss.giou | 2.01 | | match.cost; loss |
      loss.mask | 6 | | loss |
      loss.dice | 6 | | loss |
      loss.centroid | 10.01 | | match.cost; loss |
      ssl.ratio | 0.25 | | HIDDEN |
      ssl.secondView | false | | HIDDEN |
      ssl.mask | pixels | | |
      ssl.teacher | branch | | ssl.target; SSL_LOSS; teacher |
      ssl.momentum | 0.9 | | |
      ssl.momentum | 0.9 | ssl.teacher=branch | ssl.target; SSL_LOSS; teacher |
      ssl.gamma | one | | ssl.var; ssl.loss |
      ssl.recon | 2 | | ssl.loss |
      ssl.cos | 2 | | ssl.loss |
      ssl.var | 5 | | ssl.loss |
      completion.source | head | | ASKED; parameters completion_head | ACTING_PICKED
      completion.source | pointattn | | |
      completion.occluded | 1 | | *completion.queries; acting queries; PREDICTED; ROUTED; *tokens.mask.completed | *routing.neighbours
      completion.queries | 3 | | *completion.queries; acting queries; PREDICTED; ROUTED; *tokens.mask.completed | *routing.neighbours
      completion.minPoints | 2000 | | ASKED; acting tokens.mask.completed | ACTING_PICKED
      completion.unobserved | 0.05 | | ASKED | ACTING_PICKED
      completion.minShare | 0.5 | | ASKED; acting tokens.mask.completed | ACTING_PICKED
      completion.candidates | 0.1 | | ASKED | ACTING_PICKED
      completion.weights | of_a_network | completion.source=pointattn | |
      selection.instances | 5 | | *select.index; *select.valid; *instance.points; *instance.logits; *offset.instance; ROUTED; *tokens.mask.instances; ASKED | *routing.neighbours; acting tokens.mask.completed
      selection.score | 0.9 | | acting select.index; acting select.valid; acting instance.points; acting instance.logits; acting offset.instance; acting tokens.mask.instances; ASKED | ACTING_PICKED
      selection.radius | 0.3 | | acting select.index; acting select.valid; acting instance.points; acting instance.logits; acting offset.instance; acting tokens.mask.instances; ASKED | ACTING_PICKED
      routing.neighbours | 2 | routing.rMax=Infinity | ROUTED; *routing.neighbours |
      routing.rMax | Infinity | | ROUTED; *routing.neighbours |
      aggregation.endEffector | false | | *offset.instance; *tokens.instances; *tokens.completed; parameters tokens |
      aggregation.keepCompletionTokens | false | | *tokens.completed; *tokens.mask.completed |
      tokens.contentWidth | 8 | | *tokens.instances; *tokens.completed; parameters tokens |
      tokens.contentNoise | 0.1 | | training tokens.instances; training tokens.completed |
      """;

  /** Walks of a configuration, made once. */
  private static final Map<Map<String, String>, SceneWalks> WALKS = new ConcurrentHashMap<>();

  private static SceneWalks walks(Map<String, String> choices) {
    return WALKS.computeIfAbsent(choices, some -> SceneWalks.of(Scenes.config(some)));
  }

  /** A row of the table. */
  private record Row(
      String key, String value, Map<String, String> given, Set<String> must, Set<String> may) {
    static Row of(String line) {
      String[] cells = line.split("\\|", -1);
      Map<String, String> given = new LinkedHashMap<>();
      for (String choice : cells[2].isBlank() ? new String[0] : cells[2].split(";")) {
        String[] pair = choice.strip().split("=");
        given.put("scene." + pair[0], pair[1]);
      }
      return new Row(
          cells[0].strip(), cells[1].strip(), given, expanded(cells[3]), expanded(cells[4]));
    }

    private static Set<String> expanded(String cell) {
      Set<String> names = new TreeSet<>();
      for (String name : cell.split(";")) {
        String one = name.strip();
        String more = SETS.get(one);
        if (more != null) {
          names.addAll(expanded(more));
        } else if (one.startsWith("*")) {
          names.add("training " + one.substring(1));
          names.add("acting " + one.substring(1));
        } else if (!one.isEmpty()) {
          names.add(one);
        }
      }
      return names;
    }

    /** What differs if the key does, beside some other choices. */
    Set<String> differences(Map<String, String> beside) {
      Map<String, String> before = new LinkedHashMap<>(beside);
      before.putAll(given);
      Map<String, String> after = new LinkedHashMap<>(before);
      after.put("scene." + key, value);
      return walks(before).differences(SceneWalks.of(Scenes.config(after)));
    }

    @Override
    public String toString() {
      return key + ": " + value + (given.isEmpty() ? "" : " with " + given);
    }
  }

  private static Stream<Row> rows() {
    return TABLE.lines().map(Row::of);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aKeyChangesWhatItNamesAndNothingElse(Row row) {
    Set<String> different = row.differences(Map.of());
    Set<String> missing = new TreeSet<>(row.must);
    missing.removeAll(different);
    assertThat(missing).as("named by %s, and the same", row).isEmpty();
    Set<String> others = new TreeSet<>(different);
    others.removeAll(row.must);
    others.removeAll(row.may);
    assertThat(others).as("not named by %s, and other", row).isEmpty();
  }

  /** The paper's Table 4 is of variants A and B: there the same differs, as far as it exists. */
  @ParameterizedTest
  @CsvSource({
    "A, fusion.enabled",
    "A, matching",
    "A, aggregation.endEffector",
    "B, ssl.ratio",
    "B, fusion.enabled",
    "B, aggregation.endEffector"
  })
  void ablationsOfTheSmallerVariants(String variant, String key) {
    Row row = rows().filter(one -> one.key.equals(key)).findFirst().orElseThrow();
    Map<String, String> of = Map.of("scene.variant", variant);
    Set<String> there = walks(of).groups();
    Set<String> wanted = new TreeSet<>(row.must);
    wanted.retainAll(there);
    if (variant.equals("A")) {
      wanted.removeIf(name -> name.endsWith("tokens.completed")); // their places stay empty
    }
    Set<String> different = row.differences(of);
    assertThat(different).as("%s, %s", variant, row).containsAll(wanted).isNotEmpty();
    different.removeAll(wanted);
    different.removeAll(row.may);
    assertThat(different).as("not named by %s", row).isEmpty();
  }

  /** The same walk twice has the same bits, or nothing above would say anything. */
  @Test
  void theSameChoicesGiveTheSameBits() {
    assertThat(walks(Map.of()).differences(SceneWalks.of(Scenes.config()))).isEmpty();
  }

  /** What the table names exists: a name that is spelled otherwise would never differ. */
  @Test
  void everyNameIsOfSomething() {
    Set<String> there = new TreeSet<>(walks(Map.of()).groups());
    there.add("teacher");
    there.add("parameters completion_head");
    rows()
        .forEach(
            row -> {
              assertThat(there).as("%s", row).containsAll(row.must).containsAll(row.may);
            });
  }

  /** A new key needs a row. */
  @Test
  void everyKeyHasARow() throws IOException {
    List<String> keys = new ArrayList<>();
    JsonNode tree = new ObjectMapper(new YAMLFactory()).readTree(Preset.of("test").toYaml());
    collect("", tree.required("scene"), keys);
    assertThat(rows().map(Row::key).distinct()).containsExactlyInAnyOrderElementsOf(keys);
    // The one value that is not of the preset, or each of them.
    assertThat(rows().filter(row -> row.key.equals("variant")).map(Row::value))
        .isEqualTo(Arrays.asList("A", "B"));
  }

  private static void collect(String path, JsonNode node, List<String> keys) {
    node.properties()
        .forEach(
            entry -> {
              if (entry.getValue().isObject()) {
                collect(path + entry.getKey() + ".", entry.getValue(), keys);
              } else {
                keys.add(path + entry.getKey());
              }
            });
  }
}
