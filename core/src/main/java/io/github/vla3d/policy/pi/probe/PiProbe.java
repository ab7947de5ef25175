package io.github.vla3d.policy.pi.probe;

import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.MemoryBlock;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.policy.gemma.GemmaConfig;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiNetwork;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.policy.siglip.SiglipConfig;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Times a LIBERO request, part by part, beside the products that it consists of and beside the
 * fastest product that this machine manages. Of every number the best of all rounds counts, because
 * other work on the machine only ever takes away.
 */
public final class PiProbe {
  private PiProbe() {}

  /**
   * A part of a request.
   *
   * @param name vision, prefix, step N or rest
   * @param seconds in the fastest round
   * @param gflop 10^9 operations that it cannot do without
   * @param productSeconds its products with weights alone; 0 for the rest
   */
  public record Part(String name, double seconds, double gflop, double productSeconds) {
    public double gflops() {
      return gflop / seconds;
    }
  }

  /**
   * A product of the request's type.
   *
   * @param name what it is for
   * @param rows of the left factor
   * @param in its columns
   * @param out columns of the result
   * @param gflops 10^9 operations a second
   */
  public record Peak(String name, long rows, long in, long out, double gflops) {}

  /**
   * What was measured.
   *
   * @param tokens of the prefix
   * @param parts in the order of the request, of the fastest round
   * @param requests seconds of the request in every round
   * @param firstSeconds the request before all rounds, which reads the weights from the disk
   * @param peaks the products that were tried
   */
  public record Report(
      long tokens, List<Part> parts, List<Double> requests, double firstSeconds, List<Peak> peaks) {
    public Report {
      parts = List.copyOf(parts);
      requests = List.copyOf(requests);
      peaks = List.copyOf(peaks);
    }

    /** The request in the fastest round. */
    public double seconds() {
      return parts.stream().mapToDouble(Part::seconds).sum();
    }

    public double gflop() {
      return parts.stream().mapToDouble(Part::gflop).sum();
    }

    public double gflops() {
      return gflop() / seconds();
    }

    /** The products with weights of all parts alone. */
    public double productSeconds() {
      return parts.stream().mapToDouble(Part::productSeconds).sum();
    }

    /** The fastest product. */
    public double peakGflops() {
      return peaks.stream().mapToDouble(Peak::gflops).max().orElse(Double.NaN);
    }

    /** Share of the fastest product's speed that the request reaches, in [0, 1]. */
    public double shareOfPeak() {
      return gflops() / peakGflops();
    }
  }

  /** Times of one request. */
  private record Round(double vision, double prefix, List<Double> steps, double all) {
    double rest() {
      return all - vision - prefix - steps.stream().mapToDouble(Double::doubleValue).sum();
    }
  }

  /**
   * Measures.
   *
   * @param rounds how often, >= 1
   * @param progress is told each round that is done
   */
  public static Report run(PiPolicy policy, int rounds, long seed, IntConsumer progress) {
    if (rounds < 1) {
      throw new IllegalArgumentException("rounds: wanted >= 1, got " + rounds);
    }
    return Autograd.noGrad(() -> measure(policy, rounds, seed, progress));
  }

  /**
   * 10^9 operations that a request cannot do without, known from shapes alone.
   *
   * @param request of the policy
   * @param memory of a block of tokens behind the prefix
   */
  public record Arithmetic(double request, double memory) {}

  /**
   * @param tokens in the block
   */
  public static Arithmetic arithmetic(PiFamily family, RandomCheckpoint.Size size, int tokens) {
    PiConfig config = RandomCheckpoint.config(family, size);
    try (PiNetwork network = new PiNetwork(config)) {
      double request =
          PiWork.vision(network).flop()
              + PiWork.prefix(network).flop()
              + config.steps() * PiWork.step(network).flop();
      return new Arithmetic(request / 1e9, PiWork.memory(network, tokens).flop() / 1e9);
    }
  }

  /**
   * What a block of tokens behind the prefix costs in the language model.
   *
   * @param along how much longer the prefix takes with it, in one pass: what acting does
   * @param apart a pass of its own behind the prefix: what training does
   */
  public record Memory(Part along, Part apart) {}

  /**
   * Times the way of a block of tokens through the language model.
   *
   * @param tokens in the block, >= 1
   * @param rounds how often, >= 1; the fastest counts
   */
  public static Memory memory(PiPolicy policy, int tokens, int rounds, long seed) {
    try (Generator generator = new Generator(seed)) {
      return Autograd.noGrad(
          () ->
              Scope.call(
                  scope -> {
                    PiRequest request = PiRequest.of(policy.config(), generator);
                    ViewTokens views = policy.encodeViews(request.views());
                    Instruction words = request.instruction();
                    Prefix prefix = policy.prefix(views, words, request.state());
                    PiWork work = PiWork.memory(policy.network(), tokens);
                    DType dtype = work.products().get(0).weight().value().dtype();
                    MemoryBlock block =
                        new MemoryBlock(
                            generator.randn(DType.F32, 1, tokens, policy.tokenWidth()).to(dtype),
                            Tensors.ones(DType.BOOL, Device.CPU, 1, tokens));
                    double without = Double.MAX_VALUE;
                    double with = Double.MAX_VALUE;
                    double apart = Double.MAX_VALUE;
                    double alone = Double.MAX_VALUE;
                    for (int i = 0; i <= rounds; i++) {
                      without =
                          Math.min(
                              without, time(() -> policy.prefix(views, words, request.state())));
                      with =
                          Math.min(
                              with,
                              time(() -> policy.prefix(views, words, request.state(), block)));
                      apart = Math.min(apart, time(() -> policy.remember(prefix, block)));
                      alone = Math.min(alone, work.time(generator));
                    }
                    double flop = work.flop() / 1e9;
                    return new Memory(
                        new Part("memory", with - without, flop, Double.NaN),
                        new Part("memory by itself", apart, flop, alone));
                  }));
    }
  }

