package io.github.vla3d.policy.pi;

import io.github.vla3d.torch.DType;
import java.util.List;

/** In which type each tensor is kept, and so which part of the network computes in which type. */
public enum PiPrecision {
  /** All fp32. */
  FP32(List.of()),
  /** LeRobot's {@code dtype: bfloat16}: tower, projector and norms stay fp32. */
  LEROBOT_BF16(
      List.of(
          "vision_tower",
          "multi_modal_projector",
          "input_layernorm",
          "post_attention_layernorm",
          "model.norm")),
  /** openpi's PyTorch mode: of the tower only patches and positions stay fp32. */
  OPENPI_BF16(
      List.of(
          "patch_embedding",
          "position_embedding",
          "input_layernorm",
          "post_attention_layernorm",
          "model.norm"));

  private final List<String> wide;

  PiPrecision(List<String> wide) {
    this.wide = wide;
  }

  /** The type of a tensor by its checkpoint name. */
  public DType of(String name) {
    boolean narrow =
        this != FP32 && name.startsWith(PiNetwork.TRUNK) && wide.stream().noneMatch(name::contains);
    return narrow ? DType.BF16 : DType.F32;
  }
}
