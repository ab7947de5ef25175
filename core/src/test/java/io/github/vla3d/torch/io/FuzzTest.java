package io.github.vla3d.torch.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors.Content;
import io.github.vla3d.torch.io.StrictMatch.Types;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damaged files, by seeds. Every one ends in a {@link TorchException}, or holds exactly what the
 * undamaged one holds (damage where nothing is stored: padding, times, comments). Heap and time per
 * attempt are bounded.
 */
class FuzzTest {
  private static final int SAMPLE = 110;
  private static final int FULL = 1800;
  private static final long MAX_HEAP = 4 << 20;
  private static final long MAX_NANOS = 2_000_000_000L;

  /** What a module wants from our files, and a reader of arrays from NumPy's. */
  private static final Map<String, TensorSpec> SPECS = specs();

  private static final Map<String, TensorSpec> NPZ_SPECS =
      specs(Npz.read(Fixtures.file("deflated.npz")));

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** What is damaged, and how it is opened. */
  enum Kind {
    SAFETENSORS("made.safetensors"),
    SHARDS("model.safetensors.index.json"),
    PTH("nested.pth"),
    PICKLE("data.pkl"),
    NPZ("deflated.npz"),
    NPY("v1.npy");

    final String file;

    Kind(String file) {
      this.file = file;
    }

    Map<String, String> content(Path path, byte[] bytes) {
      return switch (this) {
        case SAFETENSORS -> safetensors(path);
        case SHARDS -> shards(path);
        case PTH -> pth(path);
        case PICKLE -> pickle(bytes);
        case NPZ -> npz(path);
        case NPY -> npy(path, bytes);
      };
    }
  }

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void damagedFilesAreRefused(Kind kind) throws Exception {
    attack(kind, 1, SAMPLE);
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource
  void manyDamagedFilesAreRefused(Kind kind) throws Exception {
    attack(kind, 1_000_000, FULL);
  }

  private void attack(Kind kind, long firstSeed, int attempts) throws IOException {
    Path file = folder.resolve(kind.file);
    byte[] whole = make(kind, file);
    Map<String, String> wanted = kind.content(file, whole);
    int refused = 0;
    long mostBytes = 0;
    long mostNanos = 0;
    for (long seed = firstSeed; seed < firstSeed + attempts; seed++) {
      byte[] damaged = Mutation.of(whole, new SplittableRandom(seed));
      Files.write(file, damaged);
      long bytes = THREADS.getCurrentThreadAllocatedBytes();
      long start = System.nanoTime();
      try {
        Map<String, String> got = kind.content(file, damaged);
        assertThat(got).as("%s, seed %d", kind, seed).isEqualTo(wanted);
      } catch (TorchException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError(kind + ", seed " + seed, e);
      }
      mostNanos = Math.max(mostNanos, System.nanoTime() - start);
      mostBytes = Math.max(mostBytes, THREADS.getCurrentThreadAllocatedBytes() - bytes);
    }
    System.out.printf(
        "%s: %d damaged files, %d refused, %d opened; at most %d KiB of heap and %d ms each%n",
        kind, attempts, refused, attempts - refused, mostBytes >> 10, mostNanos / 1_000_000);
    assertThat(refused).isGreaterThan(attempts / 2);
    assertThat(mostBytes).isLessThan(MAX_HEAP);
    assertThat(mostNanos).isLessThan(MAX_NANOS);
  }

  private static Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (DType dtype : DType.values()) {
      tensors.put("of." + dtype, Fixtures.ramp(dtype, 3, 4));
      tensors.put("of.another." + dtype, Fixtures.ramp(dtype, 4, 3).mul(-1).to(dtype));
    }
    tensors.put("large", Fixtures.ramp(DType.F32, 40, 30));
    return tensors;
  }

