package io.github.vla3d.torch;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.bytedeco.javacpp.Pointer;

/**
 * Tensors that live as long as the object that owns them: the parameters of a model, the state of
 * an optimiser, a cache. They may be used by any thread. Closing frees them all.
 */
public final class Store extends Owner implements AutoCloseable {
  static {
    Torch.start();
  }

  private final Set<Tensor> tensors = Collections.newSetFromMap(new IdentityHashMap<>());
  private volatile boolean open = true;

  /**
   * Takes a tensor over from its scope (or from another store).
   *
   * @return the same tensor
   * @throws TorchException if the tensor hangs on a graph, which would live on with it: detach it
   */
  public synchronized Tensor put(Tensor tensor) {
    check();
    Pointer raw = tensor.raw();
    if (tensor.hasGraph()) {
      throw new TorchException("a store keeps no graphs: detach " + tensor + " first");
    }
    Owner before = tensor.owner();
    if (before == this) {
      return tensor;
    }
    raw.retainReference();
    tensor.owner(this);
    tensors.add(tensor);
    if (before instanceof Scope scope) {
      scope.release(raw);
    } else if (before instanceof Store store) {
      store.forget(tensor);
    }
    return tensor;
  }

  /** Frees one tensor of this store now. */
  public synchronized void free(Tensor tensor) {
    if (tensor.owner() != this) {
      throw new TorchException("a store frees its own tensors only: " + tensor);
    }
    Pointer raw = tensor.raw();
    tensors.remove(tensor);
    tensor.owner(Freed.INSTANCE);
    raw.releaseReference();
  }

  private synchronized void forget(Tensor tensor) {
    tensors.remove(tensor);
    tensor.rawUnchecked().releaseReference();
  }

  /** Number of tensors held. */
  public synchronized int size() {
    return tensors.size();
  }

  @Override
  void check() {
    if (!open) {
      throw new TorchException("tensor used after its store closed");
    }
  }

  @Override
  public synchronized void close() {
    if (!open) {
      return;
    }
    open = false;
    for (Tensor tensor : tensors) {
      tensor.rawUnchecked().releaseReference();
    }
    tensors.clear();
  }
}
