package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.scene.Ports;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.Fourier;
import io.github.vla3d.verify.Tolerance;
import java.util.List;

/** The configuration that a manifest states, as ours. */
final class Manifest {
  private Manifest() {}

  static Ports ports(JsonNode c) {
    return new Ports(integer(c, "token_in"), integer(c, "token_out"), integer(c, "arms"));
  }

  static SceneConfig config(JsonNode c) {
    return new SceneConfig(
        SceneConfig.Variant.valueOf(text(c, "variant")),
        new SceneConfig.Workspace(numbers(c, "workspace_min"), numbers(c, "workspace_max")),
        new SceneConfig.Sizes(
            integer(c, "width"),
            integer(c, "ffn"),
            integer(c, "heads"),
            integer(c, "fusion_layers"),
            integer(c, "decoder_layers"),
            integer(c, "predictor_layers"),
            integer(c, "points"),
            integer(c, "probes"),
            integer(c, "mask_dim")),
        new SceneConfig.Views(integer(c, "v_max"), number(c, "z_max"), number(c, "eps")),
        new SceneConfig.Fusion(flag(c, "fusion")),
        new SceneConfig.Rope(
            flag(c, "rope_fusion"), number(c, "rope_base"), number(c, "rope_scale")),
        new Fourier(integer(c, "bands")),
        new SceneConfig.Msda(flag(c, "query_view_pe")),
        new SceneConfig.Gate(number(c, "gate_floor"), false),
        new SceneConfig.Probe(
            number(c, "alpha") * integer(c, "decoder_layers"), SceneConfig.Readout.OFFSET),
        matching(text(c, "matching")),
        new SceneConfig.Loss(
            number(c, "lam_cls"),
            number(c, "lam_box"),
            number(c, "lam_giou"),
            number(c, "lam_mask"),
            number(c, "lam_dice"),
            number(c, "lam_3d")),
        new SceneConfig.Ssl(
            0.5,
            false,
            SceneConfig.Mask.TOKENS,
            SceneConfig.Teacher.valueOf(text(c, "teacher").toUpperCase(java.util.Locale.ROOT)),
            0.999,
            SceneConfig.Gamma.valueOf(text(c, "var_gamma").toUpperCase(java.util.Locale.ROOT)),
            number(c, "lam_recon"),
            number(c, "lam_cos"),
            number(c, "lam_var")),
        new SceneConfig.Completion(
            SceneConfig.Source.MIRROR,
            integer(c, "occluded"),
            integer(c, "queries"),
            50,
            0.01,
            0.1,
            0.25),
        new SceneConfig.Selection(
            integer(c, "instances"), number(c, "score_threshold"), number(c, "nms_radius")),
        new SceneConfig.Routing(
            integer(c, "k_nearest"),
            c.required("r_max").isNumber()
                ? c.required("r_max").asDouble()
                : Double.POSITIVE_INFINITY),
        new SceneConfig.Aggregation(flag(c, "end_effector"), flag(c, "keep_completion_tokens")),
        new SceneConfig.Tokens(0, 0));
  }

  static SceneConfig.Matching matching(String text) {
    return switch (text) {
      case "3d" -> SceneConfig.Matching.THREE_D;
      case "2d" -> SceneConfig.Matching.TWO_D;
      default -> throw new IllegalArgumentException("manifest: unknown matching " + text);
    };
  }

  /** By the group of a tensor's name: the name without the number of its layer, or a part of it. */
  static Tolerance tolerance(JsonNode manifest, String preset, String name) {
    JsonNode groups = manifest.required("tolerance").required(preset);
    String plain =
        name.replaceFirst("^variant\\.[A-Za-z_0-9]+\\.", "").replaceFirst("^layer\\d+", "layer");
    if (plain.startsWith("grad.")) {
      String group = plain.split("\\.")[1];
      String key =
          plain.endsWith("log_temperature") && groups.has("grad." + group + ".log_temperature")
              ? "grad." + group + ".log_temperature"
              : "grad." + group;
      return Tolerance.ofMaximum(groups.required(key).required("of_tensor_max").asDouble());
    }
    while (!groups.has(plain)) {
      int dot = plain.lastIndexOf('.');
      if (dot < 0) {
        throw new IllegalArgumentException("manifest: no tolerance for " + name);
      }
      plain = plain.substring(0, dot);
    }
    JsonNode group = groups.required(plain);
    return Tolerance.of(group.required("rtol").asDouble(), group.required("atol").asDouble());
  }

  private static List<Double> numbers(JsonNode c, String key) {
    JsonNode list = c.required(key);
    return List.of(list.get(0).asDouble(), list.get(1).asDouble(), list.get(2).asDouble());
  }

  private static double number(JsonNode c, String key) {
    return c.required(key).asDouble();
  }

  private static int integer(JsonNode c, String key) {
    return c.required(key).asInt();
  }

  private static boolean flag(JsonNode c, String key) {
    return c.required(key).asBoolean();
  }

  private static String text(JsonNode c, String key) {
    return c.required(key).asText();
  }
}
