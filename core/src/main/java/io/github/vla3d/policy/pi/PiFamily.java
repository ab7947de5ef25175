package io.github.vla3d.policy.pi;

/** The two members of the family. */
public enum PiFamily {
  /** The state is a token of the action expert; time is mixed into the action tokens. */
  PI0("pi0", 48),
  /** The state is in the prompt, if anywhere; time steers the expert's norms. */
  PI05("pi05", 200);

  private final String type;
  private final int promptLength;

  PiFamily(String type, int promptLength) {
    this.type = type;
    this.promptLength = promptLength;
  }

  /** The {@code type} of LeRobot's config.json. */
  public String type() {
    return type;
  }

  /** Tokens up to which a prompt is padded or cut, unless a configuration says otherwise. */
  public int promptLength() {
    return promptLength;
  }
}
