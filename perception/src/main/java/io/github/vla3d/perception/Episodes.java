package io.github.vla3d.perception;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a teacher remembers of each episode, of those that it was shown last. One thread at a time.
 *
 * @param <M> the memory of an episode
 */
public final class Episodes<M> {
  /** Episodes that are remembered: more than workers that take turns. */
  public static final int MOST = 16;

  private final String teacher;
  private final Supplier<M> start;
  private final Map<Integer, Memory<M>> known =
      new LinkedHashMap<>(MOST, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Memory<M>> eldest) {
          return size() > MOST;
        }
      };

  private record Memory<M>(int frame, M value) {}

  /**
   * @param teacher its name, for messages
   * @param start the memory of an episode before its first frame
   */
  public Episodes(String teacher, Supplier<M> start) {
    this.teacher = teacher;
    this.start = start;
  }

  /**
   * The memory at a frame. Frame 0 begins anew; frames that could not be read are left out, the
   * first ones too.
   *
   * @throws IllegalArgumentException if the frame comes not after the one before of its episode
   */
  public M at(int episode, int frame) {
    Memory<M> before = frame == 0 ? null : known.get(episode);
    if (before != null && frame <= before.frame) {
      throw new IllegalArgumentException(
          "%s teacher: wanted the frames of an episode in order, got %d after %d of episode %d"
              .formatted(teacher, frame, before.frame, episode));
    }
    M now = before == null ? start.get() : before.value;
    known.put(episode, new Memory<>(frame, now));
    return now;
  }
}
