package io.github.vla3d.torch.checkpoint;

import io.github.vla3d.torch.TorchException;
import java.nio.file.Path;
import java.util.Optional;

/** Trains and writes a checkpoint after every step, until it is killed or done. */
final class CheckpointProgram {
  static final Retention RETENTION = Retention.lastAndBest(2, "loss", Retention.Order.LOWER);

  private CheckpointProgram() {}

  /** Arguments: folder, step to end at. Prints the steps whose checkpoints are on the disk. */
  public static void main(String[] args) {
    Path path = Path.of(args[0]);
    long end = Long.parseLong(args[1]);
    try (CheckpointFolder folder = CheckpointFolder.open(path, RETENTION)) {
      Optional<Checkpoint> newest = CheckpointFolder.newestWhole(path).newest();
      // A resumed run starts from other weights and generators: a restore that forgets one shows.
      try (TinyTraining training = new TinyTraining(newest.isPresent() ? 999 : 0)) {
        newest.ifPresent(training::restore);
        System.out.println("from " + training.progress.step());
        while (training.progress.step() < end) {
          training.step();
          training.save(folder);
          System.out.println("saved " + training.progress.step());
        }
      }
    } catch (TorchException e) {
      System.err.println("error: " + e.getMessage());
      System.exit(3);
    }
  }
}
