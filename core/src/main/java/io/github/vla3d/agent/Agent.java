package io.github.vla3d.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.policy.FlowMatching;
import io.github.vla3d.policy.MemoryBlock;
import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A policy with its processors: from what a robot sees to what it does.
 *
 * <pre>{@code
 * try (Agent agent = Agent.load(folder, AgentOptions.DEFAULTS)) {
 *   ActionChunk chunk = agent.act(observation, 0);
 *   robot.move(chunk.action(0));
 * }
 * }</pre>
 *
 * <p>Acting is a walk of four steps that training shares: {@link #prepare(List) prepare}, {@link
 * #perceive perceive} (views, prefix, memory), {@link #sample sample}, {@link #toRobot toRobot}.
 * {@link #act(List, long[], Sampling) act} walks them all.
 *
 * <p>An agent owns its policy, processors and memory, and closes them. Several threads may act with
 * one at once, as long as none trains its policy and its memory can; tensors belong to the scope of
 * the thread that asked. The same weights, observation and seed give the same bits.
 */
public final class Agent implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Parts parts;
  private final AgentOptions options;
  private final @Nullable Memory memory;

  /** What a family's loader has found in a folder. */
  record Parts(
      PiPolicy policy,
      Processors processors,
      CameraMap cameras,
      Sampling sampling,
      int executed,
      PiCheckpoint.Layout layout,
      PiConfig.Time time) {
    void close() {
      processors.close();
      policy.close();
    }
  }

  private Agent(Path folder, Parts parts, AgentOptions options, @Nullable Memory memory) {
    this.folder = folder;
    this.parts = parts;
    this.options = options;
    this.memory = memory;
  }

  /**
   * Loads a folder that LeRobot or openpi (its PyTorch part) has written, or {@link #save}, or a
   * {@link PluginFolder}. All parameters are frozen.
   *
   * @throws PolicyException if the folder is of no known kind or family, or leaves something open
   *     that the options do not say
   * @throws io.github.vla3d.policy.processing.ProcessingException if its processors, statistics or
   *     tokenizer are missing or not understood
   * @throws io.github.vla3d.torch.TorchException if its weights are not those of the configuration
   */
  public static Agent load(Path folder, AgentOptions options) {
    if (PluginFolder.is(folder)) {
      return PluginFolder.load(folder, options);
    }
    @Nullable String type = type(folder);
    Parts parts =
        type == null ? PiAgents.openpi(folder, options) : PiAgents.lerobot(folder, options);
    try {
      @Nullable Memory memory =
          options.memory() == null ? null : options.memory().apply(parts.policy());
      return new Agent(folder, parts, options, memory);
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  /** The family by LeRobot's configuration; null for openpi's, which has none. */
  private static @Nullable String type(Path folder) {
    Path config = folder.resolve("config.json");
    if (!Files.isRegularFile(config)) {
      String hint =
          Files.isDirectory(folder.resolve("params"))
              ? ": a checkpoint of openpi's JAX part must be converted first (docs/policies.md)"
              : Files.exists(folder.resolve("adapter_config.json"))
                  ? ": adapters (LoRA) must be merged into their base first"
                  : "";
      throw new PolicyException(
          "%s: wanted a policy of LeRobot or openpi with a config.json, got none%s"
              .formatted(folder, hint));
    }
    try {
      JsonNode type = JSON.readTree(Files.readAllBytes(config)).path("type");
      if (type.isMissingNode()) {
        return null;
      }
      for (PiFamily family : PiFamily.values()) {
        if (family.type().equals(type.asText())) {
          return family.type();
        }
      }
      throw new PolicyException(
          "%s: wanted a policy of type pi0 or pi05, got %s".formatted(config, type));
    } catch (IOException e) {
      throw new PolicyException(config + ": cannot be read as JSON: " + e.getMessage(), e);
    }
  }

  /** The folder that the policy was loaded from. */
  public Path folder() {
    return folder;
  }

  /** The policy; the agent's to close. */
  public Policy policy() {
    return parts.policy();
  }

  /** What adds tokens behind the prefix, if anything does. */
  public Optional<Memory> memory() {
    return Optional.ofNullable(memory);
  }

  /** Actions of a chunk, H. */
  public int horizon() {
    return policy().horizon();
  }

  /** Actions of a chunk that the checkpoint wants executed before the next chunk is asked for. */
  public int executed() {
    return parts.executed();
  }

  /** Length of the robot's state. */
  public int stateSize() {
    return parts.processors().stateSize();
  }

  /** Length of the robot's actions. */
  public int actionSize() {
    return parts.processors().actionSize();
  }

  /** How this agent samples unless it is told otherwise. */
  public Sampling sampling() {
    return parts.sampling();
  }

  // ---------------------------------------- acting

  /** A chunk of actions for one observation; its noise is drawn from the seed. */
  public ActionChunk act(Observation observation, long seed) {
    return act(List.of(observation), new long[] {seed}, sampling()).get(0);
  }

  /**
   * Chunks of actions for a batch of observations.
   *
   * @param seeds one for each observation
   * @throws PolicyException if cameras, state or prompt are not those of the policy, before any
   *     compute
   */
  public List<ActionChunk> act(List<Observation> observations, long[] seeds, Sampling sampling) {
    if (seeds.length != observations.size()) {
      throw new PolicyException(
          "seeds: wanted one for each of %d observations, got %d"
              .formatted(observations.size(), seeds.length));
    }
    return Scope.call(
        scope ->
            Autograd.noGrad(
                () -> {
                  Timings.Watch watch = new Timings.Watch();
                  PreparedObservation prepared = prepare(observations);
                  watch.lap(Timings.Part.PREPROCESS);
                  Perception seen = perceive(prepared, watch);
                  Tensor said = sample(seen, noise(seeds), sampling);
                  // Reading a value waits for a GPU.
                  float[] normalised = said.narrow(-1, 0, actionSize()).toFloats();
                  watch.lap(Timings.Part.SAMPLING);
                  List<float[]> actions = new ArrayList<>();
                  for (Tensor robot : toRobot(prepared, said)) {
                    actions.add(robot.to(DType.F32).toFloats());
                  }
                  watch.lap(Timings.Part.POSTPROCESS);
                  Timings timings = watch.timings();
                  List<ActionChunk> chunks = new ArrayList<>();
                  for (int i = 0; i < actions.size(); i++) {
                    int from = i * horizon() * actionSize();
                    chunks.add(
                        new ActionChunk(rows(actions.get(i), 0), rows(normalised, from), timings));
                  }
                  return List.copyOf(chunks);
                }));
  }

  private float[][] rows(float[] values, int from) {
    float[][] rows = new float[horizon()][actionSize()];
    for (int h = 0; h < rows.length; h++) {
      System.arraycopy(values, from + h * actionSize(), rows[h], 0, actionSize());
    }
    return rows;
  }

  /** F32 [B, H, A]: standard normal, each sample from its own seed. */
  public Tensor noise(long... seeds) {
    return Scope.tensor(
        () -> {
          List<Tensor> rows = new ArrayList<>();
          for (long seed : seeds) {
            try (Generator random = new Generator(seed)) {
              rows.add(random.randn(DType.F32, 1, horizon(), policy().actionWidth()));
            }
          }
          return Tensors.cat(0, rows).to(options.device());
        });
  }

  /**
   * Draws a chunk.
   *
   * @param noise as {@link #noise}
   * @return normalised [B, H, A], A of the network
   */
  public Tensor sample(Perception perception, Tensor noise, Sampling sampling) {
    return policy().sample(perception.prefix(), noise, sampling);
  }

  /**
   * From what the network says to the robot's units.
   *
   * @param said normalised [B, H, A], A of the network
   * @return [H, actionSize] on the CPU for each sample
   */
  public List<Tensor> toRobot(PreparedObservation prepared, Tensor said) {
    if (said.dim() != 3 || said.size(0) != prepared.batch()) {
      throw new PolicyException(
          "actions: wanted [%d, H, A], got %s".formatted(prepared.batch(), said));
    }
    Tensor here = said.to(Device.CPU).to(DType.F32);
    List<Tensor> actions = new ArrayList<>();
    for (int i = 0; i < prepared.batch(); i++) {
      actions.add(prepared.toRobot(i, here.select(0, i)));
    }
    return actions;
  }

  // ---------------------------------------- what acting and training share

  /**
   * Observations as the policy takes them; tensors of the caller's scope, on the policy's device.
   *
   * @throws PolicyException if there is none, or cameras or state are not those of the policy
   */
  public PreparedObservation prepare(List<Observation> observations) {
    return joined(observations.stream().map(observation -> prepared(observation, null)).toList());
  }

  private PreparedObservation joined(List<PreparedSample> samples) {
    if (samples.isEmpty()) {
      throw new PolicyException("observations: wanted at least one, got none");
    }
    return PreparedObservation.of(samples, policy().cameras(), policy().grid(), options.device());
  }

  private PreparedSample prepared(Observation observation, float @Nullable [][] actions) {
    Map<String, View> views = parts.cameras().assign(observation);
    views.replaceAll((camera, view) -> options.orientation().apply(view));
    int size = stateSize();
    float[] state = observation.state();
    if (state.length != size) {
      throw new PolicyException("state: wanted %d numbers, got %d".formatted(size, state.length));
    }
    return parts.processors().prepare(observation, views, actions);
  }

  /** What the policy makes of observations before it acts, memory included. */
  public Perception perceive(PreparedObservation prepared) {
    return perceive(prepared, new Timings.Watch());
  }

  private Perception perceive(PreparedObservation prepared, Timings.Watch watch) {
    ViewTokens views = policy().encodeViews(prepared.views());
    watch.lap(Timings.Part.VISION);
    Optional<MemoryBlock> block = Optional.empty();
    if (memory != null) {
      block = memory.remember(prepared, views);
      watch.lap(Timings.Part.MEMORY);
    }
    Prefix prefix = prefix(policy(), prepared, views, block);
    watch.lap(Timings.Part.PREFIX);
    return new Perception(views, prefix);
  }

  /** The prefix with the memory where it wants to be, if there is any. */
  static Prefix prefix(
      Policy policy, PreparedObservation prepared, ViewTokens views, Optional<MemoryBlock> memory) {
    return memory.isPresent()
        ? policy.prefix(views, prepared.instruction(), prepared.state(), memory.get())
        : policy.prefix(views, prepared.instruction(), prepared.state());
  }

  // ---------------------------------------- training

  /**
   * Observations with the actions that followed, for training.
   *
   * @param targets one for each observation, {@link #horizon} absolute actions in the robot's units
   * @throws PolicyException if actions are not those of the robot, or not finite
   */
  public TrainingBatch prepare(List<Observation> observations, List<ActionChunks.Chunk> targets) {
    if (observations.size() != targets.size()) {
      throw new PolicyException(
          "actions: wanted a chunk for each of %d observations, got %d"
              .formatted(observations.size(), targets.size()));
    }
    List<PreparedSample> samples = new ArrayList<>();
    List<Tensor> actions = new ArrayList<>();
    boolean[] padded = new boolean[targets.size() * horizon()];
    for (int i = 0; i < targets.size(); i++) {
      ActionChunks.Chunk target = targets.get(i);
      if (target.actions().length != horizon()) {
        throw new PolicyException(
            "actions: wanted %d, got %d".formatted(horizon(), target.actions().length));
      }
      PreparedSample sample = prepared(observations.get(i), target.actions());
      @Nullable Tensor normal = sample.actions();
      if (normal == null) {
        throw new PolicyException("actions: the processors gave none back");
      }
      samples.add(sample);
      long missing = policy().actionWidth() - normal.size(-1);
      actions.add(Functional.pad(normal.to(DType.F32), 0, 0, missing).unsqueeze(0));
      System.arraycopy(target.padded(), 0, padded, i * horizon(), horizon());
    }
    return new TrainingBatch(
        joined(samples),
        Tensors.cat(0, actions).to(options.device()),
        Tensors.of(padded, targets.size(), horizon()).to(options.device()),
        actionSize());
  }

  /**
   * The policy's training loss per element, [B, H, A]; see {@link TrainingBatch#width} for what to
   * average over.
   *
   * @param noise standard normal [B, H, A]
   * @param time [B] or [B, H], see {@link #times}
   */
  public Tensor loss(Perception perception, TrainingBatch batch, Tensor noise, Tensor time) {
    return policy().loss(perception.prefix(), batch.actions(), noise, time);
  }

  /** F32 [batch]: times of the flow, drawn as the checkpoint's family draws them in training. */
  public Tensor times(Generator random, int batch) {
    PiConfig.Time time = parts.time();
    return FlowMatching.times(random, batch, time.alpha(), time.beta(), time.scale(), time.offset())
        .to(options.device());
  }

  // ---------------------------------------- keeping

  /**
   * Writes the policy's present weights and all other files of the folder that it was loaded from:
   * a folder that its own program loads, and {@link #load}. The memory is not in it.
   *
   * @throws PolicyException if it is the folder that the policy was loaded from, or a file cannot
   *     be written
   */
  public void save(Path target) {
    PiCheckpoint.save(parts.policy(), folder, target, parts.layout());
  }

  /**
   * The same with other weights.
   *
   * @param weights all tensors of the policy's network by name
   */
  void save(Path target, Map<String, Tensor> weights) {
    PiCheckpoint.saveFiles(folder, target);
    PiCheckpoint.saveWeights(parts.policy(), weights, target, parts.layout());
  }

  /** The policy, for what not all families have. */
  PiPolicy pi() {
    return parts.policy();
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
    }
    parts.close();
  }
}
