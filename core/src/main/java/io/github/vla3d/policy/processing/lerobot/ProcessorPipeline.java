package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.policy.processing.JsonObject;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one of LeRobot's processor files, in their order. Keeps nothing from one call to the
 * next; what its steps make belongs to the caller's scope.
 */
public final class ProcessorPipeline implements AutoCloseable {
  private final String name;
  private final List<String> names;
  private final List<ProcessorStep> steps;

  private ProcessorPipeline(String name, List<String> names, List<ProcessorStep> steps) {
    this.name = name;
    this.names = List.copyOf(names);
    this.steps = List.copyOf(steps);
  }

  /**
   * @param file as {@code policy_preprocessor.json}, in the folder of the checkpoint
   * @throws ProcessingException if a step, or a key of one, is unknown, or what it needs is missing
   */
  public static ProcessorPipeline open(Path file, ProcessorOptions options) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    if (folder == null) {
      throw new ProcessingException(file + ": no file");
    }
    JsonObject root = JsonObject.read(file);
    String name = root.text("name");
    List<JsonObject> entries = root.objects("steps");
    root.done();
    List<String> names = new ArrayList<>();
    List<ProcessorStep> steps = new ArrayList<>();
    try {
      for (JsonObject entry : entries) {
        names.add(entry.text("registry_name"));
        steps.add(step(folder, entry, names.get(names.size() - 1), options));
      }
    } catch (RuntimeException e) {
      steps.forEach(ProcessorStep::close);
      throw e;
    }
    return new ProcessorPipeline(name, names, steps);
  }

  private static ProcessorStep step(
      Path folder, JsonObject entry, String name, ProcessorOptions options) {
    JsonObject config = entry.object("config");
    @Nullable Path stateFile =
        entry.has("state_file") ? Steps.Entry.beside(folder, entry.text("state_file")) : null;
    Map<String, String> artifacts = entry.has("artifacts") ? entry.textMap("artifacts") : Map.of();
    entry.done();
    return Steps.make(new Steps.Entry(name, config, folder, stateFile, artifacts, options));
  }

  public String name() {
    return name;
  }

  /** The registered names of the steps. */
  public List<String> steps() {
    return names;
  }

  /** New names that observations get, by the old ones. */
  public Map<String, String> renames() {
    Map<String, String> renames = new LinkedHashMap<>();
    for (ProcessorStep step : steps) {
      if (step instanceof RenameStep rename) {
        renames.putAll(rename.renames());
      }
    }
    return renames;
  }

  /**
   * Runs all steps.
   *
   * @throws ProcessingException if the state is not finite, or something is missing or of the wrong
   *     size
   */
  public Transition apply(Transition transition) {
    @Nullable Tensor state = transition.observation().get(Transition.STATE);
    if (state != null) {
      checkFinite(state);
    }
    Transition result = transition;
    for (ProcessorStep step : steps) {
      result = step.apply(result);
    }
    return result;
  }

  private static void checkFinite(Tensor state) {
    double[] values = state.toDoubles();
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new ProcessingException(
            "%s: wanted finite numbers, got %s at %d".formatted(Transition.STATE, values[i], i));
      }
    }
  }

  @Override
  public void close() {
    steps.forEach(ProcessorStep::close);
  }
}
