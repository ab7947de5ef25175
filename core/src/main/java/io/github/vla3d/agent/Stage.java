package io.github.vla3d.agent;

import java.util.Locale;

/** The two stages of training: which parameters of the plug-in each trains. */
public enum Stage {
  /** Fusion, instances and the tokens made of them. */
  INSTANCES,
  /** Predictor and aggregation; the parts of the first stage are frozen. */
  COMPLETION;

  /**
   * Whether a parameter of the scene module is trained. The action expert is in both stages, the
   * vision-language model in none.
   *
   * @param name its dotted name in the scene module
   */
  public boolean trains(String name) {
    if (name.startsWith("injection.")) {
      return true;
    }
    if (name.startsWith("tokens.")) {
      return this == COMPLETION || !name.startsWith("tokens.completion.");
    }
    boolean late =
        name.startsWith("predictor.")
            || name.startsWith("routing.")
            || name.startsWith("completion_head.");
    return late == (this == COMPLETION);
  }

  /** As the command line has it: 1 or 2. */
  public static Stage of(int number) {
    return values()[number - 1];
  }

  @Override
  public String toString() {
    return (ordinal() + 1) + " (" + name().toLowerCase(Locale.ROOT) + ")";
  }
}
