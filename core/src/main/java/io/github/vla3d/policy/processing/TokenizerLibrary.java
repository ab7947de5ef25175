package io.github.vla3d.policy.processing;

/**
 * Keeps the tokenizers' library to itself: without these settings it reports to its authors and
 * asks the network for natives when its classes load.
 */
final class TokenizerLibrary {
  private TokenizerLibrary() {}

  /** To be called before any class of the library loads. */
  static void keepOffline() {
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
  }
}
