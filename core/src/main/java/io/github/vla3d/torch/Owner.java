package io.github.vla3d.torch;

/** Who frees a tensor. */
abstract sealed class Owner permits Scope, Store, Owner.Freed {

  /**
   * @throws TorchException if tensors of this owner must not be used (any more, or by this thread)
   */
  abstract void check();

  /** Owner of tensors that were freed one by one. */
  static final class Freed extends Owner {
    static final Freed INSTANCE = new Freed();

    @Override
    void check() {
      throw new TorchException("tensor used after it was freed by its store");
    }
  }
}
