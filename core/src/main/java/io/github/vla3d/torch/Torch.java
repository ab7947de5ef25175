package io.github.vla3d.torch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/**
 * Start-up and process-wide settings of the engine. The first use of a tensor starts it, tuned as
 * measured:
 *
 * <ul>
 *   <li>OpenBLAS gets one thread. Its pool and OpenMP's otherwise fight over the cores: small
 *       operations are 30 to 50 times slower, concurrent inference 18 times.
 *   <li>fp32 products go through oneDNN where that keeps fp32 accuracy: linear maps that nobody
 *       derives by a call of its own ({@link Functional#linear}), all others through the engine's
 *       setting ({@link Precision#AUTO}), which does nothing on processors without AVX-512: there
 *       products of training take one thread.
 *   <li>Attention on the CPU takes the engine's matrix form with bf16 reductions, except on
 *       processors with AMX, where its flash kernel is faster. Without AMX that kernel takes 1230
 *       ms instead of 18 for bf16 of [1, 8, 968, 256].
 *   <li>JavaCPP's limit on physical memory is lifted: scopes free memory, not the garbage
 *       collector.
 * </ul>
 */
public final class Torch {
  /**
   * Relative error of a product above which its factors were surely rounded (fp32: 4e-7, bf16:
   * 2e-3).
   */
  static final double ROUNDED = 1e-5;

  private static boolean started;
  private static boolean tuned;
  private static boolean mediumRounds;
  private static Precision precision = Precision.AUTO;

  private Torch() {}

  /** Starts the engine if it is not running; there is no need to call it. */
  public static synchronized void start() {
    if (started) {
      return;
    }
    load();
    tuned = true;
    openblas.blas_set_num_threads(1);
    Context context = torch.globalContext();
    context.setAllowFP16BF16ReductionMathSDP(true);
    context.setFloat32MatmulPrecision("medium");
    mediumRounds = relativeErrorOfProduct() > ROUNDED;
    // The rounding betrays AMX. A fact about the processor, not a timing: the same machine computes
    // the same bits.
    context.setSDPUseFlash(mediumRounds);
    precision(Precision.AUTO);
  }

  /**
   * Starts the engine with its own defaults: for the benchmark that shows what {@link #start}
   * gains.
   */
  public static synchronized void startPlain() {
    if (started) {
      throw new IllegalStateException("the engine has started already");
    }
    load();
  }

  /** Whether the engine was started by {@link #start}. */
  static synchronized boolean isTuned() {
    return tuned;
  }

  private static void load() {
    started = true;
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    Loader.load(openblas.class);
    Loader.load(torch.class);
  }

  private static double relativeErrorOfProduct() {
    try (PointerScope scope = new PointerScope();
        org.bytedeco.pytorch.Generator generator = torch.make_generator_cpu(0)) {
      var optional = new org.bytedeco.pytorch.GeneratorOptional(generator);
      var a = torch.randn(new long[] {64, 64}, optional);
      var b = torch.randn(new long[] {64, 64}, optional);
      var exact = a.to(DType.F64.raw).matmul(b.to(DType.F64.raw));
      var error = a.matmul(b).to(DType.F64.raw).sub(exact);
      return error.norm().item_double() / exact.norm().item_double();
    }
  }

  /** Sets how fp32 products are computed, for all threads from now on. */
  public static synchronized void precision(Precision wanted) {
    start();
    precision = wanted;
    boolean exact = wanted == Precision.HIGHEST || (wanted == Precision.AUTO && mediumRounds);
    torch.globalContext().setFloat32MatmulPrecision(exact ? "highest" : "medium");
  }

  public static synchronized Precision precision() {
    return precision;
  }

  /** Whether the engine's "medium" setting rounds fp32 factors to bf16 on this processor. */
  public static synchronized boolean mediumRoundsToBf16() {
    start();
    return mediumRounds;
  }

  /** Whether attention on the CPU goes through the engine's flash kernel. */
  public static boolean flashAttention() {
    start();
    return torch.globalContext().userEnabledFlashSDP();
  }

  /**
   * Sets whether attention of bf16 tensors on the CPU also sums in bf16 (the default; error 4e-3
   * instead of 2e-3, a third of the time).
   */
  public static void bf16AttentionReduction(boolean on) {
    start();
    torch.globalContext().setAllowFP16BF16ReductionMathSDP(on);
  }

  /** Threads that one operation uses. */
  public static int threads() {
    start();
    return torch.get_num_threads();
  }

  /**
   * Sets the threads that one operation uses, for all Java threads from now on. A server with a
   * Java thread per core wants 1.
   */
  public static void threads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: wanted >= 1, got " + threads);
    }
    start();
    torch.set_num_threads(threads);
  }

  /** Number of usable GPUs; 0 with the CPU build of the engine. */
  public static int cudaDevices() {
    start();
    return torch.cuda_is_available() ? torch.cuda_device_count() : 0;
  }

  /** Version of libtorch and of its Java binding, as in {@code 2.10.0-1.5.13}. */
  public static String version() {
    try (InputStream in =
        torch.class.getResourceAsStream("/META-INF/maven/org.bytedeco/pytorch/pom.properties")) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives memory that the allocator of the C library keeps for later back to the system. */
  public static void trimMemory() {
    start();
    Pointer.trimMemory();
  }
}
