package io.github.vla3d.policy.pi;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parts of pi0 and pi0.5 that people count. */
public enum PiParts {
  /** SigLIP and the projector behind it. */
  VISION,
  /** Gemma with its embedding table. */
  LANGUAGE,
  /** The action expert, and what leads into and out of it. */
  EXPERT,
  /** What checkpoints hold beside that: copies of the embedding table, tensors that nobody uses. */
  UNUSED;

  /**
   * The part of each tensor of a checkpoint, by its name there.
   *
   * @param names as LeRobot or openpi has them, in any of their releases
   * @return empty if they are of no pi0 or pi0.5
   */
  public static Map<String, PiParts> of(Collection<String> names) {
    // A checkpoint may hold the embedding table under the name of the head alone.
    boolean table = names.stream().anyMatch(name -> PiNames.EMBEDDING.equals(PiNames.ours(name)));
    Map<String, PiParts> parts = new LinkedHashMap<>();
    for (String name : names) {
      @Nullable PiParts part = of(name, table);
      if (part == null) {
        return Map.of();
      }
      parts.put(name, part);
    }
    return parts.containsValue(EXPERT) ? parts : Map.of();
  }

  private static @Nullable PiParts of(String name, boolean table) {
    @Nullable String ours = PiNames.ours(name);
    if (ours == null) {
      return UNUSED;
    }
    if (ours.equals(PiNames.TIED_HEAD)) {
      return table ? UNUSED : LANGUAGE;
    }
    if (ours.contains(".vision_tower.") || ours.contains(".multi_modal_projector.")) {
      return VISION;
    }
    if (ours.startsWith(PiNetwork.TRUNK + "paligemma.model.language_model.")) {
      return LANGUAGE;
    }
    boolean expert =
        ours.startsWith(PiNetwork.TRUNK + "gemma_expert.")
            || ours.startsWith("action_")
            || ours.startsWith("time_mlp_")
            || ours.startsWith("state_proj.");
    return expert ? EXPERT : null;
  }
}
