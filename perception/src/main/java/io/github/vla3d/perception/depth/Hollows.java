package io.github.vla3d.perception.depth;

/** What lies low within a thing, as the bottom of a bowl does. */
final class Hollows {
  private Hollows() {}

  /** Low spots within a thing are of the thing, however flat. */
  static void fill(SeenPoints v) {
    int[] queue = new int[v.pixels];
    boolean[] done = new boolean[v.pixels];
    for (int seed = 0; seed < v.pixels; seed++) {
      if (v.label[seed] >= 0 || done[seed] || !hollow(v, seed)) {
        continue;
      }
      int head = 0;
      int tail = 0;
      queue[tail++] = seed;
      done[seed] = true;
      int around = -1;
      boolean one = true;
      while (head < tail) {
        int i = queue[head++];
        int column = i % v.width;
        int row = i / v.width;
        if (column == 0 || row == 0 || column == v.width - 1 || row == v.height - 1) {
          one = false;
          continue;
        }
        for (int d = 0; d < 4; d++) {
          int j = i + (d == 0 ? 1 : d == 1 ? -1 : d == 2 ? v.width : -v.width);
          if (v.label[j] >= 0) {
            one &= around < 0 || around == v.label[j];
            around = v.label[j];
          } else if (!hollow(v, j)) {
            one = false;
          } else if (!done[j]) {
            done[j] = true;
            queue[tail++] = j;
          }
        }
      }
      if (one && around >= 0) {
        for (int k = 0; k < tail; k++) {
          v.label[queue[k]] = around;
        }
      }
    }
  }

  private static boolean hollow(SeenPoints v, int i) {
    return !(v.up[i] < -0.01) && !(v.up[i] > 0.02);
  }
}
