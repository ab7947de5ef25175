package io.github.vla3d.torch.checkpoint;

import io.github.vla3d.torch.TorchException;

/**
 * How far training has come.
 *
 * @param step training steps done
 * @param epoch number of the pass over the data, from 0
 * @param batch batches of that pass done
 */
public record Progress(long step, long epoch, long batch) {
  public static final Progress START = new Progress(0, 0, 0);

  public Progress {
    if (step < 0 || epoch < 0 || batch < 0) {
      throw new TorchException(
          "progress: wanted numbers >= 0, got " + step + ", " + epoch + ", " + batch);
    }
  }
}
