package io.github.vla3d.tabletop.render;

import java.util.Arrays;

/** Which items of a scene stay where they are from one picture to the next. */
final class Resting {
  private int[] moves = new int[0];
  private boolean[] resting = new boolean[0];
  private boolean seen;

  /**
   * Looks at the scene again.
   *
   * @return whether what rested before still rests, and nothing else has come to rest while others
   *     moved
   */
  boolean update(Scene scene) {
    int n = scene.items.size();
    boolean[] now = new boolean[n];
    boolean still = seen && n == moves.length;
    for (int i = 0; i < n; i++) {
      now[i] = i < moves.length && moves[i] == scene.items.get(i).moves;
      still &= now[i];
    }
    boolean same = still || (seen && Arrays.equals(now, resting));
    if (!same) {
      resting = now;
    }
    seen = true;
    remember(scene);
    return same;
  }

  private void remember(Scene scene) {
    int n = scene.items.size();
    if (moves.length != n) {
      moves = new int[n];
    }
    for (int i = 0; i < n; i++) {
      moves[i] = scene.items.get(i).moves;
    }
  }

  boolean rests(int item) {
    return resting[item];
  }
}
