package io.github.vla3d.torch.io;

import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Opens a weight file by what it is called. */
public final class WeightFiles {
  private WeightFiles() {}

  /**
   * Opens safetensors (a file, an index of shards, or a folder with either).
   *
   * @throws TorchException if the path does not exist, is of no known format, or is broken
   */
  public static Weights open(Path path) {
    if (!Files.exists(path)) {
      throw new TorchException("no such file or folder: " + path);
    }
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    if (Files.isDirectory(path)
        || name.endsWith(".safetensors")
        || name.endsWith(".safetensors.index.json")) {
      return Safetensors.open(path);
    }
    throw new TorchException(
        path + ": wanted .safetensors or .safetensors.index.json, got another kind of file");
  }
}
