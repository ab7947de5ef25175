package io.github.vla3d.policy.pi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.gemma.GemmaConfig;
import io.github.vla3d.policy.siglip.SiglipConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a checkpoint is: sizes, and the settings that its results depend on.
 *
 * @param family pi0 or pi0.5
 * @param vision sizes of the tower
 * @param language sizes of the language model
 * @param expert sizes of the action expert
 * @param vocabulary rows of the embedding table
 * @param cameras names in the order of the prefix
 * @param robot sizes of the robot's side
 * @param promptLength tokens up to which prompts are padded or cut
 * @param steps of the sampler
 * @param time settings of flow times
 * @param realTimeDelay largest delay that trained real-time chunking may have; 0 if the checkpoint
 *     was not trained for it
 */
public record PiConfig(
    PiFamily family,
    SiglipConfig vision,
    GemmaConfig language,
    GemmaConfig expert,
    int vocabulary,
    List<String> cameras,
    Robot robot,
    int promptLength,
    int steps,
    Time time,
    int realTimeDelay) {
  private static final int VOCABULARY = 257152;
  private static final String SIZES = "vla3d_sizes";
  private static final String LANGUAGE = "gemma_2b";
  private static final String EXPERT = "gemma_300m";
  private static final String EMPTY_CAMERA = "observation.images.empty_camera_";

  /** The cameras of openpi's checkpoints. */
  public static final List<String> OPENPI_CAMERAS =
      List.of("base_0_rgb", "left_wrist_0_rgb", "right_wrist_0_rgb");

  /**
   * Sizes of the robot's side.
   *
   * @param horizon actions of a chunk
   * @param executed actions of a chunk that are executed before the next is asked for
   * @param stateWidth of the network
   * @param actionWidth of the network
   * @param state numbers that the robot has; at most stateWidth
   * @param action numbers that the robot takes; at most actionWidth
   */
  public record Robot(
      int horizon, int executed, int stateWidth, int actionWidth, int state, int action) {
    public Robot {
      if (horizon < 1
          || executed < 1
          || executed > horizon
          || state < 0
          || state > stateWidth
          || action < 1
          || action > actionWidth) {
        throw new PolicyException(
            "pi: wanted 1 <= executed <= horizon, state <= %d and 1 <= action <= %d, got %d, %d, %d, %d"
                .formatted(stateWidth, actionWidth, executed, horizon, state, action));
      }
    }
  }

  /**
   * Settings of flow times.
   *
   * @param minPeriod shortest period of the embedding
   * @param maxPeriod longest period of the embedding
   * @param alpha of the beta distribution of training times
   * @param beta of the beta distribution of training times
   * @param scale by which a drawn time is multiplied
   * @param offset added to a drawn time
   */
  public record Time(
      double minPeriod, double maxPeriod, double alpha, double beta, double scale, double offset) {
    /** The values of all published checkpoints. */
    public static final Time PUBLISHED = new Time(4e-3, 4.0, 1.5, 1.0, 0.999, 0.001);

    public Time {
      if (!(minPeriod > 0 && maxPeriod > minPeriod && alpha > 0 && beta > 0)) {
        throw new PolicyException(
            "pi: wanted 0 < min_period < max_period and alpha, beta > 0, got %s, %s, %s, %s"
                .formatted(minPeriod, maxPeriod, alpha, beta));
      }
    }
  }

  public PiConfig {
    cameras = List.copyOf(cameras);
    if (!language.joins(expert)) {
      throw new PolicyException(
          "pi: wanted a language model and an expert of equal depth, key heads and head width, got "
              + language
              + " and "
              + expert);
    }
    if (expert.width() % 2 != 0) {
      throw new PolicyException("pi: wanted an even expert width, got " + expert.width());
    }
    if (vocabulary < 1 || promptLength < 1 || steps < 1 || realTimeDelay < 0) {
      throw new PolicyException(
          "pi: wanted vocabulary, prompt length and steps >= 1, got %d, %d, %d"
              .formatted(vocabulary, promptLength, steps));
    }
    if (cameras.isEmpty() || cameras.stream().distinct().count() != cameras.size()) {
      throw new PolicyException("pi: wanted cameras of different names, got " + cameras);
    }
  }

  /**
   * Of LeRobot's config.json. Keys that do not matter to the network are not looked at, as files of
   * all releases differ in them.
   *
   * @throws PolicyException if the file is of another family, or asks for something not supported
   */
  public static PiConfig lerobot(JsonNode json) {
    PiFamily family = family(json.path("type").asText());
    for (String unsupported : List.of("use_visual_memory", "use_proprioceptive_memory")) {
      if (json.path(unsupported).asBoolean(false)) {
        throw new PolicyException("config.json: " + unsupported + " is not supported");
      }
    }
    List<String> cameras = new ArrayList<>();
    json.path("input_features")
        .properties()
        .forEach(
            feature -> {
              if (feature.getValue().path("type").asText().equals("VISUAL")) {
                cameras.add(feature.getKey());
              }
            });
    for (int i = 0; i < json.path("empty_cameras").asInt(0); i++) {
      if (!cameras.contains(EMPTY_CAMERA + i)) {
        cameras.add(EMPTY_CAMERA + i);
      }
    }
    JsonNode resolution = json.path("image_resolution");
    int image = resolution.path(0).asInt(SiglipConfig.SO400M.image());
    if (resolution.path(1).asInt(image) != image) {
      throw new PolicyException("config.json: wanted a square image_resolution, got " + resolution);
    }
    int horizon = json.path("chunk_size").asInt(50);
    int stateWidth = json.path("max_state_dim").asInt(32);
    int actionWidth = json.path("max_action_dim").asInt(32);
    Time published = Time.PUBLISHED;
    return new PiConfig(
            family,
            vision(image, json.path(SIZES).path("patch").asInt(SiglipConfig.SO400M.patch())),
            GemmaConfig.variant(json.path("paligemma_variant").asText(LANGUAGE)),
            GemmaConfig.variant(json.path("action_expert_variant").asText(EXPERT)),
            VOCABULARY,
            cameras,
            new Robot(
                horizon,
                json.path("n_action_steps").asInt(horizon),
                stateWidth,
                actionWidth,
                width(json.path("input_features").path("observation.state"), stateWidth),
                width(json.path("output_features").path("action"), actionWidth)),
            json.path("tokenizer_max_length").asInt(family.promptLength()),
            json.path("num_inference_steps").asInt(10),
            new Time(
                json.path("min_period").asDouble(published.minPeriod),
                json.path("max_period").asDouble(published.maxPeriod),
                json.path("time_sampling_beta_alpha").asDouble(published.alpha),
                json.path("time_sampling_beta_beta").asDouble(published.beta),
                json.path("time_sampling_scale").asDouble(published.scale),
                json.path("time_sampling_offset").asDouble(published.offset)),
            json.path("rtc_training_max_delay").asInt(0))
        .withSizes(sizes(json.path(SIZES)));
  }

  /** Sizes that no variant has, which LeRobot has no key for. */
  private static Map<String, Long> sizes(JsonNode json) {
    Map<String, Long> sizes = new TreeMap<>();
    json.properties()
        .forEach(
            size -> {
              if (!size.getValue().isIntegralNumber()) {
                throw new PolicyException(
                    "config.json: wanted a number %s.%s, got %s"
                        .formatted(SIZES, size.getKey(), size.getValue()));
              }
              sizes.put(size.getKey(), size.getValue().longValue());
            });
    return sizes;
  }

  /**
   * LeRobot's config.json, which {@link #lerobot} reads back. Sizes that the published variants do
   * not have stand under a key of our own; LeRobot itself has no such models.
   *
   * @param normalisation {@code normalization_mapping}: modes of VISUAL, STATE and ACTION
   */
  public ObjectNode toJson(Map<String, String> normalisation) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", family.type()).put("n_obs_steps", 1);
    ObjectNode inputs = json.putObject("input_features");
    for (String camera : cameras) {
      feature(inputs, camera, "VISUAL", 3, vision.image(), vision.image());
    }
    feature(inputs, "observation.state", "STATE", robot.state);
    feature(json.putObject("output_features"), "action", "ACTION", robot.action);
    json.put("device", "cpu").put("dtype", "float32");
    json.put("paligemma_variant", LANGUAGE).put("action_expert_variant", EXPERT);
    json.put("chunk_size", robot.horizon).put("n_action_steps", robot.executed);
    json.put("max_state_dim", robot.stateWidth).put("max_action_dim", robot.actionWidth);
    json.put("num_inference_steps", steps);
    json.put("time_sampling_beta_alpha", time.alpha).put("time_sampling_beta_beta", time.beta);
    json.put("time_sampling_scale", time.scale).put("time_sampling_offset", time.offset);
    json.put("min_period", time.minPeriod).put("max_period", time.maxPeriod);
    json.put("empty_cameras", 0).put("tokenizer_max_length", promptLength);
    json.putArray("image_resolution").add(vision.image()).add(vision.image());
    ObjectNode modes = json.putObject("normalization_mapping");
    normalisation.forEach(modes::put);
    if (family == PiFamily.PI05) {
      json.put("rtc_training_max_delay", realTimeDelay);
    }
    ObjectNode sizes = JsonNodeFactory.instance.objectNode();
    unnamed().forEach(sizes::put);
    if (!sizes.isEmpty()) {
      json.set(SIZES, sizes);
    }
    return json;
  }

  private static void feature(ObjectNode features, String name, String type, int... shape) {
    ArrayNode list = features.putObject(name).put("type", type).putArray("shape");
    for (int size : shape) {
      list.add(size);
    }
  }

  /** Those that are not of the variants that the file names. */
  private Map<String, Long> unnamed() {
    Map<String, Long> published =
        sizes(
            SiglipConfig.SO400M,
            GemmaConfig.variant(LANGUAGE),
            GemmaConfig.variant(EXPERT),
            VOCABULARY);
    Map<String, Long> here = sizes(vision, language, expert, vocabulary);
    here.entrySet().removeAll(published.entrySet());
    return here;
  }

  /** The sizes of the networks, by the names of {@link #withSizes}. */
  private static Map<String, Long> sizes(
      SiglipConfig vision, GemmaConfig language, GemmaConfig expert, int vocabulary) {
    Map<String, Long> sizes = new TreeMap<>();
    sizes.put("vocab", (long) vocabulary);
    sizes.put("width", (long) language.width());
    sizes.put("depth", (long) language.depth());
    sizes.put("mlp", (long) language.hidden());
    sizes.put("heads", (long) language.heads());
    sizes.put("kv", (long) language.keyHeads());
    sizes.put("head_dim", (long) language.headWidth());
    sizes.put("ex_width", (long) expert.width());
    sizes.put("ex_mlp", (long) expert.hidden());
    sizes.put("vis_width", (long) vision.width());
    sizes.put("vis_depth", (long) vision.depth());
    sizes.put("vis_heads", (long) vision.heads());
    sizes.put("vis_mlp", (long) vision.hidden());
    sizes.put("patch", (long) vision.patch());
    return sizes;
  }

  /**
   * Of openpi's config.json, which does not say the family: that is in the tensors.
   *
   * @throws PolicyException if a size is missing
   */
  public static PiConfig openpi(JsonNode json, PiFamily family) {
    int horizon = required(json, "action_horizon");
    int width = required(json, "action_dim");
    return new PiConfig(
        family,
        SiglipConfig.SO400M,
        GemmaConfig.variant(json.path("paligemma_variant").asText(LANGUAGE)),
        GemmaConfig.variant(json.path("action_expert_variant").asText(EXPERT)),
        VOCABULARY,
        OPENPI_CAMERAS,
        new Robot(horizon, horizon, width, width, width, width),
        family.promptLength(),
        10,
        Time.PUBLISHED,
        0);
  }

  private static int required(JsonNode json, String key) {
    if (!json.path(key).isInt()) {
      throw new PolicyException("config.json: wanted a number " + key + ", got " + json.path(key));
    }
    return json.path(key).asInt();
  }

  private static PiFamily family(String type) {
    for (PiFamily family : PiFamily.values()) {
      if (family.type().equals(type)) {
        return family;
      }
    }
    throw new PolicyException("config.json: wanted type pi0 or pi05, got '" + type + "'");
  }

  private static int width(JsonNode feature, int fallback) {
    return feature.path("shape").path(0).asInt(fallback);
  }

  private static SiglipConfig vision(int image, int patch) {
    SiglipConfig c = SiglipConfig.SO400M;
    return new SiglipConfig(c.width(), c.depth(), c.heads(), c.hidden(), patch, image);
  }

  /**
   * The same with other sizes: for models smaller than the variant that their configuration names.
   *
   * @param sizes any of vocab, width, depth, mlp, heads, kv, head_dim, ex_width, ex_mlp, vis_width,
   *     vis_depth, vis_heads, vis_mlp, patch, image, H, maxa, maxs, A, S, toklen,
   *     rtc_training_max_delay
   */
  public PiConfig withSizes(Map<String, Long> sizes) {
    Sizes s = new Sizes(sizes);
    int depth = s.of("depth", language.depth());
    int heads = s.of("heads", language.heads());
    int keyHeads = s.of("kv", language.keyHeads());
    int headWidth = s.of("head_dim", language.headWidth());
    int horizon = s.of("H", robot.horizon);
    return new PiConfig(
        family,
        new SiglipConfig(
            s.of("vis_width", vision.width()),
            s.of("vis_depth", vision.depth()),
            s.of("vis_heads", vision.heads()),
            s.of("vis_mlp", vision.hidden()),
            s.of("patch", vision.patch()),
            s.of("image", vision.image())),
        new GemmaConfig(
            s.of("width", language.width()),
            depth,
            s.of("mlp", language.hidden()),
            heads,
            keyHeads,
            headWidth),
        new GemmaConfig(
            s.of("ex_width", expert.width()),
            depth,
            s.of("ex_mlp", expert.hidden()),
            heads,
            keyHeads,
            headWidth),
        s.of("vocab", vocabulary),
        cameras,
        new Robot(
            horizon,
            Math.min(horizon, robot.executed),
            s.of("maxs", robot.stateWidth),
            s.of("maxa", robot.actionWidth),
            s.of("S", robot.state),
            s.of("A", robot.action)),
        s.of("toklen", promptLength),
        steps,
        time,
        s.of("rtc_training_max_delay", realTimeDelay));
  }

  private record Sizes(Map<String, Long> map) {
    int of(String key, int fallback) {
      return Math.toIntExact(map.getOrDefault(key, (long) fallback));
    }
  }
}
