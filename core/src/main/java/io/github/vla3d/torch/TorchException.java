package io.github.vla3d.torch;

import java.util.function.Supplier;

/** What went wrong in the engine or at its border, in one line. */
public final class TorchException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public TorchException(String message) {
    super(message);
  }

  public TorchException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Runs native code and turns its exception, a message with 20 lines of C++ frames, into one line.
   * Exceptions that Java code threw inside a hook come out as they are.
   */
  static <T> T guard(Supplier<T> body) {
    try {
      return body.get();
    } catch (TorchException e) {
      throw e;
    } catch (RuntimeException e) {
      Hooks.rethrow(e);
      throw of(e);
    }
  }

  static TorchException of(RuntimeException e) {
    String message = e.getMessage();
    if (message == null) {
      return new TorchException(e.toString(), e);
    }
    int frames = message.indexOf("\nException raised from");
    String first = (frames < 0 ? message : message.substring(0, frames)).strip();
    return new TorchException(first, e);
  }
}
