package io.github.vla3d.scene.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PresetTest {
  private static final String PRESETS = "/io/github/vla3d/scene/presets/";

  private static Map<String, String> leaves(Preset preset) {
    try {
      Map<String, String> leaves = new TreeMap<>();
      JsonNode tree = new ObjectMapper(new YAMLFactory()).readTree(preset.toYaml());
      collect("", tree.required("scene"), leaves);
      return leaves;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void collect(String path, JsonNode node, Map<String, String> into) {
    node.properties()
        .forEach(
            entry -> {
              String key = path + entry.getKey();
              if (entry.getValue().isObject()) {
                collect(key + ".", entry.getValue(), into);
              } else {
                into.put(key, entry.getValue().toString());
              }
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"paper", "default", "lite", "tiny", "test"})
  void parsesAndComesBackTheSame(String name) {
    Preset preset = Preset.of(name);
    assertThat(Preset.NAMES).contains(name).hasSize(5);
    assertThat(Preset.parse("copy", preset.toYaml()).scene()).isEqualTo(preset.scene());
  }

  /** Section 10 of scene_tensors.md, and what 3dvla.md says of the second view and the source. */
  @Test
  void paperDiffersWhereTheSpecificationSays() {
    Map<String, String> ours = leaves(Preset.of("default"));
    Map<String, String> paper = leaves(Preset.of("paper"));
    assertThat(paper.keySet()).isEqualTo(ours.keySet());
    List<String> different =
        ours.keySet().stream()
            .filter(key -> !Objects.equals(ours.get(key), paper.get(key)))
            .toList();
    assertThat(different)
        .containsExactlyInAnyOrder(
            "fourier.bands",
            "rope.fusion",
            "rope.base",
            "rope.scale",
            "msda.queryViewPe",
            "gate.floor",
            "ssl.gamma",
            "ssl.teacher",
            "ssl.secondView",
            "routing.rMax",
            "completion.source");
    SceneConfig config = Preset.of("paper").scene();
    assertThat(config.routing().rMax()).isInfinite();
    assertThat(config.gate().floor()).isEqualTo(1e-6);
    assertThat(config.rope()).isEqualTo(new SceneConfig.Rope(false, 10000, 1));
    // Nothing marked X.
    assertThat(config.gate().depth()).isFalse();
    assertThat(config.probe().readout()).isEqualTo(SceneConfig.Readout.OFFSET);
    assertThat(config.ssl().mask()).isEqualTo(SceneConfig.Mask.TOKENS);
    assertThat(config.tokens()).isEqualTo(new SceneConfig.Tokens(0, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lite", "tiny", "test"})
  void smallerOnesDifferInSizeOnly(String name) {
    Map<String, String> ours = leaves(Preset.of("default"));
    Map<String, String> small = leaves(Preset.of(name));
    ours.keySet().removeIf(key -> key.startsWith("sizes."));
    small.keySet().removeIf(key -> key.startsWith("sizes."));
    assertThat(small).isEqualTo(ours);
  }

  /** A line without a tag has that of the section above it. */
  @Test
  void everyChoiceSaysWhereItComesFrom() throws IOException {
    String text;
    try (InputStream in = PresetTest.class.getResourceAsStream(PRESETS + "default.yaml")) {
      text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    Deque<Integer> depths = new ArrayDeque<>(List.of(-1));
    Deque<Boolean> tags = new ArrayDeque<>(List.of(false));
    List<String> untagged = new ArrayList<>();
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int depth = line.length() - line.stripLeading().length();
      while (depths.element() >= depth) {
        depths.pop();
        tags.pop();
      }
      boolean tagged = tags.element() || line.matches(".*# [TSFOX]\\b.*");
      depths.push(depth);
      tags.push(tagged);
      boolean leaf = !line.strip().matches("\\w+:(\\s*#.*)?");
      if (leaf && !tagged) {
        untagged.add(line.strip());
      }
    }
    assertThat(untagged).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "scene.sizes.probs, 8, probs",
    "scene.nothing.at, 8, nothing",
    "scene.sizes.width.more, 8, width",
    "scene.sizes.width, wide, width",
    "scene.sizes.width, 50, sizes.width",
    "scene.sizes.heads, 7, sizes.heads",
    "scene.sizes.probes, 1.5, probes",
    "scene.sizes.probes, 0, sizes.probes",
    "scene.fusion.enabled, perhaps, enabled",
    "scene.variant, D, variant",
    "scene.matching, 4d, matching",
    "scene.ssl.ratio, 1.5, ssl.ratio",
    "scene.ssl.teacher, none, teacher",
    "scene.routing.rMax, -1, routing.rMax",
    "scene.routing.rMax, .nan, rMax",
    "scene.gate.floor, 0, gate.floor",
    "scene.views.eps, 3, views.eps",
    "scene.completion.source, magic, source",
    "scene.tokens.contentWidth, 512, tokens.contentWidth",
    "scene.fourier.bands, 17, ands",
  })
  void badChoicesAreNamed(String key, String value, String named) {
    assertThatThrownBy(() -> Preset.of("default").with(key, value).scene())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(named)
        .satisfies(e -> assertThat(String.valueOf(e.getMessage()).lines().count()).isEqualTo(1));
  }

  @Test
  void missingAndSuperfluousKeysAreNamed() {
    String yaml = Preset.of("test").toYaml();
    assertThatThrownBy(
            () -> Preset.parse("file", yaml.replaceFirst("\n *maskWidth: 16", "")).scene())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("maskWidth");
    assertThatThrownBy(
            () ->
                Preset.parse(
                        "file", yaml.replaceFirst("( *)maskWidth", "$1maskWdth: 3\n$1maskWidth"))
                    .scene())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("maskWdth");
    assertThatThrownBy(() -> Preset.parse("file", "extends: test\nscene:\n  sizes:\n    depth: 1"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("scene.sizes.depth");
    assertThatThrownBy(() -> Preset.of("papers"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("papers");
    assertThatThrownBy(() -> Preset.parse("file", "[1, 2"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("file");
  }
}
