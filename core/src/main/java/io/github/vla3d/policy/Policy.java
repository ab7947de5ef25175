package io.github.vla3d.policy;

import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A vision-language-action model: {@link #encodeViews}, {@link #prefix}, {@link #sample}. Training
 * walks the same way and ends in {@link #loss}; there is no second copy of it. What is recorded for
 * gradients is decided by the caller ({@link io.github.vla3d.torch.Autograd}) and by which
 * parameters are trainable.
 *
 * <p>Tokens of a plug-in enter through {@link #remember}. A policy to which nobody calls it runs
 * the same kernels on the same shapes as if the method did not exist.
 *
 * <p>Several threads may use one policy, as long as none trains it. Tensors that methods return
 * belong to the scope of the caller. Bad input is a {@link PolicyException} before any compute.
 */
public interface Policy extends AutoCloseable {
  /** Cameras that the checkpoint declares, in the order of its prefix. */
  List<String> cameras();

  /** Tokens of a view. */
  TokenGrid grid();

  /** Width of image tokens and of tokens given to {@link #remember}. */
  int tokenWidth();

  /** Actions of a chunk. */
  int horizon();

  /** Width of an action in the network: that of the robot, padded with zeros. */
  int actionWidth();

  /** All parameters, under the names of the family's checkpoints. */
  Module network();

  /** The parameters of a group by name. */
  Map<String, Parameter> parameters(Part part);

  /**
   * Encodes pictures. A camera that no sample has is not computed; one that some lack is computed
   * for the others.
   *
   * @param views in the order of the prefix, not necessarily all of {@link #cameras}
   */
  ViewTokens encodeViews(List<View> views);

  /**
   * Computes all that does not depend on the actions.
   *
   * @param state normalised [B, S], S up to the network's width; null for families that have the
   *     state in the prompt
   */
  Prefix prefix(ViewTokens views, Instruction instruction, @Nullable Tensor state);

  /**
   * Puts a block of tokens behind the prefix, which itself stays as it is, bit for bit.
   *
   * @throws PolicyException if the block wants to be within the prefix, which is computed already
   */
  Prefix remember(Prefix prefix, MemoryBlock memory);

  /**
   * {@link #prefix} with a block of tokens, behind it or within it as the block says. A family may
   * compute both in one pass; the prefix is then the same up to the rounding of its products.
   *
   * @throws PolicyException if the family knows no block within its prefix
   */
  default Prefix prefix(
      ViewTokens views, Instruction instruction, @Nullable Tensor state, MemoryBlock memory) {
    return remember(prefix(views, instruction, state), memory);
  }

  /** Layers that can read a block through gates; 0 where the family has none. */
  default int gatedLayers() {
    return 0;
  }

  /**
   * Each sample of a prefix several times in a row, in the caller's scope: to train on several
   * times and noises of the flow for one reading of the pictures.
   *
   * @param times at least 1
   */
  Prefix repeat(Prefix prefix, int times);

  /**
   * Draws a chunk.
   *
   * @param noise standard normal [B, H, A]
   * @return normalised actions [B, H, A], A as in {@link #actionWidth}
   */
  Tensor sample(Prefix prefix, Tensor noise, Sampling sampling);

  /**
   * The training loss.
   *
   * @param actions normalised [B, H, A], padded with zeros
   * @param noise standard normal [B, H, A]
   * @param time [B] in (0, 1]; or [B, H] with 0 for actions that are given (real-time chunking)
   * @return per element [B, H, A]
   */
  Tensor loss(Prefix prefix, Tensor actions, Tensor noise, Tensor time);

  @Override
  void close();
}
