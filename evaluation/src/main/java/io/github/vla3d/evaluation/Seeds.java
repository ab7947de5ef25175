package io.github.vla3d.evaluation;

import java.nio.charset.StandardCharsets;

/** Seeds from seeds and names, the same on every machine. */
final class Seeds {
  private Seeds() {}

  /** Of an episode: the same for every policy, so that all draw the same noise. */
  static long of(long seed, String episode) {
    long hash = 0xcbf29ce484222325L; // FNV-1a
    for (byte b : episode.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 255)) * 0x100000001b3L;
    }
    return mixed(hash + mixed(seed));
  }

  /** The n-th number of a sequence. */
  static long of(long seed, int n) {
    return mixed(seed + n * 0x9e3779b97f4a7c15L);
  }

  /** SplitMix64's way of spreading bits; without the sign, which some generators refuse. */
  private static long mixed(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return (z ^ (z >>> 31)) >>> 1;
  }
}
