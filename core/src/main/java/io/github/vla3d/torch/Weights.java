package io.github.vla3d.torch;

import java.util.Map;

/**
 * Named tensors of a checkpoint, wherever they are stored. Opening one reads names and shapes only;
 * a tensor's values are read (or mapped) when it is asked for.
 */
public interface Weights extends AutoCloseable {
  /** What messages call it: the path, as a rule. */
  String source();

  /** All tensors in the order of the file. */
  Map<String, TensorSpec> specs();

  /**
   * One tensor on the CPU. It belongs to these weights, is freed when they close, and must not be
   * written to.
   *
   * @throws TorchException if there is no tensor of that name, or its bytes cannot be read
   */
  Tensor get(String name);

  /** Frees all tensors handed out. */
  @Override
  void close();

  /**
   * Tensors that are in memory already. They keep their owners, and closing frees nothing.
   *
   * @param source what messages call them
   */
  static Weights of(String source, Map<String, Tensor> tensors) {
    return new HeldWeights(source, tensors);
  }
}
