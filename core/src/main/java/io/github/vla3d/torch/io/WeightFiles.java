package io.github.vla3d.torch.io;

import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Opens a weight file by what it is called. */
public final class WeightFiles {
  /** Where a training run, or one of its checkpoints, keeps the model. */
  private static final List<String> INSIDE =
      List.of("pretrained_model", "checkpoints/last/pretrained_model");

  private WeightFiles() {}

  /**
   * Opens safetensors (a file, an index of shards, a folder with either, a training checkpoint or
   * run), {@code .pth} or {@code .pt}, {@code .npz} or {@code .npy}.
   *
   * @throws TorchException if the path does not exist, is of no known format, or is broken
   */
  public static Weights open(Path path) {
    if (!Files.exists(path)) {
      throw new TorchException("no such file or folder: " + path);
    }
    if (Files.isDirectory(path)) {
      return Safetensors.open(model(path));
    }
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json")) {
      return Safetensors.open(path);
    }
    if (name.endsWith(".pth") || name.endsWith(".pt")) {
      return PthFile.open(path);
    }
    if (name.endsWith(".npz")) {
      return new NpyWeights(path.toString(), Npz.read(path));
    }
    if (name.endsWith(".npy")) {
      return new NpyWeights(
          path.toString(), Map.of(name.substring(0, name.length() - 4), Npy.read(path)));
    }
    throw new TorchException(
        path
            + ": wanted .safetensors, .safetensors.index.json, .pth, .pt, .npz or .npy, got"
            + " another kind of file");
  }

  private static Path model(Path folder) {
    for (String inside : INSIDE) {
      Path model = folder.resolve(inside);
      if (Files.isDirectory(model)) {
        return model;
      }
    }
    return folder;
  }
}
