package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import org.jspecify.annotations.Nullable;

/**
 * A named place for a tensor of a module: a weight, or a buffer, which is saved with the weights
 * but never trained. It is empty until the module is initialised or loaded.
 */
public final class Parameter {
  private final Module owner;
  private final String name;
  private final TensorSpec declared;
  private final Initialiser initialiser;
  private final boolean buffer;
  private boolean trainable;
  private volatile @Nullable Tensor value;

  Parameter(
      Module owner, String name, boolean buffer, Initialiser initialiser, TensorSpec declared) {
    this.owner = owner;
    this.name = name;
    this.buffer = buffer;
    this.initialiser = initialiser;
    this.declared = declared;
    this.trainable = !buffer;
  }

  /** Dotted path from the root module. */
  public String path() {
    return owner.childPath(name);
  }

  /** Sizes of all dimensions. */
  public long[] shape() {
    return declared.shape().stream().mapToLong(Long::longValue).toArray();
  }

  /** Shape and element type at present; while the parameter is empty, that of its declaration. */
  public TensorSpec spec() {
    Tensor now = value;
    return now == null ? declared : TensorSpec.of(now);
  }

  TensorSpec declared() {
    return declared;
  }

  public boolean isBuffer() {
    return buffer;
  }

  /** Whether gradients are recorded and optimisers change it. */
  public boolean isTrainable() {
    return trainable;
  }

  public boolean isEmpty() {
    return value == null;
  }

  /**
   * The tensor, which belongs to the module.
   *
   * @throws TorchException if the module was neither initialised nor loaded
   */
  public Tensor value() {
    Tensor now = value;
    if (now == null) {
      throw new TorchException(
          "parameter " + path() + " is empty: initialise or load its module first");
    }
    return now;
  }

  /** The tensor in an element type: itself, or a cast through which gradients flow. */
  public Tensor as(DType dtype) {
    Tensor now = value();
    return now.dtype() == dtype ? now : now.to(dtype);
  }

  /** The gradient, or null if no backward pass has reached the parameter. */
  public @Nullable Tensor grad() {
    return value().grad();
  }

  Module owner() {
    return owner;
  }

  Initialiser initialiser() {
    return initialiser;
  }

  void trainable(boolean on) {
    trainable = on && !buffer;
    Tensor now = value;
    if (now != null) {
      now.requiresGrad_(trainable);
    }
  }

  /** Puts another tensor in its place; returns the one before. */
  @Nullable Tensor swap(@Nullable Tensor next) {
    Tensor before = value;
    value = next;
    return before;
  }

  @Override
  public String toString() {
    return path() + " " + spec();
  }
}
