package io.github.vla3d.training;

import io.github.vla3d.scene.config.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What stands beside the checkpoints of a training. */
final class TrainingFiles {
  private TrainingFiles() {}

  /** A training goes on with the choices that it began with. */
  static void keepPreset(Path out, Preset preset, boolean begun) throws IOException {
    Path file = out.resolve("preset.yaml");
    String yaml = preset.toYaml();
    if (begun && Files.exists(file) && !Files.readString(file).equals(yaml)) {
      throw new IllegalArgumentException(
          "training: %s was begun with other choices than these; wanted the same, or another folder"
              .formatted(out));
    }
    Files.writeString(file, yaml);
  }
}
