package io.github.vla3d.scene.conformance;

import io.github.vla3d.scene.config.SceneConfig;

/** Configurations that differ from another in one choice: the rows of the paper's tables. */
final class Variants {
  private Variants() {}

  static SceneConfig of(SceneConfig c, String name) {
    SceneConfig.Variant variant = c.variant();
    SceneConfig.Fusion fusion = c.fusion();
    SceneConfig.Matching matching = c.matching();
    SceneConfig.Aggregation aggregation = c.aggregation();
    switch (name) {
      case "A", "B", "C" -> variant = SceneConfig.Variant.valueOf(name);
      case "C_without_completion_tokens" ->
          aggregation = new SceneConfig.Aggregation(aggregation.endEffector(), false);
      case "without_fusion" -> fusion = new SceneConfig.Fusion(false);
      case "without_end_effector" ->
          aggregation = new SceneConfig.Aggregation(false, aggregation.keepCompletionTokens());
      case "matching_2d" -> matching = SceneConfig.Matching.TWO_D;
      default -> throw new IllegalArgumentException("manifest: unknown variant " + name);
    }
    return new SceneConfig(
        variant,
        c.workspace(),
        c.sizes(),
        c.views(),
        fusion,
        c.rope(),
        c.fourier(),
        c.msda(),
        c.gate(),
        c.probe(),
        matching,
        c.loss(),
        c.ssl(),
        c.completion(),
        c.selection(),
        c.routing(),
        aggregation,
        c.tokens());
  }

  static SceneConfig withTeacher(SceneConfig c, SceneConfig.Teacher teacher) {
    SceneConfig.Ssl s = c.ssl();
    return new SceneConfig(
        c.variant(),
        c.workspace(),
        c.sizes(),
        c.views(),
        c.fusion(),
        c.rope(),
        c.fourier(),
        c.msda(),
        c.gate(),
        c.probe(),
        c.matching(),
        c.loss(),
        new SceneConfig.Ssl(
            s.ratio(),
            s.secondView(),
            s.mask(),
            teacher,
            s.momentum(),
            s.gamma(),
            s.recon(),
            s.cos(),
            s.var()),
        c.completion(),
        c.selection(),
        c.routing(),
        c.aggregation(),
        c.tokens());
  }
}
