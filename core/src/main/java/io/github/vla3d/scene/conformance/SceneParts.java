package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.scene.aggregation.Routing;
import io.github.vla3d.scene.aggregation.Selection;
import io.github.vla3d.scene.aggregation.TokenMaker;
import io.github.vla3d.scene.completion.SelfSupervisedLoss;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.Fourier;
import io.github.vla3d.scene.encoding.Rotary3d;
import io.github.vla3d.scene.encoding.SineEncoding;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.InstanceLoss;
import io.github.vla3d.scene.instance.Instances;
import io.github.vla3d.scene.instance.LayerPrediction;
import io.github.vla3d.scene.instance.Matching;
import io.github.vla3d.scene.instance.Projection;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.scene.layers.SceneAttention;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.nn.MultiHeadAttention;
import io.github.vla3d.torch.nn.Trace;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Single functions of the method, each with inputs PART.in.* and outputs PART.out.*. Parts that the
 * folder does not have are left out; parts that only the folder has show up as not read.
 */
final class SceneParts {
  private static final String PAPER = "paper";
  private static final String DEFAULT = "default";

  private final Fixture fixture;
  private final JsonNode manifest;

  SceneParts(Fixture fixture) {
    this.fixture = fixture;
    this.manifest = fixture.manifest();
  }

  void verify() {
    Map<String, Runnable> parts = new LinkedHashMap<>();
    parts.put("token_points", this::tokenPoints);
    parts.put("projection", this::projection);
    parts.put("encodings", this::encodings);
    parts.put("rotary", this::rotary);
    parts.put("attention", this::attention);
    parts.put("selection", this::selection);
    parts.put("neighbours", this::neighbours);
    parts.put("ssl_losses", this::selfSupervision);
    parts.put("matching", this::matching);
    parts.put("mask_targets", this::maskTargets);
    parts.put("two_arms", this::twoArms);
    for (Map.Entry<String, Runnable> part : parts.entrySet()) {
      if (fixture.specs(SceneVerifier.PARTS).keySet().stream()
          .anyMatch(name -> name.startsWith(part.getKey() + "."))) {
        part.getValue().run();
      }
    }
  }

  // ---------------------------------------- where things are

  private void tokenPoints() {
    long[] grid = sizes("token_points", "grid");
    Placement placement =
        placement("token_points", in("token_points", "depth"), grid[0], grid[1], config(DEFAULT));
    out("token_points", "points", placement.points());
    out("token_points", "has_depth", placement.hasDepth());
  }

  /** Eq. (2). */
  private void projection() {
    long[] picture = sizes("projection", "picture");
    Tensor points = in("projection", "points");
    Tensor depth =
        Tensors.ones(
            points.dtype(),
            points.device(),
            points.size(0),
            in("projection", "intrinsics").size(1),
            picture[1],
            picture[0]);
    SceneConfig config = config(DEFAULT);
    Projection projection =
        Projection.of(points, placement("projection", depth, 2, 2, config), config.views().eps());
    out("projection", "u_raw", projection.raw());
    out("projection", "u", projection.u());
    out("projection", "z", projection.depth());
    out("projection", "valid", projection.valid());
  }

  private Placement placement(
      String part, Tensor depth, long rows, long columns, SceneConfig config) {
    long b = depth.size(0);
    long v = depth.size(1);
    return Placement.of(
        new SceneInput(
            Tensors.zeros(b, v, rows, columns, 1),
            depth,
            in(part, "intrinsics"),
            in(part, "camera_from_world"),
            Tensors.ones(DType.BOOL, Device.CPU, b, v),
            Tensors.zeros(DType.BOOL, Device.CPU, b, v, rows, columns),
            Tensors.zeros(DType.I64, Device.CPU, b, v),
            Tensors.zeros(b, 1, 3)),
        config,
        Trace.NONE);
  }