  private byte[] make(Kind kind, Path file) throws IOException {
    switch (kind) {
      case SAFETENSORS ->
          Scope.run(() -> SafetensorsWriter.write(file, tensors(), Map.of("step", "12")));
      case SHARDS ->
          Scope.run(() -> SafetensorsWriter.writeSharded(folder, tensors(), Map.of(), 2000));
      case PICKLE -> {
        try (StrictZip zip = new StrictZip(Fixtures.file("nested.pth"))) {
          var entry = Objects.requireNonNull(zip.entries().get("nested/data.pkl"));
          byte[] pickle = zip.read(entry, in -> in.readAllBytes());
          Files.write(file, pickle);
        }
      }
      default -> Files.copy(Fixtures.file(kind.file), file);
    }
    return Files.readAllBytes(file);
  }

  private static Map<String, TensorSpec> specs() {
    return Scope.call(
        scope -> {
          Map<String, TensorSpec> specs = new LinkedHashMap<>();
          tensors().forEach((name, tensor) -> specs.put(name, TensorSpec.of(tensor)));
          return specs;
        });
  }

  /** Our own files: opened, matched and verified, as a checkpoint is. */
  private static Map<String, String> safetensors(Path file) {
    try (Safetensors read = Safetensors.open(file)) {
      StrictMatch.check(SPECS, read, Types.EXACT);
      if (read.verifyContent() != Content.INTACT) {
        throw new TorchException(file + ": content is not what was written");
      }
      Map<String, String> content = values(read);
      content.put("", String.valueOf(read.metadata().get("step")));
      return content;
    }
  }

  private static Map<String, String> shards(Path index) {
    try (Safetensors read = Safetensors.open(index)) {
      StrictMatch.check(SPECS, read, Types.EXACT);
      return values(read);
    }
  }

  private static Map<String, String> pth(Path file) {
    try (PthFile read = PthFile.open(file)) {
      return values(read);
    }
  }

  /** Behind a right check sum: the views must be inside their storages, no more can be known. */
  private static Map<String, String> pickle(byte[] bytes) {
    Map<String, StatePickle.View> views = StatePickle.tensors(bytes);
    views
        .values()
        .forEach(
            view -> {
              long last = view.offset();
              for (int i = 0; i < view.strides().size(); i++) {
                last += (view.spec().shape().get(i) - 1) * view.strides().get(i);
              }
              assertThat(view.offset()).isNotNegative();
              assertThat(view.strides()).allMatch(stride -> stride >= 0);
              if (view.spec().numel() > 0) {
                assertThat(last).isLessThan(view.storage().numel());
              }
            });
    return Map.of();
  }

