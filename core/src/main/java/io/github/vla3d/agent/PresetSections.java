package io.github.vla3d.agent;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.vla3d.data.CameraTurn;
import io.github.vla3d.data.GeometryNoise;
import io.github.vla3d.policy.MemoryBlock;
import io.github.vla3d.policy.Policy;
import io.github.vla3d.scene.config.ConfigException;
import io.github.vla3d.scene.config.Preset;

/** The sections of a preset that belong to plugging in and training. */
public final class PresetSections {
  private PresetSections() {}

  /**
   * How scene tokens meet a policy.
   *
   * @param visibility who sees them
   * @param form how they enter attention
   */
  public record Injection(Visibility visibility, Form form) {
    public Injection {
      require(
          visibility == Visibility.MEMORY || form == Form.CONCAT,
          "injection.form",
          "concat where injection.visibility is prefix",
          "gated");
    }

    /** Where a block of tokens stands. */
    MemoryBlock.Place place() {
      return visibility == Visibility.PREFIX ? MemoryBlock.Place.WITHIN : MemoryBlock.Place.BEHIND;
    }

    /** Layers of a policy that read tokens through gates; 0 where the form has none. */
    int gatedLayers(Policy policy) {
      require(
          form == Form.CONCAT || policy.gatedLayers() > 0,
          "injection.form",
          "concat: this policy reads nothing through gates",
          "gated");
      return form == Form.GATED ? policy.gatedLayers() : 0;
    }
  }

  /** Who sees scene tokens. */
  public enum Visibility {
    /** O: the action expert alone: the prefix stays as it is, bit for bit. */
    @JsonProperty("memory")
    MEMORY,
    /** O: the prefix too, one block in which all see each other. */
    @JsonProperty("prefix")
    PREFIX
  }

  /** How scene tokens enter attention. */
  public enum Form {
    /** T: as more keys beside those of the prefix. */
    @JsonProperty("concat")
    CONCAT,
    /** X: in a softmax of their own, added times the tanh of a gate that is 0 at first. */
    @JsonProperty("gated")
    GATED
  }

  /**
   * What labels say.
   *
   * @param centroid where the centre of an object is
   * @param minPixels pixels below which an object is not labelled in a view
   */
  public record Labels(Centroid centroid, int minPixels) {
    public Labels {
      require(minPixels >= 1, "labels.minPixels", ">= 1", minPixels);
    }
  }

  /** Where the centre of an object is. */
  public enum Centroid {
    /** T: the middle of its box, at the depth there. */
    @JsonProperty("boxCenter")
    BOX_CENTER,
    /** O: the median of the points of its mask. */
    @JsonProperty("maskMedian")
    MASK_MEDIAN
  }

  /**
   * Both stages of training.
   *
   * @param instance weight of L_inst in stage 1
   * @param selfSupervised weight of L_ssl in stage 2
   * @param batch samples of a step
   * @param draws times and noises of the flow for each sample
   * @param steps of each stage
   * @param warmup steps until the rate has risen to its peak
   * @param peak learning rate
   * @param end learning rate at the last step
   * @param expertScale rate of the action expert in units of that of the plug-in
   * @param weightDecay of AdamW
   * @param clip norm to which gradients are scaled down
   * @param clipPerGroup whether action expert and plug-in are scaled down each by itself
   */
  public record Training(
      double instance,
      double selfSupervised,
      int batch,
      int draws,
      long steps,
      long warmup,
      double peak,
      double end,
      double expertScale,
      double weightDecay,
      double clip,
      boolean clipPerGroup) {
    public Training {
      require(instance >= 0, "training.instance", ">= 0", instance);
      require(selfSupervised >= 0, "training.selfSupervised", ">= 0", selfSupervised);
      require(batch >= 1, "training.batch", ">= 1", batch);
      require(draws >= 1, "training.draws", ">= 1", draws);
      require(steps >= 1, "training.steps", ">= 1", steps);
      require(warmup >= 0, "training.warmup", ">= 0", warmup);
      require(peak > 0 && end > 0 && end <= peak, "training.peak", "above end, above 0", peak);
      require(expertScale >= 0, "training.expertScale", ">= 0", expertScale);
      require(weightDecay >= 0, "training.weightDecay", ">= 0", weightDecay);
      require(clip > 0, "training.clip", "above 0", clip);
    }
  }

