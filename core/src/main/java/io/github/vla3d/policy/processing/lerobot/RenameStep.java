package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives entries of an observation other names.
 *
 * @param renames new names by the old ones
 */
record RenameStep(Map<String, String> renames) implements ProcessorStep {
  RenameStep {
    renames = Map.copyOf(renames);
  }

  static RenameStep of(Steps.Entry entry) {
    Map<String, String> own =
        entry.config().has("rename_map") ? entry.config().textMap("rename_map") : Map.of();
    @Nullable Map<String, String> given = entry.options().renames();
    return new RenameStep(given == null ? own : given);
  }

  @Override
  public Transition apply(Transition transition) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    transition
        .observation()
        .forEach(
            (name, value) -> {
              String to = renamed(name);
              if (renamed.put(to, value) != null) {
                throw new ProcessingException("observation: two are to be named " + to);
              }
            });
    return transition.withObservation(renamed);
  }

  /** What belongs to an observation is renamed with it. */
  private String renamed(String name) {
    for (String suffix : List.of("", "_is_pad", "_padding_mask")) {
      if (name.endsWith(suffix)) {
        @Nullable String to = renames.get(name.substring(0, name.length() - suffix.length()));
        if (to != null) {
          return to + suffix;
        }
      }
    }
    return name;
  }
}
