package io.github.vla3d.torch;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;
import org.bytedeco.pytorch.VoidTensorHook;
import org.jspecify.annotations.Nullable;

/**
 * Java code that the engine calls during a backward pass. Each call gets a scope of its own, on
 * whichever thread it runs.
 *
 * <p>Of an exception only a message gets through the engine's C++ frames. So the exception is left
 * here under a number, and {@link TorchException#guard} exchanges the message for it.
 */
final class Hooks {
  private static final Map<Long, Throwable> FAILURES = new ConcurrentHashMap<>();
  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final Pattern TOKEN = Pattern.compile("vla3d hook failure (\\d+)");

  /** What the last hook on this thread returned: the engine reads it after the hook has ended. */
  private static final ThreadLocal<@Nullable Store> RETURNED = new ThreadLocal<>();

  private Hooks() {}

  /** Throws the exception of a hook if that is what the engine's message stands for. */
  static void rethrow(RuntimeException e) {
    Matcher token = TOKEN.matcher(String.valueOf(e.getMessage()));
    if (!token.find()) {
      return;
    }
    Throwable failure = FAILURES.remove(Long.valueOf(token.group(1)));
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure instanceof Error error) {
      throw error;
    }
  }

  /** Frees what the last hook on this thread returned. */
  static void release() {
    Store store = RETURNED.get();
    if (store != null) {
      RETURNED.remove();
      store.close();
    }
  }

  private static RuntimeException failed(Throwable failure) {
    long number = NUMBERS.incrementAndGet();
    FAILURES.put(number, failure);
    return new IllegalStateException("vla3d hook failure " + number);
  }

  private static Tensor wrap(TensorBase base) {
    return Tensor.wrap(new org.bytedeco.pytorch.Tensor(base));
  }

  /** Sees a gradient. */
  static final class Watch extends VoidTensorHook {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial") // pointers are never serialised
    private final Consumer<Tensor> body;

    Watch(Consumer<Tensor> body) {
      this.body = body;
    }

    @Override
    public void call(TensorBase gradient) {
      try {
        Scope.run(() -> body.accept(wrap(gradient)));
      } catch (Throwable e) { // whatever it is, it must cross the native frames
        throw failed(e);
      }
    }
  }

  /** Replaces a gradient. */
  static final class Replace extends TensorTensorHook {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial") // pointers are never serialised
    private final UnaryOperator<Tensor> body;

    Replace(UnaryOperator<Tensor> body) {
      this.body = body;
    }

    @Override
    public TensorBase call(TensorBase gradient) {
      try {
        return Scope.call(
            scope -> {
              Tensor replaced = body.apply(wrap(gradient)).detach();
              release();
              Store store = new Store();
              RETURNED.set(store);
              return store.put(replaced).raw();
            });
      } catch (Throwable e) { // whatever it is, it must cross the native frames
        throw failed(e);
      }
    }
  }
}