  /**
   * X: random changes of what is trained on; none at inference.
   *
   * @param frame whether everything in space is turned about gravity and shifted, pictures
   *     unchanged
   * @param frameTurn greatest turn either way about the middle of the workspace, radians
   * @param frameShift greatest shift either way along x and y, metres
   * @param depthDropout greatest share of a view's depth that is lost
   * @param depthNoise standard deviation at a depth of 1 m, metres
   * @param extrinsicTurn standard deviation of a camera about each axis, radians
   * @param extrinsicShift standard deviation of a camera along each axis, metres
   */
  public record Augment(
      boolean frame,
      double frameTurn,
      double frameShift,
      double depthDropout,
      double depthNoise,
      double extrinsicTurn,
      double extrinsicShift,
      double cameraTurn,
      double cameraZoom) {
    public Augment {
      require(frameTurn >= 0 && frameTurn <= 3.1416, "augment.frameTurn", "0 to 3.1416", frameTurn);
      require(frameShift >= 0 && frameShift <= 1, "augment.frameShift", "0 to 1 m", frameShift);
      try {
        new GeometryNoise(depthDropout, depthNoise, extrinsicTurn, extrinsicShift);
        new CameraTurn.Range(cameraTurn, cameraZoom);
      } catch (IllegalArgumentException e) {
        throw new ConfigException(String.valueOf(e.getMessage()), e);
      }
    }

    /** Turns of cameras about their optical centres. */
    public CameraTurn.Range turns() {
      return new CameraTurn.Range(cameraTurn, cameraZoom);
    }

    /** Faults of depth and calibration. */
    public GeometryNoise noise() {
      return new GeometryNoise(depthDropout, depthNoise, extrinsicTurn, extrinsicShift);
    }
  }

  public static Augment augment(Preset preset) {
    return preset.section("augment", Augment.class);
  }

  /** Which parameters of a policy are trained without the plug-in. */
  public enum Extent {
    /** All. */
    @JsonProperty("full")
    FULL,
    /** The action expert, with what leads into and out of it. */
    @JsonProperty("expert")
    EXPERT,
    /** Maps of low rank beside those of both transformers, and what leads into and out of them. */
    @JsonProperty("lora")
    LORA
  }

  /**
   * Training of a policy without the plug-in.
   *
   * @param extent what is trained
   * @param batch samples that are read at once
   * @param accumulate batches of a step
   * @param draws times and noises of the flow for each reading of a sample's pictures
   * @param steps of training
   * @param warmup steps until the rate has risen to its peak
   * @param peak learning rate
   * @param end learning rate at the last step
   * @param weightDecay of AdamW
   * @param clip norm to which gradients are scaled down
   * @param average decay of the moving average of the weights, which is what checkpoints give to
   *     users; 0 for none
   * @param grounding weight of the loss that asks the language model which tokens show the things
   *     that the instruction names; 0 for none. Needs recordings with instances
   * @param shift pixels by which pictures are moved at random
   * @param brightness greatest relative change of pictures' brightness, in [0, 1)
   * @param rank of LoRA
   * @param alpha LoRA's scale times its rank
   */
  public record Base(
      Extent extent,
      int batch,
      int accumulate,
      int draws,
      long steps,
      long warmup,
      double peak,
      double end,
      double weightDecay,
      double clip,
      double average,
      double grounding,
      int shift,
      double brightness,
      int rank,
      double alpha) {
    public Base {
      require(batch >= 1, "base.batch", ">= 1", batch);
      require(accumulate >= 1, "base.accumulate", ">= 1", accumulate);
      require(draws >= 1, "base.draws", ">= 1", draws);
      require(steps >= 1, "base.steps", ">= 1", steps);
      require(warmup >= 0 && warmup < steps, "base.warmup", ">= 0, below steps", warmup);
      require(peak > 0 && end > 0 && end <= peak, "base.peak", "above end, above 0", peak);
      require(weightDecay >= 0, "base.weightDecay", ">= 0", weightDecay);
      require(clip > 0, "base.clip", "above 0", clip);
      require(average >= 0 && average < 1, "base.average", "in [0, 1)", average);
      require(grounding >= 0, "base.grounding", ">= 0", grounding);
      require(shift >= 0, "base.shift", ">= 0", shift);
      require(brightness >= 0 && brightness < 1, "base.brightness", "in [0, 1)", brightness);
      require(rank >= 1, "base.rank", ">= 1", rank);
      require(alpha > 0, "base.alpha", "above 0", alpha);
    }
  }

  public static Base base(Preset preset) {
    return preset.section("base", Base.class);
  }

  public static Injection injection(Preset preset) {
    return preset.section("injection", Injection.class);
  }

  public static Labels labels(Preset preset) {
    return preset.section("labels", Labels.class);
  }

  public static Training training(Preset preset) {
    return preset.section("training", Training.class);
  }

  private static void require(boolean condition, String key, String wanted, Object got) {
    if (!condition) {
      throw new ConfigException(key + ": wanted " + wanted + ", got " + got);
    }
  }
}
