package io.github.vla3d.scene;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.layers.Body;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of sizes of 3dvla.md C.3, and which parameters a choice adds or takes away. */
class SceneSizesTest {
  private static SceneModule module(Preset preset, int channels) {
    return new SceneModule(preset.scene(), new Ports(channels, channels, 1), Body.FULL);
  }

  private static long counted(SceneModule module) {
    return PartSizes.of(module).stream().mapToLong(PartSizes::parameters).sum()
        - module.config().sizes().width(); // the no-depth vector
  }

  @ParameterizedTest
  @CsvSource({
    "paper, 10, 2048, 85340440",
    "default, 6, 2048, 85279000",
    "lite, 10, 2048, 50010793",
    "test, 10, 64, 221596",
    "test, 6, 64, 218908"
  })
  void totals(String name, String bands, int channels, long wanted) {
    try (SceneModule module =
        module(Preset.of(name).with("scene.fourier.bands", bands), channels)) {
      assertThat(counted(module)).isEqualTo(wanted);
      long all = module.parameters().values().stream().mapToLong(p -> p.spec().numel()).sum();
      assertThat(all).isEqualTo(wanted + module.config().sizes().width());
      assertThat(all).isLessThanOrEqualTo(86_500_000);
    }
  }

  @Test
  void partsAreThoseOfTheTable() {
    try (SceneModule r86 = module(Preset.of("paper"), 2048);
        SceneModule r49 = module(Preset.of("lite").with("scene.fourier.bands", "10"), 2048)) {
      for (PartSizes part : PartSizes.of(r86)) {
        if (part.r86() > 0) {
          assertThat(part.parameters()).as(part.name()).isEqualTo(part.r86());
        }
      }
      for (PartSizes part : PartSizes.of(r49)) {
        if (part.r49() > 0) {
          assertThat(part.parameters()).as(part.name()).isEqualTo(part.r49());
        }
      }
    }
  }

  private static Set<String> names(SceneConfig config) {
    try (SceneModule module = new SceneModule(config, Scenes.PORTS, Body.FULL)) {
      Set<String> names = new TreeSet<>();
      module.parameters().forEach((name, p) -> names.add(name + p.spec().shape()));
      return names;
    }
  }

  /** Every parameter that only one of the two has bears a name that the pattern accepts. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "scene.variant ; A ; (predictor|routing|tokens.completion)\\..*",
        "scene.variant ; B ; routing\\..*",
        "scene.fusion.enabled ; false ; fusion\\.(coordinate|coordinate_norm|no_depth|blocks|norm)\\b.*",
        "scene.aggregation.endEffector ; false ; tokens\\.(end_effector|absolute_position)\\..*",
        "scene.gate.depth ; true ; decoder\\.layers\\.\\d\\.gate\\.0\\.weight.*",
        "scene.probe.readout ; attention ; decoder\\.layers\\.\\d\\.readout\\..*",
        "scene.tokens.contentWidth ; 7 ; tokens\\.(instance|completion)\\.(squeeze|projection)\\..*",
        "scene.completion.source ; head ; completion_head\\..*",
        "scene.matching ; 2d ;",
        "scene.ssl.ratio ; 0.25 ;",
        "scene.ssl.mask ; pixels ;",
        "scene.ssl.teacher ; branch ;",
        "scene.tokens.contentNoise ; 0.1 ;",
        "scene.aggregation.keepCompletionTokens ; false ;",
        "scene.rope.fusion ; false ;",
        "scene.msda.queryViewPe ; false ;",
      })
  void aChoiceChangesTheParametersThatItNames(String key, String value, String pattern) {
    Set<String> before = names(Scenes.config());
    Set<String> after = names(Scenes.config(Map.of(key, value)));
    Set<String> different = new TreeSet<>(before);
    different.removeAll(after);
    Set<String> added = new TreeSet<>(after);
    added.removeAll(before);
    different.addAll(added);
    if (pattern == null) {
      assertThat(different).isEmpty();
    } else {
      assertThat(different).isNotEmpty().allMatch(name -> name.matches(pattern));
    }
  }
}
