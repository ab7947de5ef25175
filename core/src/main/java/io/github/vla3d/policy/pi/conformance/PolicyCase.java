package io.github.vla3d.policy.pi.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.policy.processing.PromptTokens;
import io.github.vla3d.policy.processing.Statistics;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.policy.processing.lerobot.CameraInputs;
import io.github.vla3d.policy.processing.lerobot.PolicyProcessors;
import io.github.vla3d.policy.processing.lerobot.ProcessorOptions;
import io.github.vla3d.policy.processing.lerobot.Transition;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The way of a raw observation through the checkpoint's own processors to the inputs of the core
 * model, and of its actions back to the robot.
 */
final class PolicyCase {
  private static final String RAW = "raw.";
  private static final String FOLDER = "lerobot/";
  private static final String STATS = "norm_stats.json";
  private static final Tolerance NORMALISED = Tolerance.of(1e-5, 1e-6);
  private static final Tolerance ROBOT = Tolerance.of(1e-3, 1e-4);

  private final Fixture fixture;
  private final PiPolicy policy;

  PolicyCase(Fixture fixture, PiPolicy policy) {
    this.fixture = fixture;
    this.policy = policy;
  }

  /**
   * @param name of the case, as in case_a
   */
  void verify(String name, CaseInputs in) {
    String file = in.file();
    Map<String, Tensor> raw = new LinkedHashMap<>();
    for (String tensor : List.copyOf(fixture.specs(file).keySet())) {
      if (tensor.startsWith(RAW)) {
        raw.put(tensor.substring(RAW.length()), fixture.input(file, tensor));
      }
    }
    if (raw.isEmpty()) {
      return;
    }
    Tensor action = raw.remove("action");
    Transition before = Transition.of(raw, tasks(name));
    try (PolicyProcessors processors =
        PolicyProcessors.open(
            fixture.folder().resolve(FOLDER.substring(0, FOLDER.length() - 1)),
            ProcessorOptions.DEFAULTS)) {
      Transition ready = processors.before(action == null ? before : before.withAction(action));
      compare(file, "in.tokens", ready.get(Transition.TOKENS), Tolerance.EXACT);
      compare(file, "in.token_mask", ready.get(Transition.TOKEN_MASK), Tolerance.EXACT);
      compare(file, "pre.state", ready.get("observation.state"), NORMALISED);
      Tensor normal = ready.action();
      if (normal != null) {
        compare(file, "pre.action", normal, NORMALISED);
      }
      JsonNode prompts = fixture.manifest().path("prompts_after_preprocessor");
      if (name.equals("case_a") && prompts.isArray()) {
        fixture.compareEqual(name + " prompts", texts(prompts), ready.texts("task"));
        sentencePiece(file, texts(prompts));
      }
      int side = policy.config().vision().image();
      List<CameraInputs.CameraInput> cameras =
          CameraInputs.of(
              ready.observation(), policy.cameras(), side, side, CameraInputs.Resize.CURRENT);
      for (int i = 0; i < cameras.size(); i++) {
        compare(file, "in.image" + i, cameras.get(i).image(), NORMALISED);
        compare(file, "in.image_mask" + i, cameras.get(i).present(), Tolerance.EXACT);
      }
      if (has(file, "policy.chunk_env")) {
        Tensor actions =
            policy
                .sample(
                    policy.prefix(policy.encodeViews(in.views()), in.instruction(), in.state()),
                    in.noise(),
                    Sampling.of(policy.config().steps()))
                .narrow(-1, 0, policy.config().robot().action());
        compare(file, "policy.chunk_env", processors.after(actions, ready), ROBOT);
      }
    }
    for (String used : fixture.files()) {
      if (used.startsWith(FOLDER) && !used.endsWith("model.safetensors")) {
        fixture.path(used);
      }
    }
  }

  private List<String> tasks(String name) {
    JsonNode manifest = fixture.manifest();
    return texts(
        manifest.has("tasks_" + name)
            ? manifest.path("tasks_" + name)
            : manifest.path("raw_tasks"));
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /** The same prompts by the other file of the tokenizer. */
  private void sentencePiece(String file, List<String> prompts) {
    String model = FOLDER + "tokenizer/tokenizer.model";
    if (!fixture.has(model)) {
      return;
    }
    try (Tokenizer tokenizer = Tokenizer.open(fixture.path(model))) {
      List<Tensor> rows = new ArrayList<>();
      int length = policy.config().promptLength();
      for (String prompt : prompts) {
        long[] ids = PromptTokens.of(tokenizer.encode(prompt, true), length, tokenizer.pad()).ids();
        rows.add(Tensors.of(ids, length));
      }
      compare(file, "in.tokens", Tensors.stack(0, rows), Tolerance.EXACT);
    }
  }

  /** openpi's statistics are LeRobot's. */
  void statistics() {
    for (String file : fixture.files()) {
      if (file.startsWith("openpi/") && file.endsWith(STATS)) {
        NormStats stats = NormStats.read(fixture.path(file));
        for (String state : fixture.files()) {
          if (state.startsWith(FOLDER) && state.endsWith("_normalizer_processor.safetensors")) {
            same(stats, "state", state, "observation.state");
            same(stats, "actions", state, "action");
          }
        }
      }
    }
  }

  private void same(NormStats stats, String feature, String file, String prefix) {
    for (String name : List.of("mean", "std", "q01", "q99")) {
      double[] values = Statistics.of(stats, feature).get(name);
      Tensor got = Tensors.of(values, values.length).to(DType.F32);
      compare(file, prefix + "." + name, got, Tolerance.EXACT);
    }
  }

  private boolean has(String file, String tensor) {
    return fixture.specs(file).containsKey(tensor);
  }

  private void compare(String file, String tensor, Tensor got, Tolerance tolerance) {
    if (has(file, tensor)) {
      fixture.compare(file, tensor, got, tolerance);
    }
  }
}
