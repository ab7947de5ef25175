package io.github.vla3d.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of code that owns the tensors made in it. It is lent to a lambda and closes behind it,
 * so it cannot be left open:
 *
 * <pre>{@code
 * Tensor y = Scope.tensor(() -> x.matmul(w).add(b).gelu());      // two intermediates freed, y belongs to the caller's scope
 * double loss = Scope.call(scope -> model.loss(batch).item());   // everything freed
 * }</pre>
 *
 * <p>A scope belongs to its thread and its tensors may be used by that thread only; what several
 * threads share belongs in a {@link Store}. Virtual threads are refused: the engine keeps its
 * gradient mode in thread locals of the carrier.
 */
public final class Scope extends Owner {
  static {
    Torch.start();
  }

  private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();

  private final @Nullable Scope parent;
  private final Thread thread;
  private final PointerScope natives;
  private boolean open = true;

  /** What must outlive every graph made in this scope; null if there is nothing. */
  private @Nullable List<Runnable> graphEnds;

  /** Whether a tensor with a graph has left this scope. */
  private boolean graphLeft;

  private Scope(@Nullable Scope parent) {
    this.parent = parent;
    this.thread = Thread.currentThread();
    if (Threads.isVirtual(thread)) {
      throw new TorchException("tensor code on a virtual thread: use a platform thread");
    }
    this.natives = new PointerScope();
  }

  /** Runs the body in a scope of its own and frees every tensor made in it. */
  public static void run(Runnable body) {
    call(
        scope -> {
          body.run();
          return Boolean.TRUE;
        });
  }

  /**
   * Runs the body in a scope of its own; the tensor that it returns moves to the enclosing scope.
   *
   * @throws TorchException if there is no enclosing scope
   */
  public static Tensor tensor(Supplier<Tensor> body) {
    return call(scope -> scope.keep(body.get()));
  }

  /**
   * Runs the body in a scope of its own. Tensors that outlive it are named one by one with {@link
   * #keep}; the others are freed, and using one that slipped out is an exception.
   */
  public static <T extends @Nullable Object> T call(Function<Scope, T> body) {
    Scope scope = new Scope(CURRENT.get());
    CURRENT.set(scope);
    try {
      return body.apply(scope);
    } finally {
      scope.close();
    }
  }

  /**
   * Moves a tensor of this scope to the enclosing one. Tensors that live longer anyway stay where
   * they are.
   *
   * @return the same tensor
   * @throws TorchException if there is no enclosing scope to move it to
   */
  public Tensor keep(Tensor tensor) {
    Pointer raw = tensor.raw();
    if (tensor.owner() == this) {
      if (parent == null) {
        throw new TorchException(
            "a tensor cannot leave the outermost scope: copy its values out, or put it into a Store");
      }
      parent.natives.attach(raw);
      tensor.owner(parent);
      graphLeft |= tensor.hasGraph();
    }
    return tensor;
  }

  /** The innermost open scope of this thread. */
  static Scope current() {
    Scope scope = CURRENT.get();
    if (scope == null) {
      throw new TorchException(
          "no scope is open: make tensors inside Scope.run, Scope.call or Scope.tensor");
    }
    return scope;
  }

  /** Gives up a native handle to a store, which has retained it. */
  void release(Pointer raw) {
    natives.detach(raw);
  }

  /**
   * Runs something when the last graph of this scope is gone: at its end, or at that of an
   * enclosing scope to which a tensor with a graph has moved.
   */
  void afterGraph(Runnable end) {
    if (graphEnds == null) {
      graphEnds = new ArrayList<>();
    }
    graphEnds.add(end);
  }

  /** Takes note that a tensor of this or of an enclosing scope has got a graph in place. */
  static void graphWritten(@Nullable Owner owner) {
    for (Scope s = CURRENT.get(); s != null && s != owner; s = s.parent) {
      s.graphLeft = true;
    }
  }

  boolean isOpen() {
    return open;
  }

  private void close() {
    open = false;
    if (parent == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(parent);
    }
    natives.close();
    if (graphEnds != null) {
      if (graphLeft && parent != null) {
        graphEnds.forEach(parent::afterGraph);
      } else {
        graphEnds.forEach(Runnable::run);
      }
    }
  }

  @Override
  void check() {
    if (!open) {
      throw new TorchException(
          "tensor used after its scope closed: return it from the scope, or keep it");
    }
    if (thread != Thread.currentThread()) {
      throw new TorchException(
          "tensor of a scope of thread '"
              + thread.getName()
              + "' used by thread '"
              + Thread.currentThread().getName()
              + "': share it through a Store");
    }
  }
}
