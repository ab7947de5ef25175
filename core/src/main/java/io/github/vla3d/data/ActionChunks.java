package io.github.vla3d.data;

import java.util.Objects;

/**
 * Cuts the actions of an episode into chunks: the actions of a frame and the ones after it. Behind
 * the end the last action is repeated, and marked as padding.
 *
 * @param horizon actions in a chunk
 * @param delta per column of the action: whether it is written as the difference to the state's
 *     column of the same index at the chunk's first frame. Empty: all absolute; columns beyond the
 *     end: absolute
 */
public record ActionChunks(int horizon, boolean[] delta) {
  /**
   * @throws IllegalArgumentException if the horizon is not above 0
   */
  public ActionChunks {
    if (horizon < 1) {
      throw new IllegalArgumentException("chunk: wanted a horizon above 0, got " + horizon);
    }
    delta = delta.clone();
  }

  /** Absolute actions. */
  public static ActionChunks absolute(int horizon) {
    return new ActionChunks(horizon, new boolean[0]);
  }

  @Override
  public boolean[] delta() {
    return delta.clone();
  }

  /**
   * A chunk.
   *
   * @param actions [horizon][columns]
   * @param padded per action: whether it lies behind the end of the episode
   */
  public record Chunk(float[][] actions, boolean[] padded) {}

  /**
   * The chunk of a frame.
   *
   * @throws IndexOutOfBoundsException outside the episode
   * @throws IllegalArgumentException if a column is delta that the state does not have
   */
  public Chunk at(Episode episode, int frame) {
    Track source = episode.actions();
    Objects.checkIndex(frame, source.rows());
    Track states = episode.states();
    float[][] actions = new float[horizon][];
    boolean[] padded = new boolean[horizon];
    for (int h = 0; h < horizon; h++) {
      int row = Math.min(frame + h, source.rows() - 1);
      padded[h] = frame + h >= source.rows();
      actions[h] = source.row(row);
      for (int c = 0; c < Math.min(delta.length, source.columns()); c++) {
        if (delta[c]) {
          if (c >= states.columns()) {
            throw new IllegalArgumentException(
                "delta action %d: wanted a state of more columns, got %d"
                    .formatted(c, states.columns()));
          }
          actions[h][c] -= states.at(frame, c);
        }
      }
    }
    return new Chunk(actions, padded);
  }

  /** Undoes the difference: the absolute actions of a chunk predicted at a state. */
  public float[][] toAbsolute(float[][] actions, float[] state) {
    float[][] absolute = new float[actions.length][];
    for (int h = 0; h < actions.length; h++) {
      absolute[h] = actions[h].clone();
      for (int c = 0; c < Math.min(delta.length, absolute[h].length); c++) {
        if (delta[c]) {
          absolute[h][c] += state[c];
        }
      }
    }
    return absolute;
  }
}
