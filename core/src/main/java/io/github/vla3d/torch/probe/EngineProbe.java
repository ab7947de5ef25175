package io.github.vla3d.torch.probe;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Times the operations that decide how fast a policy runs: large products, attention, small
 * operations, a training step, and inference by two threads at once. Each number is the median of
 * its repetitions, after warming up.
 */
public final class EngineProbe {
  private static final int GEMM = 2048;

  /** Side of the matrices where a type has no fast kernel: bf16 without AVX-512, say. */
  private static final int SMALL_GEMM = 256;

  /** Seconds for a number's repetitions; what takes longer once is measured once only. */
  private static final double LONG = 1;

  private EngineProbe() {}

  /**
   * What was measured.
   *
   * @param fp32GemmGflops product of two fp32 matrices of size 2048, 10^9 operations a second
   * @param bf16GemmGflops the same in bf16
   * @param smallOperationMicros adding two vectors of 16, with its scope, microseconds
   * @param linearMillis fp32 [1, 2048] through a linear layer to 4096, milliseconds
   * @param attentionFp32Millis attention of [1, 8, 968, 256] in fp32, milliseconds
   * @param attentionBf16Millis the same in bf16
   * @param mlpStepMillis a step of gradient descent on an MLP 64-256-1, batch 256, milliseconds
   * @param wideMlpMillis forward and backward of an MLP 512-2048-512, batch 128, milliseconds
   * @param inferencePerSecond forwards of 8 blocks of an MLP a second, by number of Java threads at
   *     work (each with one engine thread)
   */
  public record Report(
      double fp32GemmGflops,
      double bf16GemmGflops,
      double smallOperationMicros,
      double linearMillis,
      double attentionFp32Millis,
      double attentionBf16Millis,
      double mlpStepMillis,
      double wideMlpMillis,
      Map<Integer, Double> inferencePerSecond) {
    public Report {
      inferencePerSecond = Map.copyOf(inferencePerSecond);
    }

    /** Throughput of two threads over that of one. */
    public double scaling() {
      return inferencePerSecond.getOrDefault(2, Double.NaN)
          / inferencePerSecond.getOrDefault(1, Double.NaN);
    }
  }

  /**
   * Measures everything; takes about 5 seconds on two cores with the settings of {@link
   * Torch#start}, up to half a minute without fast bf16.
   */
  public static Report run() {
    try (Generator generator = new Generator(0);
        Store store = new Store()) {
      return new Report(
          gemm(generator, DType.F32),
          gemm(generator, DType.BF16),
          smallOperation(),
          linear(generator),
          attention(generator, DType.F32),
          attention(generator, DType.BF16),
          mlpStep(generator, store, 256, 64, 256, 1, true),
          mlpStep(generator, store, 128, 512, 2048, 512, false),
          inference(generator, store));
    }
  }

  private static double gemm(Generator generator, DType dtype) {
    double small = gemm(generator, dtype, SMALL_GEMM);
    double expected = 2.0 * GEMM * GEMM * GEMM / 1e9 / small;
    return expected > LONG ? small : gemm(generator, dtype, GEMM);
  }

  private static double gemm(Generator generator, DType dtype, int side) {
    return Scope.call(
        scope -> {
          Tensor a = generator.randn(DType.F32, side, side).to(dtype);
          Tensor b = generator.randn(DType.F32, side, side).to(dtype);
          double seconds = median(9, () -> Scope.run(() -> Functional.linear(a, b, null)));
          return 2.0 * side * side * side / seconds / 1e9;
        });
  }

  private static double smallOperation() {
    return Scope.call(
        scope -> {
          Tensor a = Tensors.ones(16);
          Runnable thousand =
              () -> {
                for (int i = 0; i < 1000; i++) {
                  Scope.run(() -> a.add(a));
                }
              };
          return median(15, thousand) * 1e3;
        });
  }

  private static double linear(Generator generator) {
    return Scope.call(
        scope -> {
          Tensor x = generator.randn(DType.F32, 1, 2048);
          Tensor weight = generator.randn(DType.F32, 4096, 2048);
          return median(25, () -> Scope.run(() -> Functional.linear(x, weight, null))) * 1e3;
        });
  }

  private static double attention(Generator generator, DType dtype) {
    return Scope.call(
        scope -> {
          Tensor q = generator.randn(DType.F32, 1, 8, 968, 256).to(dtype);
          Tensor k = generator.randn(DType.F32, 1, 8, 968, 256).to(dtype);
          Tensor v = generator.randn(DType.F32, 1, 8, 968, 256).to(dtype);
          Runnable once = () -> Scope.run(() -> Functional.attention(q, k, v, null, Double.NaN));
          return median(5, once) * 1e3;
        });
  }

