package io.github.vla3d.scene.config;

import static io.github.vla3d.scene.config.ConfigException.require;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.vla3d.scene.encoding.Fourier;
import io.github.vla3d.scene.encoding.Rotary3d;
import java.util.List;

/**
 * All choices of the scene module. Where a key's origin matters it is tagged: T the paper's text, S
 * a secondary source that quotes the paper, F the standard form of what the paper names, O ours
 * because nothing states it, X our extension. The presets ({@link Presets}) say which values go
 * together and docs/method.md why.
 *
 * @param variant T: which of the paper's Table 3 rows this is
 * @param workspace O: where things are, in the robot's base frame
 * @param sizes O: widths and depths; the totals are the paper's 0.086 billion
 * @param views what of a view is used
 * @param fusion multi-view spatial fusion, Eq. (1)
 * @param rope S, O: the rotary encoding, Eq. (9)
 * @param fourier O: bands of Phi_freq, Eq. (14), also in Eq. (7) and (8)
 * @param msda deformable attention, Eq. (3)
 * @param gate of views, Eq. (3)
 * @param probe how a probe moves, Eq. (4)
 * @param matching T: one assignment a scene, Eq. (5), or the ablation's one a view
 * @param loss O: weights of Eq. (5) and (6)
 * @param ssl masking, Eq. (7) and (8), and the losses of Eq. (11) to (13)
 * @param completion points of what is hidden
 * @param selection which instances become tokens
 * @param routing Eq. (15)
 * @param aggregation Eq. (14) and what becomes tokens
 * @param tokens what a token may carry
 */
