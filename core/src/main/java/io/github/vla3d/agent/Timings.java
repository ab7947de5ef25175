package io.github.vla3d.agent;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * How long the parts of an action took, for the whole batch in which it was computed. On a GPU the
 * parts overlap, and only the total is exact.
 *
 * @param parts by their names; a part that did not run is not there
 */
public record Timings(Map<Part, Duration> parts) {
  /** The parts, in their order. */
  public enum Part {
    /** Pictures, state and prompt to tensors. */
    PREPROCESS,
    /** Tower and projector. */
    VISION,
    /** Keys and values of views and prompt, and of scene tokens that go with them. */
    PREFIX,
    /** The scene plug-in up to its tokens. */
    MEMORY,
    /** All steps of the sampler. */
    SAMPLING,
    /** Back to the robot's units. */
    POSTPROCESS
  }

  public Timings {
    Map<Part, Duration> copy = new EnumMap<>(Part.class);
    copy.putAll(parts);
    parts = Collections.unmodifiableMap(copy);
  }

  /** The sum of the parts. */
  public Duration total() {
    return parts.values().stream().reduce(Duration.ZERO, Duration::plus);
  }

  /** Measures one part after the other. */
  static final class Watch {
    private final Map<Part, Duration> parts = new EnumMap<>(Part.class);
    private long since = System.nanoTime();

    void lap(Part part) {
      long now = System.nanoTime();
      parts.merge(part, Duration.ofNanos(now - since), Duration::plus);
      since = now;
    }

    Timings timings() {
      return new Timings(parts);
    }
  }
}
