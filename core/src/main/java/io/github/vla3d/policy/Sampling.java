package io.github.vla3d.policy;

import io.github.vla3d.torch.nn.Trace;
import org.jspecify.annotations.Nullable;

/**
 * How an action chunk is drawn.
 *
 * @param steps of the integration, >= 1
 * @param clock how time counts down
 * @param realTime what is left of the chunk before, and what to do with it; null: nothing
 * @param trace sees every step: {@code x_t.stepN} before it, {@code v_t.stepN} in it
 */
public record Sampling(int steps, Clock clock, @Nullable RealTimeChunk realTime, Trace trace) {
  /** The time of step s of N. */
  public enum Clock {
    /** 1 - s / N, rounded once, as in LeRobot. */
    EXACT,
    /** 1, reduced N times by 1 / N in single precision, as in openpi. */
    ACCUMULATED
  }

  public Sampling {
    if (steps < 1) {
      throw new PolicyException("sampling: wanted steps >= 1, got " + steps);
    }
  }

  public static Sampling of(int steps) {
    return new Sampling(steps, Clock.EXACT, null, Trace.NONE);
  }

  public Sampling with(Clock clock) {
    return new Sampling(steps, clock, realTime, trace);
  }

  public Sampling with(RealTimeChunk realTime) {
    return new Sampling(steps, clock, realTime, trace);
  }

  public Sampling with(Trace trace) {
    return new Sampling(steps, clock, realTime, trace);
  }

  /** The times of all steps, from 1 (noise) towards 0 (actions). */
  public float[] times() {
    float[] times = new float[steps];
    float accumulated = 1;
    for (int s = 0; s < steps; s++) {
      times[s] = clock == Clock.EXACT ? (float) (1 + s * (-1.0 / steps)) : accumulated;
      accumulated += (float) (-1.0 / steps);
    }
    return times;
  }
}