  private static double time(Runnable what) {
    long began = System.nanoTime();
    Scope.run(what);
    return (System.nanoTime() - began) / 1e9;
  }

  private static Report measure(PiPolicy policy, int rounds, long seed, IntConsumer progress) {
    PiConfig config = policy.config();
    try (Generator generator = new Generator(seed)) {
      return Scope.call(
          scope -> {
            PiRequest request = PiRequest.of(config, generator);
            PiWork vision = PiWork.vision(policy.network());
            PiWork prefix = PiWork.prefix(policy.network());
            PiWork step = PiWork.step(policy.network());
            DType dtype = prefix.products().get(0).weight().value().dtype();
            double first = request(policy, request).all();
            List<Round> done = new ArrayList<>();
            double[] alone = {Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE};
            List<Peak> peaks = shapes(config);
            for (int r = 0; r < rounds; r++) {
              done.add(request(policy, request));
              alone[0] = Math.min(alone[0], vision.time(generator));
              alone[1] = Math.min(alone[1], prefix.time(generator));
              alone[2] = Math.min(alone[2], step.time(generator));
              peaks = peaks.stream().map(p -> measured(p, dtype, generator)).toList();
              progress.accept(r + 1);
            }
            Round best = done.get(0);
            for (Round round : done) {
              best = round.all() < best.all() ? round : best;
            }
            List<Part> parts = new ArrayList<>();
            parts.add(new Part("vision", best.vision(), vision.flop() / 1e9, alone[0]));
            parts.add(new Part("prefix", best.prefix(), prefix.flop() / 1e9, alone[1]));
            for (int s = 0; s < best.steps().size(); s++) {
              parts.add(
                  new Part("step " + (s + 1), best.steps().get(s), step.flop() / 1e9, alone[2]));
            }
            parts.add(new Part("rest", best.rest(), 0, 0));
            return new Report(
                PiWork.prefixTokens(config),
                parts,
                done.stream().map(Round::all).toList(),
                first,
                peaks);
          });
    }
  }

  private static Round request(PiPolicy policy, PiRequest request) {
    return Scope.call(
        scope -> {
          long began = System.nanoTime();
          ViewTokens views = policy.encodeViews(request.views());
          long seen = System.nanoTime();
          Prefix prefix = policy.prefix(views, request.instruction(), request.state());
          long read = System.nanoTime();
          List<Long> starts = new ArrayList<>();
          List<Double> steps = new ArrayList<>();
          Sampling sampling =
              Sampling.of(policy.config().steps())
                  .with(
                      (stage, value) -> {
                        if (stage.startsWith("x_t.")) {
                          starts.add(System.nanoTime());
                        } else {
                          steps.add((System.nanoTime() - starts.get(starts.size() - 1)) / 1e9);
                        }
                      });
          policy.sample(prefix, request.noise(), sampling);
          long end = System.nanoTime();
          return new Round((seen - began) / 1e9, (read - seen) / 1e9, steps, (end - began) / 1e9);
        });
  }

  // ---------------------------------------- the fastest product

  private static List<Peak> shapes(PiConfig config) {
    SiglipConfig vision = config.vision();
    GemmaConfig language = config.language();
    long views = (long) PiRequest.CAMERAS * vision.grid().tokens();
    long tokens = PiWork.prefixTokens(config);
    return List.of(
        new Peak("vision, up", views, vision.width(), vision.hidden(), 0),
        new Peak("vision, down", views, vision.hidden(), vision.width(), 0),
        new Peak("prefix, up", tokens, language.width(), language.hidden(), 0),
        new Peak("prefix, down", tokens, language.hidden(), language.width(), 0),
        new Peak("square", language.width(), language.width(), language.width(), 0));
  }

  private static Peak measured(Peak peak, DType dtype, Generator generator) {
    return Scope.call(
        scope -> {
          Tensor x = generator.randn(DType.F32, peak.rows(), peak.in()).to(dtype);
          Tensor weight = generator.randn(DType.F32, peak.out(), peak.in()).to(dtype);
          double best = peak.gflops();
          for (int i = 0; i < 5; i++) {
            long began = System.nanoTime();
            Scope.run(() -> Functional.linear(x, weight, null));
            double seconds = (System.nanoTime() - began) / 1e9;
            best = Math.max(best, 2e-9 * peak.rows() * peak.in() * peak.out() / seconds);
          }
          return new Peak(peak.name(), peak.rows(), peak.in(), peak.out(), best);
        });
  }
}
