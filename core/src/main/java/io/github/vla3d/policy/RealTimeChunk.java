package io.github.vla3d.policy;

import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/**
 * Real-time chunking (Black et al., arXiv 2506.07339): the new chunk continues the one that the
 * robot is still executing while it is computed.
 */
public sealed interface RealTimeChunk {
  /** Actions not yet executed, in the space of the network: [B, n, A'] with A' up to its width. */
  Tensor previous();

  /** Steps that pass before the new chunk is there. */
  int delay();

  /**
   * Pulls each step of the sampler towards the previous actions. As in LeRobot, whose released code
   * differentiates the estimate of the actions with respect to the sample alone and not through the
   * network, so that no backward pass is needed.
   *
   * @param horizon steps over which the pull fades
   * @param maxWeight upper bound of the guidance weight
   */
  record Guided(Tensor previous, int delay, int horizon, double maxWeight, Fading fading)
      implements RealTimeChunk {
    public Guided {
      check(previous, delay);
      if (horizon < 0 || !(maxWeight >= 0)) {
        throw new PolicyException(
            "real-time chunking: wanted horizon and weight >= 0, got "
                + horizon
                + ", "
                + maxWeight);
      }
    }

    /** The weight of the pull at a time in (0, 1]. */
    public double weight(double time) {
      double tau = 1 - time;
      double square = time * time;
      double weight = tau == 0 ? maxWeight : time / tau * (square + tau * tau) / square;
      return Double.isNaN(weight) ? maxWeight : Math.min(weight, maxWeight);
    }

    /** F32 [chunk]: the share of the pull that each step of a chunk gets. */
    public Tensor weights(int chunk) {
      int end = Math.toIntExact(Math.min(horizon, previous.size(1)));
      return fading.weights(delay, end, chunk);
    }
  }

  /**
   * Puts the previous actions in place of the first steps, at time 0, for checkpoints that were
   * trained for it.
   */
  record Trained(Tensor previous, int delay) implements RealTimeChunk {
    public Trained {
      check(previous, delay);
      if (previous.size(1) < delay) {
        throw new PolicyException(
            "real-time chunking: wanted "
                + delay
                + " previous actions for the delay, got "
                + previous.size(1));
      }
    }
  }

  private static void check(Tensor previous, int delay) {
    if (previous.dim() != 3 || delay < 0) {
      throw new PolicyException(
          "real-time chunking: wanted previous actions [B, n, A] and a delay >= 0, got "
              + previous
              + " and "
              + delay);
    }
  }

  /** How the weight of the previous actions falls between delay and horizon. */
  enum Fading {
    /** Not at all: 0 behind the delay. */
    ZEROS,
    /** Not at all: 1 up to the horizon. */
    ONES,
    LINEAR,
    EXP;

    /**
     * F32 [total]: 1 below start, fading to 0 at end.
     *
     * @param start at most end counts
     */
    public Tensor weights(int start, int end, int total) {
      int from = Math.min(start, end);
      float[] weights = new float[total];
      int fading = Math.min(total, end) - from;
      for (int i = 0; i < total; i++) {
        weights[i] =
            switch (this) {
              case ZEROS -> i < from ? 1 : 0;
              case ONES -> i < end ? 1 : 0;
              case LINEAR, EXP ->
                  i < from ? 1 : i < end ? faded(1 - (i - from + 1.0) / (fading + 1)) : 0;
            };
      }
      return Tensors.of(weights, total);
    }

    private float faded(double share) {
      return (float) (this == EXP ? share * Math.expm1(share) / (Math.E - 1) : share);
    }
  }
}