  private static double mlpStep(
      Generator generator,
      Store store,
      long batch,
      long in,
      long hidden,
      long out,
      boolean update) {
    return Scope.call(
        scope -> {
          Tensor x = generator.randn(DType.F32, batch, in);
          Tensor y = generator.randn(DType.F32, batch, out);
          List<Tensor> parameters =
              List.of(
                  store.put(generator.randn(DType.F32, hidden, in).mul(0.05)),
                  store.put(Tensors.zeros(hidden)),
                  store.put(generator.randn(DType.F32, out, hidden).mul(0.05)),
                  store.put(Tensors.zeros(out)));
          parameters.forEach(p -> p.requiresGrad_(true));
          Runnable step =
              () ->
                  Scope.run(
                      () -> {
                        Tensor h =
                            Functional.linear(x, parameters.get(0), parameters.get(1)).relu();
                        Tensor z = Functional.linear(h, parameters.get(2), parameters.get(3));
                        z.sub(y).square().mean().backward();
                        for (Tensor p : parameters) {
                          Tensor grad = p.grad();
                          if (update && grad != null) {
                            p.detach().add_(grad, -1e-3);
                          }
                          p.grad(null);
                        }
                      });
          return median(101, step) * 1e3;
        });
  }

  /**
   * As jvm.md's third trap: several Java threads, each with one engine thread, through 8 blocks
   * 512-2048-512.
   */
  private static Map<Integer, Double> inference(Generator generator, Store store) {
    List<Tensor> weights = new ArrayList<>();
    Tensor[] x = new Tensor[1];
    Scope.run(
        () -> {
          for (int i = 0; i < 8; i++) {
            weights.add(store.put(generator.randn(DType.F32, 2048, 512).mul(0.03)));
            weights.add(store.put(generator.randn(DType.F32, 512, 2048).mul(0.03)));
          }
          x[0] = store.put(generator.randn(DType.F32, 64, 512));
        });
    Runnable forward =
        () ->
            Scope.run(
                () -> {
                  Tensor h = x[0];
                  for (int i = 0; i < weights.size(); i += 2) {
                    Tensor wide = Functional.linear(h, weights.get(i), null).relu();
                    h = h.add(Functional.linear(wide, weights.get(i + 1), null));
                  }
                });
    int threadsBefore = Torch.threads();
    Torch.threads(1);
    try {
      Map<Integer, Double> rates = new TreeMap<>();
      for (int threads : new int[] {1, 2}) {
        // Twice each, interleaved with nothing else; the better one counts: a neighbour's burst
        // only ever takes away.
        rates.put(threads, Math.max(rate(threads, forward), rate(threads, forward)));
      }
      return rates;
    } finally {
      Torch.threads(threadsBefore);
    }
  }

  private static double rate(int threads, Runnable forward) {
    long span = 700_000_000L;
    AtomicLong done = new AtomicLong();
    long[] began = new long[1];
    Runnable worker =
        () -> {
          Torch.threads(1); // the engine keeps this number per thread, too
          forward.run();
          while (System.nanoTime() - began[0] < span) {
            forward.run();
            done.incrementAndGet();
          }
        };
    List<Thread> pool = new ArrayList<>();
    began[0] = System.nanoTime();
    for (int i = 0; i < threads; i++) {
      Thread thread = new Thread(worker, "probe-" + i);
      pool.add(thread);
      thread.start();
    }
    for (Thread thread : pool) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while measuring", e);
      }
    }
    return done.get() / ((System.nanoTime() - began[0]) / 1e9);
  }

  /**
   * Median time of one call in seconds; of a long one the time of the first.
   *
   * @param most repetitions
   */
  private static double median(int most, Runnable body) {
    long start = System.nanoTime();
    body.run();
    double first = (System.nanoTime() - start) / 1e9;
    if (first > LONG) {
      return first;
    }
    int repetitions = (int) Math.max(1, Math.min(most, LONG / first));
    for (int i = 1; i < Math.max(2, repetitions / 4); i++) {
      body.run();
    }
    double[] seconds = new double[repetitions];
    for (int i = 0; i < repetitions; i++) {
      long began = System.nanoTime();
      body.run();
      seconds[i] = (System.nanoTime() - began) / 1e9;
    }
    Arrays.sort(seconds);
    return seconds[repetitions / 2];
  }
}
