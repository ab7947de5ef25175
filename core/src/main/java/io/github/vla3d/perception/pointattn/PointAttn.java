package io.github.vla3d.perception.pointattn;

import io.github.vla3d.geometry.GeometryException;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.HashedFolder;
import io.github.vla3d.torch.io.PthFile;
import io.github.vla3d.torch.io.WeightFiles;
import io.github.vla3d.torch.nn.Trace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The frozen network with the published weights, on clouds in metres. Deterministic; may be used by
 * several threads.
 */
public final class PointAttn implements AutoCloseable {
  /** Observed points that it makes use of. */
  public static final int POINTS = Network.POINTS;

  /** What the published files keep the tensors under. */
  private static final String STATE = "net_state_dict";

  /** Clouds of one pass: attention over 2,048 points takes 67 MB a cloud. */
  private static final int BATCH = 4;

  private final Network network;
  private final Variant variant;
  private final Device device;
  private final String hash;

  private PointAttn(Network network, Variant variant, Device device, String hash) {
    this.network = network;
    this.variant = variant;
    this.device = device;
    this.hash = hash;
  }

  /**
   * Loads a published {@code .pth}, of which nothing is executed, or the same tensors without the
   * {@code net_state_dict.} before their names as safetensors or npz.
   *
   * @throws TorchException if there is no such file, or it is of another model
   */
  public static PointAttn open(Path file, Device device) {
    if (!Files.isRegularFile(file)) {
      throw new TorchException("PointAttN: wanted its weights, got no such file: " + file);
    }
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    boolean pth = name.endsWith(".pth") || name.endsWith(".pt");
    try (Weights weights = pth ? PthFile.open(file, STATE) : WeightFiles.open(file)) {
      return of(weights, device, HashedFolder.sha256(file));
    }
  }

  /**
   * The true shape with random weights, which complete nothing: to measure its speed.
   *
   * @param seed of the weights
   */
  public static PointAttn random(Variant variant, Device device, long seed) {
    Network network = new Network(variant);
    try (Generator generator = new Generator(seed)) {
      network.freeze(all -> true);
      network.training(false);
      network.initialise(generator, DType.F32, device);
      return new PointAttn(network, variant, device, "random " + seed);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  /** Number of its weights. */
  public long parameters() {
    return network.parameters().values().stream()
        .mapToLong(p -> Arrays.stream(p.shape()).reduce(1, (a, b) -> a * b))
        .sum();
  }

  /**
   * Takes over weights that are open; the file may be closed afterwards.
   *
   * @param hash of the weights
   */
  static PointAttn of(Weights weights, Device device, String hash) {
    Variant variant = Variant.of(weights);
    Network network = new Network(variant);
    try {
      network.freeze(all -> true);
      network.training(false);
      network.load(weights, DType.F32, device);
      return new PointAttn(network, variant, device, hash);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  public Variant variant() {
    return variant;
  }

  /** SHA-256 of the file of weights. */
  public String hash() {
    return hash;
  }

  /**
   * The whole shapes of partial clouds, several at a time.
   *
   * @param partial clouds of at least one point each: metres, z up, in any frame
   * @return as many clouds of {@link Variant#points} points in the same frame, rounded to fp32
   * @throws GeometryException if one is empty
   */
  public List<PointCloud> complete(List<PointCloud> partial) {
    List<PointCloud> whole = new ArrayList<>();
    for (int from = 0; from < partial.size(); from += BATCH) {
      whole.addAll(batch(partial.subList(from, Math.min(from + BATCH, partial.size()))));
    }
    return whole;
  }

  private List<PointCloud> batch(List<PointCloud> partial) {
    List<NetworkCube> cubes = partial.stream().map(NetworkCube::of).toList();
    float[] in = new float[3 * POINTS * partial.size()];
    for (int i = 0; i < partial.size(); i++) {
      cubes.get(i).into(NetworkCube.resampled(partial.get(i), POINTS), in, 3 * POINTS * i);
    }
    float[] out =
        Scope.call(
            scope ->
                Autograd.noGrad(
                    () ->
                        network
                            .apply(Tensors.of(in, partial.size(), POINTS, 3).to(device), Trace.NONE)
                            .to(Device.CPU)
                            .contiguous()
                            .toFloats()));
    List<PointCloud> whole = new ArrayList<>();
    for (int i = 0; i < cubes.size(); i++) {
      whole.add(cubes.get(i).back(out, 3 * variant.points() * i, variant.points()));
    }
    return whole;
  }

  Network network() {
    return network;
  }

  @Override
  public void close() {
    network.close();
  }
}
