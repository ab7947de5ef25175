package io.github.vla3d.policy;

/** What is wrong with the input, the configuration or the checkpoint of a policy, in one line. */
public final class PolicyException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public PolicyException(String message) {
    super(message);
  }

  public PolicyException(String message, Throwable cause) {
    super(message, cause);
  }
}
