package io.github.vla3d.agent;

import io.github.vla3d.policy.MemoryBlock;
import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.scene.CompletionSource;
import io.github.vla3d.scene.Guidance;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.Ports;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.aggregation.SceneTokens;
import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The scene module plugged onto a policy: makes its input of what the policy sees, and the policy's
 * memory of what it says. The policy itself is not touched.
 *
 * <p>Observations must be in the frame of the robot's base ({@link
 * io.github.vla3d.data.RobotBase}). A sample none of whose views has calibrated depth (a camera,
 * and a pixel with depth up to {@code scene.views.zMax}) gets no scene tokens; if no sample has
 * any, the policy runs as if there were no plug-in, bit for bit. A view without a camera counts as
 * absent.
 */
public final class ScenePlugin implements Memory {
  private final SceneModule scene;
  private final Preset preset;
  private final PresetSections.Injection injection;
  private final List<String> cameras;
  private final CloudCompleter completer;
  private final @Nullable CompletionSource completion;
  private Stage through = Stage.COMPLETION;

  /**
   * @param scene its widths are those of the policy; closed with this plug-in
   * @param preset all choices, of which those of the scene are the module's
   * @param cameras names by which views get their numbers: those of the policy
   * @param completer of clouds at inference; closed with this plug-in
   */
  public ScenePlugin(
      SceneModule scene, Preset preset, List<String> cameras, CloudCompleter completer) {
    this.scene = scene;
    this.preset = preset;
    this.injection = PresetSections.injection(preset);
    this.cameras = List.copyOf(cameras);
    this.completer = completer;
    this.completion = scene.completionSource(completer);
    checkCameras(cameras, scene.config());
  }

  private static void checkCameras(List<String> cameras, SceneConfig config) {
    if (cameras.size() > config.views().max()) {
      throw new SceneException(
          "cameras: wanted at most %d (scene.views.max), got %d: %s"
              .formatted(config.views().max(), cameras.size(), cameras));
    }
  }

  /**
   * With random weights, for a policy. Completes as the preset asks, see {@link Completers}.
   *
   * @param seed of the weights
   * @param arms end-effectors of the robot
   */
  public static ScenePlugin fresh(Policy policy, Preset preset, int arms, long seed) {
    SceneConfig config = preset.scene();
    checkCameras(policy.cameras(), config);
    SceneModule scene =
        new SceneModule(
            config,
            new Ports(policy.tokenWidth(), policy.tokenWidth(), arms),
            Body.FULL,
            PresetSections.injection(preset).gatedLayers(policy));
    try (Generator random = new Generator(seed)) {
      scene.initialise(random);
    }
    return new ScenePlugin(
        scene, preset, policy.cameras(), Completers.of(config.completion(), Device.CPU));
  }

  public SceneModule scene() {
    return scene;
  }

  /** What makes clouds whole; stays this plug-in's. */
  public CloudCompleter completer() {
    return completer;
  }

  /** All choices, resolved. */
  public Preset preset() {
    return preset;
  }

  /** Names by which views have their numbers. */
  public List<String> cameras() {
    return cameras;
  }

  /**
   * What the method is given, in the caller's scope.
   *
   * @throws SceneException if a sample that has depth lacks the pose of an end-effector
   */
  private SceneInput input(
      PreparedObservation observation,
      ViewTokens views,
      ViewTensors geometry,
      boolean[] calibrated) {
    return Scope.call(
        scope -> {
          TokenGrid grid = views.grid();
          long b = views.tokens().size(0);
          long v = views.cameras().size();
          Device device = views.tokens().device();
          Tensor present = views.present().and(geometry.hasCamera().to(device));
          return new SceneInput(
              scope.keep(
                  views.tokens().view(b, v, grid.rows(), grid.columns(), views.tokens().size(3))),
              scope.keep(geometry.depth().to(device)),
              scope.keep(geometry.intrinsics().to(device)),
              scope.keep(geometry.cameraFromWorld().to(device)),
              scope.keep(present),
              scope.keep(padding(geometry.content(), grid).to(device)),
              scope.keep(
                  Tensors.of(numbers(views.cameras()), 1, v).expand(b, v).contiguous().to(device)),
              scope.keep(endEffectors(observation, calibrated).to(device)));
        });
  }

  /**
   * The numbers of views by the names of their cameras.
   *
   * @throws SceneException on a name that has none
   */
  public long[] numbers(List<String> names) {
    long[] numbers = new long[names.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = cameras.indexOf(names.get(i));
      if (numbers[i] < 0) {
        throw new SceneException("view: wanted one of " + cameras + ", got '" + names.get(i) + "'");
      }
    }
    return numbers;
  }

  /** BOOL [B, V, h, w]: tokens that touch nothing but border. */
  private static Tensor padding(Tensor content, TokenGrid grid) {
    int b = (int) content.size(0);
    int v = (int) content.size(1);
    long[] edges = content.toLongs();
    boolean[] padding = new boolean[b * v * grid.tokens()];
    for (int i = 0; i < padding.length; i++) {
      int view = 4 * (i / grid.tokens());
      var token = grid.rectangle(i % grid.tokens());
      padding[i] =
          token.right() <= edges[view]
              || token.bottom() <= edges[view + 1]
              || token.left() >= edges[view + 2]
              || token.top() >= edges[view + 3];
    }
    return Tensors.of(padding, b, v, grid.rows(), grid.columns());
  }

