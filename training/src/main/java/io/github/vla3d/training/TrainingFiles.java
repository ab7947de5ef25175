package io.github.vla3d.training;

import io.github.vla3d.scene.config.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What stands beside the checkpoints of a training. */
final class TrainingFiles {
  private TrainingFiles() {}

  /**
   * A training goes on with the choices and the episodes that it began with.
   *
   * @param episodes all if empty
   */
  static void keep(Path out, Preset preset, List<Integer> episodes, boolean begun)
      throws IOException {
    keep(out, "preset.yaml", "choices", preset.toYaml(), begun);
    keep(out, "episodes.txt", "episodes", episodes.isEmpty() ? "" : episodes + "\n", begun);
  }

  /** An empty text stands for no file. */
  private static void keep(Path out, String name, String what, String text, boolean begun)
      throws IOException {
    Path file = out.resolve(name);
    String before = Files.exists(file) ? Files.readString(file) : "";
    if (begun && !before.equals(text)) {
      throw new IllegalArgumentException(
          "training: %s was begun with other %s than these; wanted the same, or another folder"
              .formatted(out, what));
    }
    if (text.isEmpty()) {
      Files.deleteIfExists(file);
    } else {
      Files.writeString(file, text);
    }
  }
}