public record SceneConfig(
    Variant variant,
    Workspace workspace,
    Sizes sizes,
    Views views,
    Fusion fusion,
    Rope rope,
    Fourier fourier,
    Msda msda,
    Gate gate,
    Probe probe,
    Matching matching,
    Loss loss,
    Ssl ssl,
    Completion completion,
    Selection selection,
    Routing routing,
    Aggregation aggregation,
    Tokens tokens) {

  /** Rows of the paper's Table 3. */
  public enum Variant {
    /** Fusion and instances. */
    A,
    /** A and the predictor: completion tokens. */
    B,
    /** B and the routing of completion features to instances: the whole method. */
    C;

    public boolean completes() {
      return this != A;
    }

    public boolean routes() {
      return this == C;
    }
  }

  /**
   * The box in which things are handled, metres in the robot's base frame. Coordinates enter
   * networks relative to its centre (Eq. 1) or in units of it (the sine encoding of probes).
   *
   * @param min lower corner x, y, z
   * @param max upper corner
   */
  public record Workspace(List<Double> min, List<Double> max) {
    public Workspace {
      min = List.copyOf(min);
      max = List.copyOf(max);
      require(
          min.size() == 3 && max.size() == 3,
          "workspace",
          "corners of 3 numbers",
          min + " and " + max);
      for (int i = 0; i < 3; i++) {
        require(
            Double.isFinite(min.get(i)) && max.get(i) > min.get(i) && max.get(i) < 1e3,
            "workspace",
            "max above min on every axis, metres",
            min + " and " + max);
      }
    }

    /** Middle of the box. */
    public double[] centre() {
      double[] centre = new double[3];
      for (int i = 0; i < 3; i++) {
        centre[i] = (min.get(i) + max.get(i)) / 2;
      }
      return centre;
    }
  }

  /**
   * Widths and depths.
   *
   * @param width D of memory and probes
   * @param feedForward F between the two linear maps of a block
   * @param heads H of all attention
   * @param fusionLayers blocks of the fusion encoder
   * @param decoderLayers layers of the instance module
   * @param predictorLayers blocks of the predictor
   * @param samplingPoints K of Eq. (3), a head and level
   * @param probes N_q; two secondary sources disagree: 100 or 300
   * @param maskWidth channels of the mask map
   */
  public record Sizes(
      int width,
      int feedForward,
      int heads,
      int fusionLayers,
      int decoderLayers,
      int predictorLayers,
      int samplingPoints,
      int probes,
      int maskWidth) {
    public Sizes {
      require(width >= 1 && width % 4 == 0, "sizes.width", "a positive multiple of 4", width);
      require(feedForward >= 1, "sizes.feedForward", ">= 1", feedForward);
      require(
          heads >= 1 && width % heads == 0,
          "sizes.heads",
          "a divisor of the width " + width,
          heads);
      require(
          Rotary3d.axisWidth(width / heads) >= 2,
          "sizes.heads",
          "heads of at least 6 channels",
          width / heads);
      require(fusionLayers >= 1, "sizes.fusionLayers", ">= 1", fusionLayers);
      require(decoderLayers >= 1, "sizes.decoderLayers", ">= 1", decoderLayers);
      require(predictorLayers >= 1, "sizes.predictorLayers", ">= 1", predictorLayers);
      require(samplingPoints >= 1, "sizes.samplingPoints", ">= 1", samplingPoints);
      require(probes >= 1, "sizes.probes", ">= 1", probes);
      require(maskWidth >= 1, "sizes.maskWidth", ">= 1", maskWidth);
    }

    /** Channels of a head. */
    public int headWidth() {
      return width / heads;
    }
  }

  /**
   * What of a view is used.
   *
   * @param max O: V_max, how many names of views there are
   * @param zMax O: depth beyond it counts as none, metres
   * @param eps O: smallest depth that Eq. (2) divides by, metres
   */
  public record Views(int max, double zMax, double eps) {
    public Views {
      require(max >= 1, "views.max", ">= 1", max);
      require(zMax > 0 && zMax < 1e3, "views.zMax", "metres above 0", zMax);
      require(eps > 0 && eps < zMax, "views.eps", "metres in (0, zMax)", eps);
    }
  }

  /**
   * Multi-view spatial fusion.
   *
   * @param enabled off in the ablation without fusion: the memory is the projected tokens
   */
  public record Fusion(boolean enabled) {}

  /**
   * The rotary encoding of Eq. (9). The predictor always has it.
   *
   * @param fusion O: whether the fusion encoder has it too
   * @param base S: 10000 in the paper, with which it hardly turns within a metre; O: 100
   * @param scale O: radians per metre of the fastest channels
   */
  public record Rope(boolean fusion, double base, double scale) implements Rotary3d.Rate {
    public Rope {
      require(base >= 1, "rope.base", ">= 1", base);
      require(scale > 0 && scale < 1e4, "rope.scale", "radians per metre above 0", scale);
    }
  }

  /**
   * Deformable attention.
   *
   * @param queryViewPe O: whether the offsets of a view also see where in it the probe is
   */
  public record Msda(boolean queryViewPe) {}

  /**
   * The gate of a view.
   *
   * @param floor added to the sum of gates that each is divided by. T: next to nothing, so that a
   *     single view counts whole whatever its gate says; X: 0.1
   * @param depth X: whether the gate sees how far the probe is behind the surface in the view
   */
  public record Gate(double floor, boolean depth) {
    public Gate {
      require(floor > 0 && floor < 10, "gate.floor", "above 0", floor);
    }
  }

  /**
   * How a probe finds its place.
   *
   * @param reach O: metres that it can move over all layers; alpha of Eq. (4) is a layer's share
   * @param readout how the place of a layer is had
   */
  public record Probe(double reach, Readout readout) {
    public Probe {
      require(reach > 0 && reach < 10, "probe.reach", "metres above 0", reach);
    }
  }

  /** How the place of a probe is had. */
  public enum Readout {
    /** S: the place before plus a bounded offset, Eq. (4). */
    @JsonProperty("offset")
    OFFSET,
    /** X: read from measured points by attention, then refined by the offset of Eq. (4). */
    @JsonProperty("attention")
    ATTENTION
  }

  /** What probes are assigned to. */
  public enum Matching {
    /** T: objects in space, Eq. (5), one assignment a scene. */
    @JsonProperty("3d")
    THREE_D,
    /** The ablation's: objects in pictures, one assignment a view. */
    @JsonProperty("2d")
    TWO_D
  }

  /**
   * Weights of the six instance losses; the first three and the last are also those of the cost.
   *
   * @param cls of the focal loss
   * @param box of L1 on boxes in units of the picture
   * @param giou of 1 - GIoU
   * @param mask of the masks' cross entropy
   * @param dice of the masks' DICE
   * @param centroid of L1 on centroids, per metre
   */
  public record Loss(
      double cls, double box, double giou, double mask, double dice, double centroid) {
    public Loss {
      for (double weight : new double[] {cls, box, giou, mask, dice, centroid}) {
        require(weight >= 0 && weight < 1e6, "loss", "weights >= 0", weight);
      }
    }
  }

  /**
   * Self-supervision of the predictor.
   *
   * @param ratio T: share of the valid tokens of a view that are hidden
   * @param secondView O: whether a quarter of another view is hidden too, half of the time
   * @param mask X: whether the pixels are hidden before the tower sees them, or only its tokens
   * @param teacher O: whose features are the targets
   * @param momentum S: of the EMA teacher
   * @param gamma O: the spread that L_var asks for
   * @param recon O: weight of Eq. (11)'s smooth L1
   * @param cos O: weight of Eq. (12)
   * @param var S: weight of Eq. (13)
   */
  public record Ssl(
      double ratio,
      boolean secondView,
      Mask mask,
      Teacher teacher,
      double momentum,
      Gamma gamma,
      double recon,
      double cos,
      double var) {
    public Ssl {
      require(ratio > 0 && ratio < 1, "ssl.ratio", "in (0, 1)", ratio);
      require(momentum >= 0 && momentum <= 1, "ssl.momentum", "in [0, 1]", momentum);
      for (double weight : new double[] {recon, cos, var}) {
        require(weight >= 0 && weight < 1e6, "ssl", "weights >= 0", weight);
      }
    }
  }

  /** What is hidden from the context. */
  public enum Mask {
    /** Tokens behind the tower, which has seen all pixels. */
    @JsonProperty("tokens")
    TOKENS,
    /** X: pixels before the tower. */
    @JsonProperty("pixels")
    PIXELS
  }

  /** Whose features are the targets of the predictor. */
  public enum Teacher {
    /** The frozen fusion encoder's. */
    @JsonProperty("fusion")
    FUSION,
    /** Those of a moving average of the predictor that sees all. */
    @JsonProperty("branch")
    BRANCH
  }

  /** The standard deviation that L_var, Eq. (13), asks of each channel. */
  public enum Gamma {
    /** F: 1. */
    @JsonProperty("one")
    ONE,
    /** O: that of the targets, at most 1. */
    @JsonProperty("target")
    TARGET
  }

  /**
   * Points at which hidden tokens are completed.
   *
   * @param source what makes a cloud whole
   * @param occluded T: instances that are completed, 6
   * @param queries T: points of each, 5
   * @param minPoints O: observed points below which nothing is completed
   * @param unobserved O: a completed point farther than this from all observed ones is hidden,
   *     metres
   * @param minShare O: share of hidden points above which an instance counts as occluded
   * @param candidates O: share of the completed points, the farthest, that queries are drawn from
   * @param weights file of the source pointattn; empty for none, then mirror stands in
   */
  public record Completion(
      Source source,
      int occluded,
      int queries,
      int minPoints,
      double unobserved,
      double minShare,
      double candidates,
      String weights) {
    public Completion {
      require(occluded >= 1, "completion.occluded", ">= 1", occluded);
      require(queries >= 1, "completion.queries", ">= 1", queries);
      require(minPoints >= 1, "completion.minPoints", ">= 1", minPoints);
      require(unobserved >= 0, "completion.unobserved", "metres >= 0", unobserved);
      require(minShare >= 0 && minShare <= 1, "completion.minShare", "in [0, 1]", minShare);
      require(candidates > 0 && candidates <= 1, "completion.candidates", "in (0, 1]", candidates);
      require(
          weights.isEmpty() || source == Source.POINTATTN,
          "completion.weights",
          "none unless completion.source is pointattn",
          weights);
    }

    /** Without weights. */
    public Completion(
        Source source,
        int occluded,
        int queries,
        int minPoints,
        double unobserved,
        double minShare,
        double candidates) {
      this(source, occluded, queries, minPoints, unobserved, minShare, candidates, "");
    }

    /** Completion queries of a scene. */
    public int slots() {
      return occluded * queries;
    }
  }

  /** What makes a cloud whole. */
  public enum Source {
    /** The other half is the mirror image of this one: needs no weights. */
    @JsonProperty("mirror")
    MIRROR,
    /** X: a small head of the instance module says the points itself. */
    @JsonProperty("head")
    HEAD,
    /** T: PointAttN (arXiv 2203.08485), whose weights are asked for. */
    @JsonProperty("pointattn")
    POINTATTN
  }

  /**
   * Which instances become tokens.
   *
   * @param instances T: at most 16
   * @param score O: least probability at inference
   * @param radius O: of two instances nearer than this the better one stays, metres
   */
  public record Selection(int instances, double score, double radius) {
    public Selection {
      require(instances >= 1, "selection.instances", ">= 1", instances);
      require(score >= 0 && score < 1, "selection.score", "in [0, 1)", score);
      require(radius >= 0, "selection.radius", "metres >= 0", radius);
    }
  }

  /**
   * Local routing attention.
   *
   * @param neighbours O: completion points that an instance may read
   * @param rMax X: how far away they may be, metres; infinite in the paper
   */
  public record Routing(int neighbours, double rMax) {
    public Routing {
      require(neighbours >= 1, "routing.neighbours", ">= 1", neighbours);
      require(rMax > 0, "routing.rMax", "metres above 0, or Infinity", rMax);
    }
  }

  /**
   * What becomes of features.
   *
   * @param endEffector T: whether tokens know where they are relative to the end-effector, Eq. (14)
   * @param keepCompletionTokens O: whether variant C hands completion tokens to the policy too
   */
  public record Aggregation(boolean endEffector, boolean keepCompletionTokens) {}

  /**
   * What a token carries beside its place.
   *
   * @param contentWidth X: channels that content is squeezed through; 0 for all of them
   * @param contentNoise X: standard deviation of noise on content while training
   */
  public record Tokens(int contentWidth, double contentNoise) {
    public Tokens {
      require(contentWidth >= 0, "tokens.contentWidth", ">= 0", contentWidth);
      require(contentNoise >= 0, "tokens.contentNoise", ">= 0", contentNoise);
    }
  }

  public SceneConfig {
    require(
        tokens.contentWidth() < sizes.width(),
        "tokens.contentWidth",
        "fewer channels than the width " + sizes.width(),
        tokens.contentWidth());
  }

  /** Metres that a probe can move in a layer: alpha of Eq. (4). */
  public double alpha() {
    return probe.reach() / sizes.decoderLayers();
  }

  /** Tokens that a policy is handed, valid or not. */
  public int sceneTokens() {
    return selection.instances() + completion.slots();
  }
}
