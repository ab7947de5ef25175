package io.github.vla3d.training;

import io.github.vla3d.torch.io.NpyArray;
import io.github.vla3d.torch.io.Npz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The frames of an episode in which the robot was pushed, as a simulator recorded them beside the
 * data set. Nobody can foresee a push, so the actions behind one say nothing about the frame.
 */
record Pushes(boolean[] pushed) {
  /** The array's name. */
  static final String FLAGS = "pushed";

  /** Those of an episode; none if nobody recorded any. */
  static Pushes of(Path root, int episode, int frames) {
    Path file = file(root, episode);
    return Files.exists(file)
        ? of(Npz.read(file, Set.of(FLAGS), 1L << 31), frames)
        : new Pushes(new boolean[frames]);
  }

  /** Those of a file that was read. */
  static Pushes of(Map<String, NpyArray> arrays, int frames) {
    boolean[] pushed = new boolean[frames];
    @Nullable NpyArray flags = arrays.get(FLAGS);
    if (flags != null) {
      long[] values = flags.toLongs();
      for (int f = 0; f < frames; f++) {
        pushed[f] = values[f] != 0;
      }
    }
    return new Pushes(pushed);
  }

  /** What a simulator recorded beside an episode. */
  static Path file(Path root, int episode) {
    return root.resolve("privileged/episode_%06d.npz".formatted(episode));
  }

  /**
   * Whether the h-th action behind a frame is trained on: not behind a push that nobody could
   * foresee at the frame.
   */
  boolean trains(int frame, int h) {
    for (int f = frame; f < Math.min(frame + h, pushed.length); f++) {
      if (pushed[f]) {
        return false;
      }
    }
    return true;
  }
}