  /** F32 [B, A, 3], 0 in samples that are not calibrated: their tokens are not handed over. */
  private Tensor endEffectors(PreparedObservation observation, boolean[] calibrated) {
    int arms = scene.ports().arms();
    float[] points = new float[observation.batch() * arms * 3];
    for (int i = 0; i < observation.batch(); i++) {
      if (!calibrated[i]) {
        continue;
      }
      var poses = observation.observation(i).worldFromEffectors();
      if (poses.size() != arms) {
        throw new SceneException(
            "end-effector: wanted the poses of %d (one an arm), got %d"
                .formatted(arms, poses.size()));
      }
      for (int arm = 0; arm < arms; arm++) {
        var p = poses.get(arm).translation();
        int at = 3 * (i * arms + arm);
        points[at] = (float) p.x();
        points[at + 1] = (float) p.y();
        points[at + 2] = (float) p.z();
      }
    }
    return Tensors.of(points, observation.batch(), arms, 3);
  }

  /** BOOL [B]: samples of which a view has a camera and a pixel of valid depth. */
  private Tensor calibrated(ViewTokens views, ViewTensors geometry) {
    return Scope.tensor(
        () -> {
          Tensor depth = geometry.depth();
          Tensor measured = depth.gt(0).and(depth.le(scene.config().views().zMax()));
          return geometry
              .hasCamera()
              .and(measured.flatten(2, 3).any(false, -1))
              .and(views.present().to(Device.CPU))
              .any(false, 1);
        });
  }

  @Override
  public Optional<MemoryBlock> remember(PreparedObservation observation, ViewTokens views) {
    Optional<MemoryBlock> memory =
        walk(observation, views, inference(), Trace.NONE).flatMap(Walk::memory);
    memory.ifPresent(ScenePlugin::checkFinite);
    return memory;
  }

  /** The last guard: whatever went wrong on the walk, it ends here and not in an action. */
  private static void checkFinite(MemoryBlock memory) {
    Scope.run(
        () -> {
          if (!memory.tokens().isFinite().all().itemBoolean()) {
            throw new SceneException(
                "scene tokens: wanted finite numbers, got NaN or infinity: cameras, depth or"
                    + " weights are out of all measure");
          }
        });
  }

  /**
   * What the method is told when the policy acts: no labels, and where to complete. Nowhere after
   * the first stage alone: what makes tokens of hidden points has not learnt anything then.
   */
  public Guidance inference() {
    return Guidance.inference(through == Stage.INSTANCES ? null : completion);
  }

  /** The last stage that this plug-in was trained in; the second for one that never was. */
  public Stage through() {
    return through;
  }

  /** Says in which stage it is trained now. */
  public void through(Stage stage) {
    this.through = stage;
  }

  /**
   * What came of a walk.
   *
   * @param input what the method was given
   * @param perception what it made of it
   * @param memory for the policy; empty if no token is valid
   */
  public record Walk(SceneInput input, Perception perception, Optional<MemoryBlock> memory) {}

  /**
   * The walk through the method, for acting, training and looking alike; empty if no sample of the
   * batch has calibrated depth. Tensors belong to the caller's scope.
   *
   * @param trace sees every stage, see {@link SceneModule#perceive}
   */
  public Optional<Walk> walk(
      PreparedObservation observation, ViewTokens views, Guidance guidance, Trace trace) {
    ViewTensors geometry = observation.geometry(views.cameras());
    Tensor calibrated = calibrated(views, geometry);
    if (guidance.share().sum(calibrated.any().itemBoolean() ? 1 : 0) == 0) {
      return Optional.empty();
    }
    SceneInput input = input(observation, views, geometry, calibrated.toBooleans());
    Perception perception = scene.perceive(input, guidance, trace);
    return Optional.of(
        new Walk(
            input, perception, memory(perception.tokens(), calibrated, views.tokens().dtype())));
  }

  /** Without the slots that are empty in all samples: they are not computed. */
  private Optional<MemoryBlock> memory(SceneTokens tokens, Tensor calibrated, DType dtype) {
    Tensor valid = tokens.valid().and(calibrated.to(tokens.valid().device()).unsqueeze(1));
    boolean[] used = valid.any(false, 0).toBooleans();
    List<Long> slots = new ArrayList<>();
    for (int i = 0; i < used.length; i++) {
      if (used[i]) {
        slots.add((long) i);
      }
    }
    if (slots.isEmpty()) {
      return Optional.empty();
    }
    Tensor index =
        Tensors.of(slots.stream().mapToLong(Long::longValue).toArray(), slots.size())
            .to(valid.device());
    Parameter gates = scene.gates();
    return Optional.of(
        new MemoryBlock(
            tokens.tokens().indexSelect(1, index).to(dtype),
            valid.indexSelect(1, index),
            injection.place(),
            gates == null ? null : gates.value()));
  }

  @Override
  public void close() {
    completer.close();
    scene.close();
  }
}