  private static Map<String, String> npz(Path file) {
    Map<String, NpyArray> arrays = Npz.read(file);
    StrictMatch.check(file.toString(), NPZ_SPECS, specs(arrays), Types.EXACT);
    Map<String, String> content = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> content.put(name, array.spec() + Arrays.toString(array.toDoubles())));
    return content;
  }

  private static Map<String, TensorSpec> specs(Map<String, NpyArray> arrays) {
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    arrays.forEach((name, array) -> specs.put(name, array.spec()));
    return specs;
  }

  /**
   * The format has no check sum, so that the header alone can be checked: the values must be those
   * at the end of the file.
   */
  private static Map<String, String> npy(Path file, byte[] bytes) {
    NpyArray array = Npy.read(file);
    assertThat(array.spec().numel() * array.spec().dtype().bytes())
        .isLessThanOrEqualTo(8L * bytes.length);
    return Map.of();
  }

  private static Map<String, String> values(Weights weights) {
    return Scope.call(
        scope -> {
          Map<String, String> values = new LinkedHashMap<>();
          weights
              .specs()
              .forEach(
                  (name, spec) ->
                      values.put(name, spec + Arrays.toString(weights.get(name).toBytes())));
          return values;
        });
  }

  /** One kind of damage, sometimes several. */
  private enum Mutation {
    TRUNCATE {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        return Arrays.copyOf(file, random.nextInt(file.length));
      }
    },
    EXTEND {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        return Arrays.copyOf(file, file.length + 1 + random.nextInt(64));
      }
    },
    FLIP_BIT {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        byte[] result = file.clone();
        result[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
        return result;
      }
    },
    /** Files say where things are at their start or at their end. */
    FLIP_BIT_NEAR_AN_END {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        byte[] result = file.clone();
        int near = random.nextInt(Math.min(file.length, 400));
        result[random.nextBoolean() ? near : file.length - 1 - near] ^=
            (byte) (1 << random.nextInt(8));
        return result;
      }
    },
    SPLICE {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        byte[] result = file.clone();
        int n = 1 + random.nextInt(Math.min(64, file.length / 2));
        int from = random.nextInt(file.length - n);
        System.arraycopy(file, from, result, random.nextInt(file.length - n), n);
        return result;
      }
    },
    CUT_OUT {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        int from = random.nextInt(file.length);
        int to = Math.min(file.length, from + 1 + random.nextInt(32));
        byte[] result = Arrays.copyOf(file, file.length - (to - from));
        System.arraycopy(file, to, result, from, file.length - to);
        return result;
      }
    },
    HUGE_NUMBER {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        byte[] result = file.clone();
        int at = random.nextBoolean() ? 0 : random.nextInt(Math.max(1, file.length - 8));
        long[] numbers = {-1, Long.MAX_VALUE, Integer.MAX_VALUE, 1L << 32, 100_000_000, 0};
        if (file.length >= 8) {
          ByteBuffer.wrap(result)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(at, numbers[random.nextInt(numbers.length)]);
        }
        return result;
      }
    },
    /** Keeps the length, so that only the meaning changes. */
    EDIT_DIGIT {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        return replace(file, random, "[0-9]", hit -> "" + random.nextInt(10));
      }
    },
    WRONG_TYPE {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        String[] others = {"F64", "F32", "I32", "U32", "I64"};
        return replace(file, random, "[FIU](64|32)", hit -> others[random.nextInt(5)]);
      }
    },
    /** Names one thing like another: keys come twice, tensors and shards are exchanged. */
    EXCHANGE_NAMES {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        Matcher names = Pattern.compile("of\\.[a-zF0-9]+|views?\\.?[a-z]+").matcher(text(file));
        String[] all = names.results().map(r -> r.group()).distinct().toArray(String[]::new);
        return all.length == 0
            ? FLIP_BIT.apply(file, random)
            : replace(
                file,
                random,
                "of\\.[a-zF0-9]+",
                hit -> {
                  String other = all[random.nextInt(all.length)];
                  return other.length() == hit.length() ? other : hit;
                });
      }
    },
    /** Two entries exchange their places: overlap, or other values under a name. */
    EXCHANGE_OFFSETS {
      @Override
      byte[] apply(byte[] file, SplittableRandom random) {
        String[] all =
            Pattern.compile("\\[\\d+,\\d+\\]}")
                .matcher(text(file))
                .results()
                .map(r -> r.group())
                .toArray(String[]::new);
        return replace(
            file,
            random,
            "\\[\\d+,\\d+\\]}",
            hit -> {
              String other = all[random.nextInt(all.length)];
              return other.length() == hit.length() ? other : hit;
            });
      }
    };

    abstract byte[] apply(byte[] file, SplittableRandom random);

    static byte[] of(byte[] file, SplittableRandom random) {
      byte[] result = file;
      int times = random.nextInt(4) == 0 ? 3 : 1;
      while (times-- > 0 || Arrays.equals(result, file)) {
        result = values()[random.nextInt(values().length)].apply(result, random);
        if (result.length < 2) {
          return result;
        }
      }
      return result;
    }

    private static String text(byte[] file) {
      return new String(file, StandardCharsets.ISO_8859_1);
    }

    private static byte[] replace(
        byte[] file, SplittableRandom random, String pattern, UnaryOperator<String> other) {
      var hits = Pattern.compile(pattern).matcher(text(file)).results().toList();
      if (hits.isEmpty()) {
        return file;
      }
      var hit = hits.get(random.nextInt(hits.size()));
      byte[] result = file.clone();
      byte[] by = other.apply(hit.group()).getBytes(StandardCharsets.ISO_8859_1);
      System.arraycopy(by, 0, result, hit.start(), by.length);
      return result;
    }
  }
}
