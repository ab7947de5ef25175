package io.github.vla3d.cli;

import io.github.vla3d.scene.config.ConfigException;
import io.github.vla3d.scene.config.Preset;
import java.util.List;

/**
 * Keys of a preset on the command line, {@code --scene.sizes.probes=300} or {@code
 * --scene.sizes.probes 300}: arguments with a dot that no option takes.
 */
final class Overrides {
  private Overrides() {}

  /**
   * The preset with all of them.
   *
   * @param arguments that are no options
   * @throws ConfigException on one that is no key, or has no value
   */
  static Preset apply(Preset preset, List<String> arguments) {
    Preset changed = preset;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      if (!name.startsWith("--") || !name.contains(".")) {
        throw new ConfigException(
            "no option '%s'; wanted an option or a key of the preset, as --scene.sizes.probes=300"
                .formatted(name));
      }
      String value;
      if (equals >= 0) {
        value = argument.substring(equals + 1);
      } else if (i + 1 < arguments.size() && !arguments.get(i + 1).startsWith("--")) {
        i++;
        value = arguments.get(i);
      } else {
        throw new ConfigException(
            "key '%s': wanted a value, as --scene.sizes.probes=300, got none".formatted(name));
      }
      changed = changed.with(name.substring(2), value);
    }
    return changed;
  }
}
