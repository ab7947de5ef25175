package io.github.vla3d.tabletop;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An episode to come, by its name: {@code bowl_on_plate#17}, or perturbed {@code
 * bowl_on_plate@camera.orbit.3#17}. The same name is the same episode for every policy, for ever;
 * the perturbed one begins as the nominal one of the same number does.
 *
 * @param task name of the task
 * @param dimension null for none
 * @param kind within the dimension, empty if there is only one
 * @param severity 1 to 5 (occlusion 1 to 4: 30, 50, 70, 90 %), 0 without a perturbation
 * @param index which of the episodes, at least 0
 */
public record Variant(
    String task, @Nullable Dimension dimension, String kind, int severity, int index) {
  private static final Pattern NAME =
      Pattern.compile("([a-z_]+)(?:@([a-z]+)(?:\\.([a-z]+))?\\.([1-5]))?#([0-9]{1,9})");

  /**
   * @throws IllegalArgumentException if there is no such task, kind, severity or number
   */
  public Variant {
    Tasks.get(task);
    if (index < 0) {
      throw new IllegalArgumentException("episode: wanted a number of at least 0, got " + index);
    }
    if (dimension == null ? severity != 0 || !kind.isEmpty() : !dimension.kinds().contains(kind)) {
      throw new IllegalArgumentException(
          "episode: wanted a kind of "
              + (dimension == null ? "nothing" : dimension.word() + ": " + dimension.kinds())
              + ", got '"
              + kind
              + "'");
    }
    if (dimension != null && (severity < 1 || severity > dimension.severities())) {
      throw new IllegalArgumentException(
          "episode: wanted a severity of 1 to %d for %s, got %d"
              .formatted(dimension.severities(), dimension.word(), severity));
    }
  }

  public static Variant nominal(String task, int index) {
    return new Variant(task, null, "", 0, index);
  }

  /**
   * @throws IllegalArgumentException if the text is no name of an episode
   */
  public static Variant parse(String name) {
    Matcher m = NAME.matcher(name);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "episode: wanted task#number or task@dimension.kind.severity#number, got '" + name + "'");
    }
    String word = m.group(2);
    Dimension dimension = null;
    if (word != null) {
      for (Dimension d : Dimension.values()) {
        if (d.word().equals(word)) {
          dimension = d;
        }
      }
      if (dimension == null) {
        throw new IllegalArgumentException(
            "episode: wanted one of "
                + java.util.Arrays.toString(Dimension.values()).toLowerCase(Locale.ROOT)
                + ", got '"
                + word
                + "'");
      }
    }
    return new Variant(
        m.group(1),
        dimension,
        m.group(3) == null ? "" : m.group(3),
        m.group(4) == null ? 0 : Integer.parseInt(m.group(4)),
        Integer.parseInt(m.group(5)));
  }

  /** The episode's name. */
  public String name() {
    String middle =
        dimension == null
            ? ""
            : "@" + dimension.word() + (kind.isEmpty() ? "" : "." + kind) + "." + severity;
    return task + middle + "#" + index;
  }

  boolean is(Dimension wanted) {
    return dimension == wanted;
  }

  boolean is(Dimension wanted, String wantedKind) {
    return dimension == wanted && kind.equals(wantedKind);
  }

  /** Numbers for one use. Those of the nominal episode do not depend on the perturbation. */
  Dice dice(String use) {
    return new Dice(name() + "/" + use);
  }

  Dice nominalDice(String use) {
    return new Dice(task + "#" + index + "/" + use);
  }
}
