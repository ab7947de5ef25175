package io.github.vla3d.policy.pi;

import io.github.vla3d.policy.gemma.GemmaConfig;
import io.github.vla3d.policy.siglip.SiglipConfig;
import java.util.List;
import java.util.Map;

/** Models of a few thousand parameters. */
final class TinyPi {
  /** The same sizes for {@link PiConfig#withSizes}. */
  static final Map<String, Long> SIZES =
      Map.ofEntries(
          Map.entry("vocab", 24L),
          Map.entry("width", 16L),
          Map.entry("depth", 2L),
          Map.entry("mlp", 24L),
          Map.entry("heads", 4L),
          Map.entry("kv", 1L),
          Map.entry("head_dim", 8L),
          Map.entry("ex_width", 12L),
          Map.entry("ex_mlp", 20L),
          Map.entry("vis_width", 8L),
          Map.entry("vis_depth", 2L),
          Map.entry("vis_heads", 2L),
          Map.entry("vis_mlp", 16L),
          Map.entry("patch", 4L),
          Map.entry("image", 8L));

  private TinyPi() {}

  static PiConfig config(PiFamily family) {
    return new PiConfig(
        family,
        new SiglipConfig(8, 2, 2, 16, 4, 8),
        new GemmaConfig(16, 2, 24, 4, 1, 8),
        new GemmaConfig(12, 2, 20, 4, 1, 8),
        24,
        List.of("front", "wrist", "third"),
        new PiConfig.Robot(5, 5, 6, 7, 4, 3),
        6,
        4,
        PiConfig.Time.PUBLISHED,
        2);
  }
}
