package io.github.vla3d.perception.pointattn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.geometry.GeometryException;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.scene.completion.CachedCompleter;
import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.SafetensorsWriter;
import io.github.vla3d.verify.Comparison;
import io.github.vla3d.verify.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PointAttnTest {
  private static final Path SMALL = Path.of("src/test/resources/golden/pointattn");

  private static void passes(Path folder, int least) {
    Verification verification = Verification.of(folder);
    assertThat(verification.kind()).isEqualTo("pointattn");
    assertThat(verification.comparisons())
        .hasSizeGreaterThanOrEqualTo(least)
        .allMatch(Comparison::passed);
    assertThat(verification.unused()).isEmpty();
    assertThat(verification.passed()).isTrue();
  }

  /** The block, the container of the published files, and the smaller variant in full size. */
  @Test
  void theSmallFolderPasses() {
    passes(SMALL, 30);
  }

  @Test
  void theWholeFolderPasses() {
    Path whole =
        Stream.of("../../shared", "../../../shared")
            .map(shared -> Path.of(shared, "golden", "pointattn"))
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(SMALL);
    assumeTrue(!whole.equals(SMALL), "skipped: no ../shared/golden/pointattn");
    passes(whole, 65);
  }

  private static PointAttn small(String variant) {
    try {
      Weights weights =
          FormulaWeights.of(
              new ObjectMapper()
                  .readTree(SMALL.resolve("manifest.json").toFile())
                  .required(variant));
      return PointAttn.of(weights, Device.CPU, "");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Sizes as published. */
  @Test
  void randomOnesHaveTheTrueShape() {
    try (PointAttn pcn = PointAttn.random(Variant.PCN, Device.CPU, 1);
        PointAttn c3d = PointAttn.random(Variant.C3D, Device.CPU, 1)) {
      assertThat(pcn.parameters()).isEqualTo(36_662_793);
      assertThat(c3d.parameters()).isEqualTo(29_198_217);
      assertThat(c3d.complete(List.of(cloud(300, 1))).get(0).size()).isEqualTo(2048);
    }
  }

  private static PointCloud cloud(int points, long seed) {
    Random random = new Random(seed);
    double[] xyz = new double[3 * points];
    for (int i = 0; i < xyz.length; i++) {
      xyz[i] = 0.06 * random.nextDouble() + (i % 3 == 0 ? 0.4 : 0.1);
    }
    return PointCloud.of(xyz);
  }

  @Test
  void whereAnObjectStandsDoesNotMatterNorWhatElseIsInTheBatch() {
    Scope.run(
        () -> {
          try (PointAttn network = small("c3d")) {
            PointCloud one = cloud(2500, 1);
            PointCloud other = cloud(300, 2);
            double[] moved = one.toArray();
            for (int i = 0; i < moved.length; i++) {
              moved[i] += i % 3 == 0 ? 0.25 : i % 3 == 1 ? -0.125 : 0.5;
            }
            List<PointCloud> whole = network.complete(List.of(one, other, PointCloud.of(moved)));
            assertThat(whole).allMatch(c -> c.size() == network.variant().points());
            double[] alone = network.complete(List.of(other)).get(0).toArray();
            double[] beside = whole.get(1).toArray();
            double[] here = whole.get(0).toArray();
            double[] there = whole.get(2).toArray();
            for (int i = 0; i < alone.length; i++) {
              assertThat(beside[i]).isEqualTo(alone[i], within(1e-6));
              double by = i % 3 == 0 ? 0.25 : i % 3 == 1 ? -0.125 : 0.5;
              assertThat(there[i]).isEqualTo(here[i] + by, within(2e-6));
            }
            assertThatThrownBy(() -> network.complete(List.of(PointCloud.of(new double[0]))))
                .isInstanceOf(GeometryException.class)
                .hasMessageContaining("empty");
          }
        });
  }

  /** Up becomes the network's y, and the way back is the inverse. */
  @Test
  void theCubeIsTheNetworks() {
    PointCloud box = PointCloud.of(new double[] {1, 2, 3, 1.1, 2.2, 3.05});
    NetworkCube cube = NetworkCube.of(box);
    float[] there = new float[6];
    cube.into(box, there, 0);
    assertThat(there[4] - there[1]).isCloseTo(0.05f / 0.22f, within(1e-6f));
    assertThat(there[2] - there[5]).isCloseTo(1 / 1.1f, within(1e-6f));
    double[] back = cube.back(there, 0, 2).toArray();
    for (int i = 0; i < back.length; i++) {
      assertThat(back[i]).isEqualTo(box.toArray()[i], within(1e-6));
    }
    assertThat(NetworkCube.resampled(box, 2048).size()).isEqualTo(2048);
    assertThat(NetworkCube.of(PointCloud.of(new double[] {1, 2, 3})).scale()).isPositive();
  }

  @Test
  void anotherModelIsRefused(@TempDir Path folder) throws IOException {
    Path block = SMALL.resolve("tiny_net_state_dict.pth");
    assertThatThrownBy(() -> PointAttn.open(block, Device.CPU))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("wanted PointAttN as published")
        .hasMessageContaining("refine.conv_ps.weight");
    assertThatThrownBy(() -> PointAttn.open(folder.resolve("none.pth"), Device.CPU))
        .hasMessageContaining("no such file");
    Scope.run(
        () -> {
          try (Weights weights = FormulaWeights.of(manifest("c3d"))) {
            Map<String, io.github.vla3d.torch.Tensor> some = new LinkedHashMap<>();
            weights.specs().keySet().forEach(name -> some.put(name, weights.get(name)));
            some.remove("encoder.sa1.norm12.bias");
            Path file = folder.resolve("some.safetensors");
            write(file, some);
            assertThatThrownBy(() -> PointAttn.open(file, Device.CPU))
                .hasMessageContaining("1 missing: encoder.sa1.norm12.bias");
          }
        });
  }

  private static com.fasterxml.jackson.databind.JsonNode manifest(String variant) {
    try {
      return new ObjectMapper().readTree(SMALL.resolve("manifest.json").toFile()).required(variant);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void write(Path file, Map<String, io.github.vla3d.torch.Tensor> tensors) {
    SafetensorsWriter.write(file, tensors);
  }

  /** Counts what it is asked. */
  private static final class Counting implements CloudCompleter {
    private final List<Integer> asked = new ArrayList<>();

    @Override
    public int mostPoints() {
      return 10;
    }

    @Override
    public PointCloud complete(PointCloud observed, Vector3 camera) {
      asked.add(observed.size());
      double[] xyz = observed.toArray();
      xyz[0] += camera.x() / 3;
      return PointCloud.of(xyz);
    }

    @Override
    public List<PointCloud> complete(List<Partial> partials) {
      return partials.stream().map(p -> complete(p.observed(), p.camera())).toList();
    }
  }

  @Test
  void theCacheAsksForWhatIsMissingOnly(@TempDir Path folder) throws IOException {
    Counting inner = new Counting();
    var first = new CloudCompleter.Partial(cloud(3, 1), new Vector3(1, 0, 0));
    var second = new CloudCompleter.Partial(cloud(4, 2), new Vector3(1, 0, 0));
    var turned = new CloudCompleter.Partial(cloud(4, 2), new Vector3(0, 1, 0));
    try (CloudCompleter cached = new CachedCompleter(inner, "model a", folder)) {
      List<PointCloud> made = cached.complete(List.of(first, second));
      List<PointCloud> again = cached.complete(List.of(second, turned, first));
      assertThat(inner.asked).containsExactly(3, 4, 4);
      assertThat(again.get(0).toArray()).isEqualTo(made.get(1).toArray());
      assertThat(again.get(2).toArray()).isEqualTo(made.get(0).toArray());
    }
    try (CloudCompleter other = new CachedCompleter(inner, "model b", folder)) {
      other.complete(List.of(first));
      assertThat(inner.asked).hasSize(4);
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
      }
    }
    try (CloudCompleter cached = new CachedCompleter(inner, "model a", folder)) {
      assertThat(cached.complete(List.of(first)).get(0).size()).isEqualTo(3);
      assertThat(inner.asked).as("a damaged file is made again").hasSize(5);
    }
  }
}
