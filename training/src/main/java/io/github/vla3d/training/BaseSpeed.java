package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.BaseBatch;
import io.github.vla3d.agent.BaseObjective;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.View;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Parameter;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** How long a step of stage base takes, on random samples: data are not part of it. */
public final class BaseSpeed {
  private static final long SEED = 0;

  private final Agent agent;
  private final PiConfig config;
  private final PresetSections.Base recipe;
  private final int[] prompts;

  /**
   * @param agent without memory; its weights change
   * @param config of its policy
   * @param prompts tokens of the prompts of a batch, in turns
   */
  public BaseSpeed(Agent agent, PiConfig config, PresetSections.Base recipe, int... prompts) {
    this.agent = agent;
    this.config = config;
    this.recipe = recipe;
    this.prompts = prompts.clone();
  }

  /**
   * Seconds of a step.
   *
   * @param forward from a batch to its loss
   * @param backward from the loss to all gradients
   * @param update clipping, optimiser and average
   * @param processor processor time of the whole process meanwhile, which other work on the machine
   *     changes less than the rest
   */
  public record Step(double forward, double backward, double update, double processor) {
    public double seconds() {
      return forward + backward + update;
    }
  }

  /**
   * What was measured.
   *
   * @param parameters numbers in the policy and in what is trained beside it
   * @param reached those of them that a gradient reaches
   * @param steps after the warm-up, in order
   */
  public record Report(long parameters, long reached, List<Step> steps) {
    public Report {
      steps = List.copyOf(steps);
    }
  }

  /**
   * Trains.
   *
   * @param warmUp steps that do not count
   * @param steps that do, at least 1
   * @param progress is told of each step
   */
  public Report measure(int warmUp, int steps, IntConsumer progress) {
    check(warmUp, steps);
    try (BaseLearner learner = new BaseLearner(agent, recipe, SEED, BatchShare.ALL);
        Generator random = new Generator(SEED)) {
      List<Step> all = new ArrayList<>();
      for (int i = 0; i < warmUp + steps; i++) {
        int number = i;
        all.add(Scope.call(scope -> step(learner, random, number)));
        progress.accept(i);
      }
      return new Report(
          numbers(learner.objective().model().parameters().values()),
          Scope.call(scope -> numbers(reached(learner))),
          all.subList(warmUp, all.size()));
    }
  }

  private static List<Parameter> reached(BaseLearner learner) {
    return learner.trained().stream().filter(parameter -> parameter.grad() != null).toList();
  }

  private static long numbers(Iterable<Parameter> parameters) {
    long sum = 0;
    for (Parameter parameter : parameters) {
      sum += parameter.value().numel();
    }
    return sum;
  }

  private Step step(BaseLearner learner, Generator random, int number) {
    List<BaseBatch> batches = new ArrayList<>();
    for (int i = 0; i < recipe.accumulate(); i++) {
      batches.add(batch(random, learner.objective().grounds()));
    }
    double processor = processor();
    double began = now();
    double forward = 0;
    learner.begin();
    for (BaseBatch batch : batches) {
      double start = now();
      BaseObjective.Losses losses = learner.objective().of(batch, learner.random());
      Tensor share = losses.total().mul(1.0 / recipe.accumulate());
      forward += now() - start;
      share.backward();
    }
    double differentiated = now();
    learner.clip();
    learner.update(number);
    double ended = now();
    return new Step(
        forward, differentiated - began - forward, ended - differentiated, processor() - processor);
  }

  /**
   * Refuses numbers of steps that measure nothing.
   *
   * @throws IllegalArgumentException for such numbers
   */
  public static void check(int warmUp, int steps) {
    if (warmUp < 0 || steps < 1) {
      throw new IllegalArgumentException(
          "bench: wanted a warm-up >= 0 and steps >= 1, got " + warmUp + " and " + steps);
    }
  }

  /** Seconds since some moment. */
  static double now() {
    return System.nanoTime() / 1e9;
  }

  private static double processor() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime() / 1e9
        : Double.NaN;
  }

  // ---------------------------------------- samples

  private BaseBatch batch(Generator random, boolean grounds) {
    PiConfig.Robot robot = config.robot();
    int size = recipe.batch();
    List<View> views = new ArrayList<>();
    for (String camera : config.cameras()) {
      long side = config.vision().image();
      Tensor pixels = random.rand(DType.F32, size, 3, side, side).mul(2).sub(1);
      views.add(new View(camera, pixels, Tensors.ones(DType.BOOL, Device.CPU, size)));
    }
    Tensor actions = random.randn(DType.F32, size, robot.horizon(), robot.action());
    long tokens = (long) views.size() * config.vision().grid().tokens();
    return new BaseBatch(
        views,
        instruction(random),
        config.family() == PiFamily.PI0 ? random.randn(DType.F32, size, robot.state()) : null,
        Functional.pad(actions, 0, 0, robot.actionWidth() - robot.action()),
        Tensors.ones(DType.F32, Device.CPU, size, robot.horizon()),
        grounds ? random.rand(DType.F32, size, tokens, BaseObjective.KINDS) : null,
        robot.action());
  }

  private Instruction instruction(Generator random) {
    int size = recipe.batch();
    int width = config.promptLength();
    boolean[] valid = new boolean[size * width];
    for (int i = 0; i < valid.length; i++) {
      valid[i] = i % width < prompts[i / width % prompts.length];
    }
    Tensor there = Tensors.of(valid, size, width);
    Tensor ids = random.randint(1, config.vocabulary(), size, width).mul(there.to(DType.I64));
    return new Instruction(ids, there);
  }
}
