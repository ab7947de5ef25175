package io.github.vla3d.perception;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a detector is asked for: the things that an instruction names, then those of a vocabulary.
 */
final class Names {
  /** Words of instructions that name nothing. */
  private static final Set<String> PLAIN =
      Set.of(
          "a", "an", "the", "it", "them", "its", "and", "then", "in", "into", "on", "onto", "of",
          "to", "at", "by", "from", "with", "next", "near", "between", "under", "over", "behind",
          "up", "down", "left", "right", "front", "back", "top", "middle", "inside", "both", "pick",
          "place", "put", "push", "pull", "move", "open", "close", "turn", "take", "lift", "stack",
          "grasp", "grab", "slide", "press", "that", "is", "off", "out", "other", "side");

  private Names() {}

  /** Lower-case, each once. */
  static List<String> of(String instruction, List<String> vocabulary) {
    Set<String> names = new LinkedHashSet<>();
    StringBuilder phrase = new StringBuilder();
    for (String word :
        (instruction.toLowerCase(Locale.ROOT) + " .").split("[\\s_]+|(?=[.,;:!?])", -1)) {
      boolean naming = word.matches("[\\p{L}\\p{N}'-]+") && !PLAIN.contains(word);
      if (naming) {
        phrase.append(phrase.isEmpty() ? "" : " ").append(word);
      } else if (!phrase.isEmpty()) {
        names.add(phrase.toString());
        phrase.setLength(0);
      }
    }
    vocabulary.forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    return List.copyOf(names);
  }

  /**
   * A name a line; empty lines and those that begin with # do not count.
   *
   * @throws IllegalArgumentException if a name has a full stop, which separates names
   */
  static List<String> read(Path vocabulary) {
    List<String> names = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(vocabulary)) {
        String name = line.strip();
        if (name.contains(".")) {
          throw new IllegalArgumentException(
              vocabulary + ": wanted names without full stops, got '" + name + "'");
        }
        if (!name.isEmpty() && !name.startsWith("#")) {
          names.add(name);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(vocabulary + ": cannot be read as text", e);
    }
    return List.copyOf(names);
  }
}