  /** Two numbers that stand before a word in the description of a part, as 4x8. */
  private long[] sizes(String part, String word) {
    String text = manifest.required("parts").required(part).asText();
    Matcher matcher = Pattern.compile("(\\d+)x(\\d+) " + word).matcher(text);
    if (!matcher.find()) {
      throw new IllegalArgumentException("manifest: parts." + part + ": no size of a " + word);
    }
    return new long[] {Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))};
  }

  // ---------------------------------------- encodings and attention

  private void encodings() {
    // Given in units of the box already.
    out("encodings", "petr", SineEncoding.threeD(in("encodings", "points")));
    out("encodings", "view", SineEncoding.twoD(in("encodings", "u")));
    Tensor offset = in("encodings", "offset");
    for (String name : outputs("encodings", "fourier")) {
      int bands = Integer.parseInt(name.substring("fourier".length()));
      out("encodings", name, new Fourier(bands).apply(offset));
    }
  }

  /** Eq. (9). */
  private void rotary() {
    Tensor points = in("rotary", "points");
    for (String preset : List.of(PAPER, DEFAULT)) {
      for (String name : outputs("rotary", preset)) {
        int width = Integer.parseInt(name.substring(preset.length()));
        Rotary3d rotary = Rotary3d.of(points, width, config(preset).rope());
        out("rotary", name, rotary.apply(in("rotary", "x" + width)));
      }
    }
  }

  /** Eq. (10). */
  private void attention() {
    String part = "attention";
    Tensor query = in(part, "query");
    Tensor context = in(part, "context");
    SceneConfig config = config(DEFAULT);
    int heads = config.sizes().heads();
    long width = query.size(2);
    try (MultiHeadAttention maps = SceneAttention.maps(width, heads)) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      maps.tensors().keySet().forEach(name -> weights.put(name, in(part, name)));
      maps.load(Weights.of(SceneVerifier.PARTS, weights), DType.F32, Device.CPU);
      SceneAttention attention = new SceneAttention(maps, Body.FULL);
      Tensor mask = in(part, "key_mask");
      out(part, "plain", attention.apply(query, context, context, mask, null, null));
      int headWidth = (int) width / heads;
      out(
          part,
          "rotary",
          attention.apply(
              query,
              context,
              context,
              mask,
              Rotary3d.of(in(part, "p_query"), headWidth, config.rope()),
              Rotary3d.of(in(part, "p_key"), headWidth, config.rope())));
    }
  }

  // ---------------------------------------- instances

  private void selection() {
    Tensor logits = in("selection", "logits");
    Tensor points = in("selection", "points");
    SceneConfig.Selection rule = config(DEFAULT).selection();
    int probes = (int) logits.size(1);
    int[] flat = in("selection", "assigned").toInts();
    int[][] assigned = new int[flat.length / probes][];
    for (int b = 0; b < assigned.length; b++) {
      assigned[b] = Arrays.copyOfRange(flat, b * probes, (b + 1) * probes);
    }
    Selection training = Selection.of(logits, points, new Matching.Match(assigned), rule);
    out("selection", "training_index", training.index());
    out("selection", "training_valid", training.valid());
    Selection inference = Selection.of(logits, points, null, rule);
    out("selection", "inference_index", inference.index());
    out("selection", "inference_valid", inference.valid());
  }

  /** Eq. (5) and (6) on given predictions of one layer. */
  private void matching() {
    String part = "matching";
    Targets targets =
        new Targets(
            in(part, "target_boxes"),
            in(part, "target_centroids"),
            in(part, "target_valid"),
            in(part, "in_view"),
            in(part, "target_masks"));
    long b = targets.inView().size(0);
    long v = targets.inView().size(2);
    Tensor present = Tensors.ones(DType.BOOL, Device.CPU, b, v);
    for (String kind : List.of("3d", "2d")) {
      SceneConfig config = config(DEFAULT);
      config = kind.equals("2d") ? Variants.of(config, "matching_2d") : config;
      Tensor logits = leaf(in(part, "logits"));
      Tensor points = leaf(in(part, "points"));
      Tensor boxes = leaf(in(part, "boxes"));
      Tensor masks = leaf(in(part, "masks"));
      // The logits of masks are given, so each cell is a channel of its own.
      long h = masks.size(3);
      long w = masks.size(4);
      Tensor cells =
          Tensors.eye(h * w, DType.F32, Device.CPU).view(1, h * w, h, w).repeat(b * v, 1, 1, 1);
      LayerPrediction prediction =
          new LayerPrediction(
              points,
              new Projection(points, points, points, points),
              logits,
              boxes,
              masks.flatten(3, 4));
      Matching.Match match = Matching.match(prediction, targets, present, config);
      out(part, "target_of_probe_" + kind, match.toTensor());
      if (kind.equals("3d")) {
        out(
            part,
            "cost_3d",
            Autograd.noGrad(
                () -> Matching.cost(prediction, targets, present, config(DEFAULT).loss())));
      }
      InstanceLoss loss =
          InstanceLoss.of(
              new Instances(points, List.of(prediction), cells), targets, match, present, config);
      String prefix = "loss_" + kind + ".";
      loss.layers()
          .get(0)
          .byName()
          .forEach(
              (name, value) -> out(part, prefix + (name.equals("centroid") ? "3d" : name), value));
      out(part, prefix + "inst", loss.total());
      List<Tensor> grads =
          Autograd.grads(loss.total(), List.of(logits, points, boxes, masks), false);
      List<String> names = List.of("logits", "points", "boxes", "masks");
      for (int i = 0; i < names.size(); i++) {
        out(part, prefix + "grad_" + names.get(i), grads.get(i));
      }
    }
  }

  private static Tensor leaf(Tensor value) {
    return value.copy().requiresGrad_(true);
  }

  private void maskTargets() {
    Tensor mask = in("mask_targets", "mask");
    long[] map = sizes("mask_targets", "map");
    Tensor like = in("mask_targets", "like").expand(map[0], map[1]);
    Tensor soft = InstanceLoss.maskTargets(mask, like);
    out("mask_targets", "soft", soft.view(mask.size(0), map[0], map[1]));
  }

  // ---------------------------------------- completion and aggregation

  /** Eq. (11) to (13) with their gradient. */
  private void selfSupervision() {
    Tensor target = in("ssl_losses", "target");
    for (String preset : List.of(PAPER, DEFAULT)) {
      Tensor y = leaf(in("ssl_losses", "y"));
      SelfSupervisedLoss loss = SelfSupervisedLoss.of(y, target, config(preset).ssl());
      out("ssl_losses", preset + ".recon", loss.recon());
      out("ssl_losses", preset + ".cos", loss.cos());
      out("ssl_losses", preset + ".var", loss.var());
      out("ssl_losses", preset + ".ssl", loss.total());
      out("ssl_losses", preset + ".grad_y", Autograd.grads(loss.total(), List.of(y), false).get(0));
    }
  }

  /** N_K(i) of Eq. (15): reach is infinite in one preset, 0.15 m in the other. */
  private void neighbours() {
    String part = "neighbours";
    Tensor objects = in(part, "p_instance");
    Tensor all = Tensors.ones(DType.BOOL, Device.CPU, objects.size(0), objects.size(1));
    Routing.Placed instances = new Routing.Placed(objects, objects, all);
    Tensor points = in(part, "p_completion");
    Routing.Placed completed = new Routing.Placed(points, points, in(part, "valid"));
    out(part, "infinite", Routing.neighbours(instances, completed, config(PAPER).routing()));
    out(part, "r015", Routing.neighbours(instances, completed, config(DEFAULT).routing()));
  }

  /** Eq. (14) for robots with two arms. */
  private void twoArms() {
    String part = "two_arms";
    Tensor endEffector = in(part, "end_effector");
    SceneConfig config = config(DEFAULT);
    try (Generator generator = new Generator(0);
        TokenMaker maker =
            new TokenMaker(
                config, in(part, "1.bias").size(0), Math.toIntExact(endEffector.size(1)))) {
      maker.initialise(generator);
      Map<String, Tensor> weights = new LinkedHashMap<>(maker.save());
      for (String name : List.of("0.weight", "0.bias", "1.weight", "1.bias")) {
        weights.put("end_effector." + name, in(part, name));
      }
      maker.load(Weights.of(SceneVerifier.PARTS, weights), DType.F32, Device.CPU);
      Tensor centre =
          Tensors.of(config.workspace().centre(), config.workspace().centre().length).to(DType.F32);
      out(
          part,
          "offset",
          maker.offset(in(part, "points"), new TokenMaker.Standpoint(endEffector, centre)));
    }
  }

  // ---------------------------------------- the folder

  private SceneConfig config(String preset) {
    return Manifest.config(manifest.required("configuration").required(preset));
  }

  private Tensor in(String part, String name) {
    return fixture.input(SceneVerifier.PARTS, part + ".in." + name);
  }

  /** Names of a part's outputs that begin with a word. */
  private List<String> outputs(String part, String word) {
    String prefix = part + ".out.";
    return fixture.specs(SceneVerifier.PARTS).keySet().stream()
        .filter(name -> name.startsWith(prefix + word))
        .map(name -> name.substring(prefix.length()))
        .toList();
  }

  private void out(String part, String name, Tensor got) {
    JsonNode group = manifest.required("tolerance").required("parts").path(part);
    Tolerance tolerance =
        got.dtype().isFloating()
            ? Tolerance.of(group.required("rtol").asDouble(), group.required("atol").asDouble())
            : Tolerance.EXACT;
    fixture.compare(SceneVerifier.PARTS, part + ".out." + name, got.detach(), tolerance);
  }
}
