package io.github.vla3d.tabletop;

import java.nio.charset.StandardCharsets;

/**
 * Numbers from a name: the same name gives the same numbers on every machine, for ever (FNV-1a of
 * its UTF-8 bytes, then SplitMix64). Mutable; one for each use, so that one use does not shift
 * another.
 */
final class Dice {
  private long state;

  Dice(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    state = hash;
  }

  private long next() {
    state += 0x9e3779b97f4a7c15L;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Uniform in [0, 1). */
  double uniform() {
    return (next() >>> 11) * 0x1.0p-53;
  }

  double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** 0 to n - 1. */
  int below(int n) {
    return (int) (uniform() * n);
  }

  /** -1 or 1. */
  int sign() {
    return next() < 0 ? -1 : 1;
  }

  /** Mean 0, deviation 1 (Box and Muller). */
  double normal() {
    double r = StrictMath.sqrt(-2 * StrictMath.log(1 - uniform()));
    return r * StrictMath.cos(2 * Math.PI * uniform());
  }
}
