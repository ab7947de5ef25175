package io.github.vla3d.training;

import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.torch.checkpoint.Checkpoint;
import io.github.vla3d.torch.checkpoint.CheckpointFolder;
import io.github.vla3d.torch.checkpoint.Retention;
import io.github.vla3d.torch.distributed.RankZero;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folder of a training: its checkpoints, and what stands beside them. Of several processes, the
 * one of rank 0 writes.
 */
final class TrainingFiles implements AutoCloseable {
  private static final int KEPT = 2;

  private final Optional<CheckpointFolder> checkpoints;
  private final Optional<Checkpoint> newest;

  private TrainingFiles(Optional<CheckpointFolder> checkpoints, Optional<Checkpoint> newest) {
    this.checkpoints = checkpoints;
    this.newest = newest;
  }

  /** Where checkpoints stand. */
  static Path checkpoints(Path out) {
    return out.resolve("checkpoints");
  }

  /**
   * Opens the folder, or makes it. A training goes on with the choices and the episodes that it
   * began with.
   *
   * @param episodes all if empty
   */
  static TrainingFiles open(Path out, Preset preset, List<Integer> episodes, RankZero rankZero)
      throws IOException {
    Path folder = checkpoints(out);
    Optional<CheckpointFolder> opened = rankZero.makes(() -> open(out, preset, episodes));
    try {
      Optional<Checkpoint> newest = CheckpointFolder.newestWhole(folder).newest();
      rankZero.same("step of the newest checkpoint", newest.map(Checkpoint::step).orElse(-1L));
      return new TrainingFiles(opened, newest);
    } catch (RuntimeException e) {
      opened.ifPresent(CheckpointFolder::close);
      throw e;
    }
  }

  private static CheckpointFolder open(Path out, Preset preset, List<Integer> episodes)
      throws IOException {
    Files.createDirectories(out);
    CheckpointFolder folder = CheckpointFolder.open(checkpoints(out), Retention.last(KEPT));
    try {
      boolean begun = CheckpointFolder.newestWhole(checkpoints(out)).newest().isPresent();
      keep(out, "preset.yaml", "choices", preset.toYaml(), begun);
      keep(out, "episodes.txt", "episodes", episodes.isEmpty() ? "" : episodes + "\n", begun);
      return folder;
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
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

  /** To write checkpoints to; in rank 0 alone. */
  Optional<CheckpointFolder> checkpoints() {
    return checkpoints;
  }

  /** What to go on from. */
  Optional<Checkpoint> newest() {
    return newest;
  }

  @Override
  public void close() {
    checkpoints.ifPresent(CheckpointFolder::close);
  }
}
