package io.github.vla3d.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A folder of reference tensors, and the books on what was done with each of them.
 *
 * <p>Files are named by their path inside the folder, with {@code /} between names.
 */
public final class Fixture implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Set<String> files = new TreeSet<>();
  private final Map<String, Weights> open = new HashMap<>();
  private final Set<String> unusedFiles = new TreeSet<>();
  private final Map<String, Set<String>> unusedTensors = new TreeMap<>();
  private final List<Comparison> comparisons = new ArrayList<>();

  private Fixture(Path folder) {
    this.folder = folder;
  }

  /**
   * Lists the folder and the tensors of its safetensors files.
   *
   * @throws TorchException if it is no folder, or a safetensors file is broken
   */
  public static Fixture open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new TorchException("no such folder: " + folder);
    }
    Fixture fixture = new Fixture(folder);
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString().replace('\\', '/'))
          .forEach(fixture.files::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (String file : fixture.files) {
      if (file.endsWith(".safetensors")) {
        fixture.unusedTensors.put(file, new TreeSet<>(fixture.weights(file).specs().keySet()));
      } else if (!exempt(file)) {
        fixture.unusedFiles.add(file);
      }
    }
    return fixture;
  }

  /** Descriptions of a folder need not be read by a verifier. */
  private static boolean exempt(String file) {
    String name = file.substring(file.lastIndexOf('/') + 1);
    return name.equals("README.md")
        || name.equals("FILES.json")
        || name.matches("(.*_)?manifest(_.*)?\\.json")
        || name.endsWith("_report.json");
  }

  public Path folder() {
    return folder;
  }

  /** All files, sorted. */
  public Set<String> files() {
    return Set.copyOf(files);
  }

  public boolean has(String file) {
    return files.contains(file);
  }

  // ---------------------------------------- inputs

  /**
   * Reads a JSON file and books it as input.
   *
   * @throws TorchException if it is missing or no JSON
   */
  public JsonNode json(String file) {
    require(file);
    unusedFiles.remove(file);
    try {
      return JSON.readTree(folder.resolve(file).toFile());
    } catch (IOException e) {
      throw new TorchException(folder.resolve(file) + ": no JSON: " + firstLine(e), e);
    }
  }

  /** The file {@code manifest.json} of the folder; an empty object if there is none. */
  public JsonNode manifest() {
    return has("manifest.json") ? json("manifest.json") : JSON.createObjectNode();
  }

  /**
   * Sizes of a tiny model. Where its {@code config.json} names a standard variant but the manifest
   * has {@code dims}, the manifest decides, key by key.
   *
   * @param configured sizes by the names that the manifest uses
   */
  public Map<String, Long> dims(Map<String, Long> configured) {
    Map<String, Long> dims = new LinkedHashMap<>(configured);
    manifest()
        .path("dims")
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().isIntegralNumber()) {
                dims.put(entry.getKey(), entry.getValue().asLong());
              }
            });
    return dims;
  }

  /** Reads a file whole and books it as input. */
  public byte[] bytes(String file) {
    require(file);
    unusedFiles.remove(file);
    try {
      return Files.readAllBytes(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Where a file lies, booked as input (a checkpoint folder that a loader opens by itself, say).
   */
  public Path path(String file) {
    require(file);
    unusedFiles.remove(file);
    unusedTensors.remove(file);
    return folder.resolve(file);
  }

  /** Names and shapes of a safetensors file, in its order. */
  public Map<String, TensorSpec> specs(String file) {
    return weights(file).specs();
  }

  /** A tensor that our code gets as input. It is mapped: do not write to it. */
  public Tensor input(String file, String tensor) {
    used(file, tensor);
    return weights(file).get(tensor);
  }

  private void used(String file, String tensor) {
    Set<String> unused = unusedTensors.get(file);
    if (unused != null) {
      unused.remove(tensor);
    }
  }

  private Weights weights(String file) {
    require(file);
    return open.computeIfAbsent(file, name -> Safetensors.open(folder.resolve(name)));
  }

  private void require(String file) {
    if (!files.contains(file)) {
      throw new TorchException(folder + ": wanted a file " + file + ", got none of that name");
    }
  }

  // ---------------------------------------- comparisons

  /** Holds a result against the reference tensor of that name. */
  public void compare(String file, String tensor, Tensor got, Tolerance tolerance) {
    used(file, tensor);
    String name = file + "#" + tensor;
    Scope.run(() -> comparisons.add(compare(name, weights(file).get(tensor), got, tolerance)));
  }

  /** Holds a number against a reference that stands in the manifest or another file. */
  public void compare(String name, double wanted, double got, Tolerance tolerance) {
    double difference = Math.abs(got - wanted);
    boolean same = Double.compare(got, wanted) == 0 || got == wanted;
    double allowed =
        tolerance.absolute() + (tolerance.relative() + tolerance.ofMaximum()) * Math.abs(wanted);
    comparisons.add(
        new Comparison(
            name,
            same ? 0 : difference,
            same ? 0 : difference / Math.abs(wanted),
            tolerance.toString(),
            same || difference <= allowed,
            ""));
  }

  /** Holds anything else (text, bytes, a list) against its reference: they must be equal. */
  public void compareEqual(String name, Object wanted, Object got) {
    boolean same =
        (wanted instanceof byte[] a && got instanceof byte[] b)
            ? Arrays.equals(a, b)
            : wanted.equals(got);
    comparisons.add(
        new Comparison(
            name,
            same ? 0 : Double.POSITIVE_INFINITY,
            same ? 0 : Double.POSITIVE_INFINITY,
            Tolerance.EXACT.toString(),
            same,
            same ? "" : "wanted " + abbreviate(wanted) + ", got " + abbreviate(got)));
  }

  private static String abbreviate(Object value) {
    String text = value instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(value);
    return text.length() <= 80 ? text : text.substring(0, 77) + "...";
  }

  static Comparison compare(String name, Tensor wanted, Tensor got, Tolerance tolerance) {
    if (!Arrays.equals(wanted.shape(), got.shape())) {
      return new Comparison(
          name,
          Double.POSITIVE_INFINITY,
          Double.POSITIVE_INFINITY,
          tolerance.toString(),
          false,
          "wanted shape "
              + Arrays.toString(wanted.shape())
              + ", got "
              + Arrays.toString(got.shape()));
    }
    if (wanted.dtype().isFloating() != got.dtype().isFloating()) {
      return new Comparison(
          name,
          Double.POSITIVE_INFINITY,
          Double.POSITIVE_INFINITY,
          tolerance.toString(),
          false,
          "wanted " + wanted.dtype() + ", got " + got.dtype());
    }
    if (!wanted.dtype().isFloating()) {
      return compareWhole(name, wanted, got, tolerance);
    }
    double[] a = wanted.to(DType.F64).toDoubles();
    double[] b = got.to(DType.F64).toDoubles();
    double largest = 0;
    for (double value : a) {
      largest = Math.max(largest, Double.isFinite(value) ? Math.abs(value) : 0);
    }
    double maxAbsolute = 0;
    double maxRelative = 0;
    boolean passed = true;
    for (int i = 0; i < a.length; i++) {
      boolean bothMissing = Double.isNaN(a[i]) && Double.isNaN(b[i]);
      if (bothMissing || a[i] == b[i]) {
        continue;
      }
      double difference = Math.abs(a[i] - b[i]);
      if (Double.isNaN(difference)) {
        difference = Double.POSITIVE_INFINITY;
      }
      maxAbsolute = Math.max(maxAbsolute, difference);
      maxRelative = Math.max(maxRelative, difference / Math.abs(a[i]));
      double allowed =
          tolerance.absolute()
              + tolerance.relative() * Math.abs(a[i])
              + tolerance.ofMaximum() * largest;
      // Written so that an infinite reference passes only if it is equal, which was asked above.
      passed &= difference <= allowed && Double.isFinite(a[i]);
    }
    return new Comparison(name, maxAbsolute, maxRelative, tolerance.toString(), passed, "");
  }

  private static Comparison compareWhole(
      String name, Tensor wanted, Tensor got, Tolerance tolerance) {
    long[] a = wanted.toLongs();
    long[] b = got.toLongs();
    long different = 0;
    double maxAbsolute = 0;
    double maxRelative = 0;
    boolean passed = true;
    for (int i = 0; i < a.length; i++) {
      if (a[i] != b[i]) {
        different++;
        double difference = Math.abs((double) a[i] - b[i]);
        maxAbsolute = Math.max(maxAbsolute, difference);
        maxRelative = Math.max(maxRelative, difference / Math.abs((double) a[i]));
        passed &=
            difference <= tolerance.absolute() + tolerance.relative() * Math.abs((double) a[i]);
      }
    }
    String note = passed ? "" : different + " of " + a.length + " differ";
    return new Comparison(name, maxAbsolute, maxRelative, tolerance.toString(), passed, note);
  }

  // ---------------------------------------- the books

  /** Everything compared so far, in order. */
  public List<Comparison> comparisons() {
    return List.copyOf(comparisons);
  }

  /** Tensors and files that were neither compared nor read. */
  public List<String> unused() {
    List<String> unused = new ArrayList<>(unusedFiles);
    unusedTensors.forEach((file, names) -> names.forEach(name -> unused.add(file + "#" + name)));
    return unused;
  }

  @Override
  public void close() {
    open.values().forEach(Weights::close);
    open.clear();
  }

  private static String firstLine(Exception e) {
    String message = String.valueOf(e.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
