package io.github.vla3d.policy.pi;

import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint under the names of {@link PiNetwork}, whichever program wrote it:
 *
 * <ul>
 *   <li>LeRobot puts {@code model.} before every name; its first releases order the levels of
 *       PaliGemma differently and keep normalisers among the weights.
 *   <li>Newer libraries drop the level {@code vision_model} of the tower.
 *   <li>The embedding table may be stored as {@code lm_head} only, which it is tied to.
 *   <li>The expert's {@code lm_head} and tables of positions are never used.
 * </ul>
 */
final class PiNames implements Weights {
  static final String EMBEDDING =
      "paligemma_with_expert.paligemma.model.language_model.embed_tokens.weight";
  static final String TIED_HEAD = "paligemma_with_expert.paligemma.lm_head.weight";
  static final String DEAD_HEAD = "paligemma_with_expert.gemma_expert.lm_head.weight";

  private static final String MODEL = "model.";
  private static final List<String> NORMALISERS =
      List.of("normalize_inputs.", "normalize_targets.", "unnormalize_outputs.");

  private static final String PALIGEMMA = "paligemma_with_expert.paligemma.";
  private static final Map<String, String> LEGACY =
      Map.of(
          PALIGEMMA + "language_model.model.", PALIGEMMA + "model.language_model.",
          PALIGEMMA + "language_model.lm_head.", PALIGEMMA + "lm_head.",
          PALIGEMMA + "vision_tower.", PALIGEMMA + "model.vision_tower.",
          PALIGEMMA + "multi_modal_projector.", PALIGEMMA + "model.multi_modal_projector.");

  private static final String TOWER = PALIGEMMA + "model.vision_tower.";
  private static final String TOWER_LEVEL = "vision_model.";

  private final Weights file;
  private final PiPrecision precision;
  private final Map<String, String> stored = new LinkedHashMap<>();
  private final Map<String, TensorSpec> specs = new LinkedHashMap<>();

  PiNames(Weights file, PiPrecision precision) {
    this.file = file;
    this.precision = precision;
    for (String name : file.specs().keySet()) {
      String ours = ours(name);
      if (ours != null) {
        String other = stored.putIfAbsent(ours, name);
        if (other != null) {
          throw new TorchException(
              "%s: '%s' and '%s' are the same tensor".formatted(file.source(), other, name));
        }
      }
    }
    String head = stored.remove(TIED_HEAD);
    if (head != null) {
      stored.putIfAbsent(EMBEDDING, head);
    }
    stored.forEach(
        (ours, name) -> {
          TensorSpec spec = file.specs().get(name);
          if (spec != null) {
            specs.put(ours, spec);
          }
        });
  }

  /** Our name of a tensor; null if it is never used. */
  static @Nullable String ours(String name) {
    if (NORMALISERS.stream().anyMatch(name::startsWith)) {
      return null;
    }
    String n = name.startsWith(MODEL) ? name.substring(MODEL.length()) : name;
    for (Map.Entry<String, String> legacy : LEGACY.entrySet()) {
      if (n.startsWith(legacy.getKey())) {
        n = legacy.getValue() + n.substring(legacy.getKey().length());
        break;
      }
    }
    if (n.startsWith(TOWER) && !n.startsWith(TOWER + TOWER_LEVEL)) {
      n = TOWER + TOWER_LEVEL + n.substring(TOWER.length());
    }
    boolean dead =
        n.equals(DEAD_HEAD) || n.endsWith(".rotary_emb.inv_freq") || n.endsWith(".position_ids");
    return dead ? null : n;
  }

  /**
   * The family that the tensors belong to.
   *
   * @throws TorchException if they are of neither, or of both
   */
  PiFamily family() {
    boolean pi0 = specs.containsKey("state_proj.weight");
    boolean pi05 = specs.containsKey("time_mlp_in.weight");
    if (pi0 == pi05) {
      throw new TorchException(
          file.source()
              + ": wanted state_proj (pi0) or time_mlp_in (pi0.5), got "
              + (pi0 ? "both" : "neither")
              + ": the checkpoint is of another family");
    }
    return pi0 ? PiFamily.PI0 : PiFamily.PI05;
  }

  @Override
  public String source() {
    return file.source();
  }

  @Override
  public Map<String, TensorSpec> specs() {
    return specs;
  }

  /** In the type that the precision asks for: the file's memory where it has that type. */
  @Override
  public Tensor get(String name) {
    String there = stored.get(name);
    return file.get(there == null ? name : there).to(precision.of(name));
  }

  @Override
  public void close() {
    file.close();
  }
}
