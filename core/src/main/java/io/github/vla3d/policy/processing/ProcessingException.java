package io.github.vla3d.policy.processing;

/** What is wrong with an input, a prompt, statistics or a file of processors, in one line. */
public final class ProcessingException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ProcessingException(String message) {
    super(message);
  }

  public ProcessingException(String message, Throwable cause) {
    super(message, cause);
  }
}
