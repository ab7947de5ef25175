package io.github.vla3d.scene.probe;

import io.github.vla3d.scene.CompletionSource;
import io.github.vla3d.scene.Guidance;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.Ports;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.aggregation.Selection;
import io.github.vla3d.scene.completion.CompletionPoints;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.MirrorCompleter;
import io.github.vla3d.scene.completion.Occluded;
import io.github.vla3d.scene.completion.ViewSurface;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.instance.Instances;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import io.github.vla3d.torch.probe.ResidentMemory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Times the method on a {@link SceneRequest} part by part, from the tower's tokens to those for the
 * policy. Weights are random, but all instances count and as many as may be are completed: it is
 * the most that a request can cost. Of every part the best of all rounds counts.
 */
public final class SceneProbe {
  private static final int WARM_UP = 10;

  private SceneProbe() {}

  /**
   * A part.
   *
   * @param seconds in the fastest round
   * @param gflop 10^9 operations of products, 0 where there are none
   */
  public record Part(String name, double seconds, double gflop) {}

  /**
   * What was measured.
   *
   * @param parameters of the module
   * @param instances valid instance tokens
   * @param completed valid completion tokens
   * @param parts of the fastest round
   * @param rounds seconds of every round
   * @param residentBytes of the process: growth from before the module was made to the most that it
   *     had in a round; empty where it is not known
   */
  public record Report(
      long parameters,
      int instances,
      int completed,
      List<Part> parts,
      List<Double> rounds,
      OptionalLong residentBytes) {
    public Report {
      parts = List.copyOf(parts);
      rounds = List.copyOf(rounds);
    }

    public double seconds() {
      return parts.stream().mapToDouble(Part::seconds).sum();
    }

    public double gflop() {
      return parts.stream().mapToDouble(Part::gflop).sum();
    }
  }

  /**
   * Measures.
   *
   * @param ports of the policy
   * @param rounds how often, >= 1
   * @param progress is told each round that is done
   */
  public static Report run(
      SceneConfig config, Ports ports, Body body, int rounds, long seed, IntConsumer progress) {
    if (rounds < 1) {
      throw new IllegalArgumentException("rounds: wanted >= 1, got " + rounds);
    }
    // The engine itself and its first product are not the module's.
    Scope.run(() -> Tensors.ones(64, 64).matmul(Tensors.ones(64, 64)).sum().item());
    OptionalLong before = ResidentMemory.now();
    try (SceneModule module = new SceneModule(config, ports, body);
        Generator generator = new Generator(seed)) {
      module.initialise(generator);
      module.storeBodies();
      Torch.trimMemory();
      // Untrained, nothing would pass for an object.
      Parameter bias = Objects.requireNonNull(module.tensors().get("heads.logit.bias"));
      return Autograd.noGrad(
          () ->
              Scope.call(
                  scope -> {
                    bias.value().fill_(1);
                    return measure(module, rounds, generator, before, progress);
                  }));
    }
  }

  private static Report measure(
      SceneModule module,
      int rounds,
      Generator generator,
      OptionalLong before,
      IntConsumer progress) {
    SceneConfig config = module.config();
    DType dtype = module.body() == Body.BF16 ? DType.BF16 : DType.F32;
    SceneRequest request = SceneRequest.of(config, module.ports().tokenWidth(), dtype, generator);
    Round best = new Round(module, request);
    for (int i = 0; i < WARM_UP; i++) {
      best.run(); // a robot asks many times: what is measured is compiled code
    }
    long most = 0;
    List<Double> all = new ArrayList<>();
    for (int r = 0; r < rounds; r++) {
      Round round = new Round(module, request);
      round.run();
      all.add(round.seconds());
      best = r == 0 || round.seconds() < best.seconds() ? round : best;
      most = Math.max(most, ResidentMemory.now().orElse(0));
      progress.accept(r + 1);
    }
    Map<String, Double> work =
        SceneWork.of(config, module.ports().tokenWidth(), module.ports().outputWidth());
    List<Part> parts = new ArrayList<>();
    best.times.forEach(
        (name, seconds) -> parts.add(new Part(name, seconds, work.getOrDefault(name, 0.0))));
    return new Report(
        module.parameters().values().stream().mapToLong(p -> p.spec().numel()).sum(),
        best.instances,
        best.completed,
        parts,
        all,
        before.isPresent() ? OptionalLong.of(most - before.getAsLong()) : OptionalLong.empty());
  }

  /** One walk with a clock beside it: a stage that the walk shows ends a part. */
  private static final class Round implements Trace, CompletionSource {
    private static final Map<String, String> ENDS =
        Map.of(
            "token.key", "placement",
            "memory", "fusion",
            "mask_map", "pyramid, mask map",
            "select.valid", "decoder, selection",
            "completion.features", "predictor",
            "routing.routed", "routing",
            "tokens.mask", "tokens");

    private final SceneModule module;
    private final SceneRequest request;
    private final CompletionPoints points;
    private final Map<String, Double> times = new LinkedHashMap<>();
    private long since;
    private int instances;
    private int completed;

    Round(SceneModule module, SceneRequest request) {
      this.module = module;
      this.request = request;
      this.points = new CompletionPoints(module.config().completion(), new MirrorCompleter());
    }

    double seconds() {
      return times.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    void run() {
      Scope.run(
          () -> {
            since = System.nanoTime();
            Perception seen = module.perceive(request.input(), Guidance.inference(this), this);
            instances = count(seen.selection().valid());
            completed = seen.queries() == null ? 0 : count(seen.queries().valid());
          });
    }

    private static int count(Tensor valid) {
      return (int) valid.to(DType.I64).sum().itemLong();
    }

    private void ends(String part) {
      long now = System.nanoTime();
      times.merge(part, (now - since) / 1e9, Double::sum);
      since = now;
    }

    @Override
    public void see(String stage, Tensor value) {
      String part = ENDS.get(stage);
      if (part != null) {
        ends(part);
      }
    }

    /** Masks are computed as they would be, and then those of the blocks take their place. */
    @Override
    public CompletionQueries queries(Memory memory, Instances seen, Selection selection) {
      Scope.run(() -> seen.masks(selection.index()).toFloats());
      ends("masks");
      List<ViewSurface> views = new ArrayList<>();
      double zMax = module.config().views().zMax();
      for (int v = 0; v < SceneRequest.VIEWS; v++) {
        views.add(ViewSurface.of(v, request.depth().get(v), request.cameras().get(v), zMax));
      }
      List<Occluded> found =
          points.find(
              views,
              new CompletionPoints.Masks(request.masks(), SceneRequest.MASK, SceneRequest.MASK),
              IntStream.range(0, request.blocks()).toArray());
      CompletionQueries queries =
          Occluded.queries(
              List.of(found), module.config().completion(), memory.features().device());
      ends("completion points");
      return queries;
    }
  }
}
