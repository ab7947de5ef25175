package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.policy.processing.JsonObject;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.policy.processing.Prompts;
import io.github.vla3d.policy.processing.StateBins;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Makes the steps that we know from their entries in a file. */
final class Steps {
  private static final Map<String, Maker> MAKERS = new TreeMap<>();

  static {
    MAKERS.put("rename_observations_processor", RenameStep::of);
    MAKERS.put("to_batch_processor", (entry) -> Steps::batch);
    MAKERS.put("pi0_new_line_processor", (entry) -> Steps::newLine);
    MAKERS.put("pi05_prepare_state_tokenizer_processor_step", Steps::statePrompt);
    MAKERS.put("tokenizer_processor", TokenizerStep::of);
    MAKERS.put("device_processor", Steps::device);
    MAKERS.put("normalizer_processor", entry -> NormalizerStep.of(entry, false));
    MAKERS.put("unnormalizer_processor", entry -> NormalizerStep.of(entry, true));
    MAKERS.put("relative_actions_processor", Steps::relative);
    // Its name for two months.
    MAKERS.put("delta_actions_processor", Steps::relative);
    MAKERS.put("absolute_actions_processor", Steps::absolute);
  }

  private static final Map<String, DType> FLOATS =
      Map.of(
          "float16", DType.F16,
          "half", DType.F16,
          "bfloat16", DType.BF16,
          "float32", DType.F32,
          "float", DType.F32,
          "float64", DType.F64,
          "double", DType.F64);

  private Steps() {}

  /**
   * An entry of a file.
   *
   * @param folder where the file lies
   * @param stateFile the tensors of the step; null if it has none
   * @param artifacts other files of the step by the key of the configuration that they stand for
   */
  record Entry(
      String name,
      JsonObject config,
      Path folder,
      @Nullable Path stateFile,
      Map<String, String> artifacts,
      ProcessorOptions options) {
    /** A file or folder beside this file: a name never leads out of the checkpoint. */
    static Path beside(Path folder, String name) {
      Path path = folder.resolve(name).normalize();
      if (!path.startsWith(folder.normalize())) {
        throw new ProcessingException(folder + ": wanted files of this folder, got " + name);
      }
      return path;
    }
  }

  @FunctionalInterface
  private interface Maker {
    ProcessorStep make(Entry entry);
  }

  /**
   * @throws ProcessingException if we do not know the step, or a key of its configuration
   */
  static ProcessorStep make(Entry entry) {
    @Nullable Maker maker = MAKERS.get(entry.name());
    if (maker == null) {
      throw new ProcessingException(
          "%s: unknown step '%s'; known: %s"
              .formatted(entry.config().place(), entry.name(), MAKERS.keySet()));
    }
    if (entry.stateFile() != null && !entry.name().endsWith("normalizer_processor")) {
      throw new ProcessingException(
          "%s: wanted no state_file for %s, got %s"
              .formatted(entry.config().place(), entry.name(), entry.stateFile().getFileName()));
    }
    Set<String> artifacts = new TreeSet<>(entry.artifacts().keySet());
    if (entry.name().equals("tokenizer_processor")) {
      artifacts.remove("tokenizer_name");
    }
    if (!artifacts.isEmpty()) {
      throw new ProcessingException(entry.config().place() + ": unknown artifacts " + artifacts);
    }
    ProcessorStep step = maker.make(entry);
    try {
      entry.config().done();
    } catch (ProcessingException e) {
      step.close();
      throw e;
    }
    return step;
  }

  private static Transition batch(Transition transition) {
    Map<String, Tensor> batched = new LinkedHashMap<>();
    transition
        .observation()
        .forEach(
            (name, value) -> {
              boolean picture =
                  name.startsWith(Transition.IMAGES) || name.equals("observation.image");
              boolean vector =
                  name.equals(Transition.STATE) || name.equals("observation.environment_state");
              boolean single = (picture && value.dim() == 3) || (vector && value.dim() == 1);
              batched.put(name, single ? value.unsqueeze(0) : value);
            });
    Tensor action = transition.action();
    Transition changed = transition.withObservation(batched);
    return action != null && action.dim() == 1 ? changed.withAction(action.unsqueeze(0)) : changed;
  }

  private static Transition newLine(Transition transition) {
    List<String> tasks = transition.texts("task");
    return transition.withTexts("task", tasks.stream().map(Prompts::line).toList());
  }

  private static ProcessorStep statePrompt(Entry entry) {
    ProcessorOptions options = entry.options();
    return transition -> {
      List<String> prompts = new ArrayList<>();
      List<String> tasks = transition.texts("task");
      Tensor state = transition.get(Transition.STATE);
      if (state.dim() != 2 || state.size(0) != tasks.size()) {
        throw new ProcessingException(
            "%s: wanted [%d, D], got %s".formatted(Transition.STATE, tasks.size(), state));
      }
      for (int i = 0; i < tasks.size(); i++) {
        int[] bins = StateBins.of(state.select(0, i));
        prompts.add(
            options.stateInPrompt()
                ? Prompts.withState(
                    tasks.get(i), StateBins.padded(bins, options.promptStateLength()))
                : Prompts.withoutState(tasks.get(i)));
      }
      return transition.withTexts("task", prompts);
    };
  }

  /**
   * The device of a file is that of the machine where it was trained, so only the element type
   * counts; whoever runs the policy knows where.
   */
  private static ProcessorStep device(Entry entry) {
    entry.config().text("device", "cpu");
    if (!entry.config().has("float_dtype")) {
      return transition -> transition;
    }
    String name = entry.config().text("float_dtype");
    @Nullable DType dtype = FLOATS.get(name);
    if (dtype == null) {
      throw new ProcessingException(
          "%s.float_dtype: wanted one of %s, got '%s'"
              .formatted(entry.config().place(), FLOATS.keySet(), name));
    }
    return transition -> {
      Map<String, Tensor> cast = new LinkedHashMap<>();
      transition
          .observation()
          .forEach((key, x) -> cast.put(key, x.dtype().isFloating() ? x.to(dtype) : x));
      Tensor action = transition.action();
      Transition changed = transition.withObservation(cast);
      return action != null && action.dtype().isFloating()
          ? changed.withAction(action.to(dtype))
          : changed;
    };
  }

  private static ProcessorStep relative(Entry entry) {
    JsonObject config = entry.config();
    boolean enabled = config.bool("enabled", false);
    List<String> exclude =
        config.has("exclude_joints") ? config.texts("exclude_joints") : List.of();
    List<String> names = config.has("action_names") ? config.texts("action_names") : List.of();
    return transition -> {
      @Nullable Tensor state = transition.observation().get(Transition.STATE);
      if (state == null) {
        return transition;
      }
      RelativeReference reference = new RelativeReference(state, exclude, names);
      Transition known = transition.withReference(reference);
      Tensor action = transition.action();
      return enabled && action != null ? known.withAction(reference.shift(action, -1)) : known;
    };
  }

  private static ProcessorStep absolute(Entry entry) {
    if (!entry.config().bool("enabled", false)) {
      return transition -> transition;
    }
    return transition -> {
      @Nullable RelativeReference reference = transition.reference();
      Tensor action = transition.action();
      if (reference == null) {
        throw new ProcessingException(
            "absolute_actions_processor: wanted the state that the actions are relative to, got"
                + " none: no preprocessor has noted it");
      }
      return action == null ? transition : transition.withAction(reference.shift(action, 1));
    };
  }
}
