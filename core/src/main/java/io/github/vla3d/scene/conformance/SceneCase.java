package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.scene.CompletionSource;
import io.github.vla3d.scene.Guidance;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.completion.BlockMasks;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenTokens;
import io.github.vla3d.scene.completion.SelfSupervisedLoss;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.InstanceLoss;
import io.github.vla3d.scene.instance.Matching;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One case of a folder under one preset: the walk, its losses and gradients, its variants. */
final class SceneCase implements AutoCloseable {
  private static final String OVERRIDE = "override.";

  private final Fixture fixture;
  private final String preset;
  private final String name;
  private final JsonNode configuration;
  private final SceneConfig config;
  private final String outputs;
  private final Map<String, Tensor> in = new TreeMap<>();

  /** What stages show is gone when they are over, so it is copied here. */
  private final Store kept = new Store();

  SceneCase(Fixture fixture, String preset, JsonNode configuration, String name) {
    this.fixture = fixture;
    this.preset = preset;
    this.name = name;
    this.configuration = configuration;
    this.config = Manifest.config(configuration);
    this.outputs = preset + "/" + name + ".safetensors";
  }

  void verify(JsonNode entry) {
    for (JsonNode input : entry.required("inputs")) {
      String file = "inputs/" + input.asText() + ".safetensors";
      fixture.specs(file).keySet().forEach(t -> in.put(t, fixture.input(file, t)));
    }
    Map<String, Tensor> got = new LinkedHashMap<>();
    try (SceneModule module = module(config)) {
      run(module, got, true);
    }
    for (JsonNode variant : entry.required("variants")) {
      try (SceneModule module = module(Variants.of(config, variant.asText()))) {
        Map<String, Tensor> other = new LinkedHashMap<>();
        run(module, other, false);
        other.forEach((k, v) -> got.put("variant." + variant.asText() + "." + k, v));
      }
    }
    for (String wanted : new TreeSet<>(fixture.specs(outputs).keySet())) {
      Tensor mine = got.get(wanted);
      if (mine == null) {
        throw new IllegalArgumentException(outputs + ": nothing of ours is called " + wanted);
      }
      boolean discrete = !mine.dtype().isFloating();
      fixture.compare(
          outputs,
          wanted,
          mine.detach(),
          discrete ? Tolerance.EXACT : Manifest.tolerance(fixture.manifest(), preset, wanted));
    }
    fixture.manifest().path("refused").fieldNames().forEachRemaining(this::refuses);
  }

  @Override
  public void close() {
    kept.close();
  }

  /** With the stored weights of those parts that the configuration has. */
  private SceneModule module(SceneConfig choice) {
    SceneModule module = new SceneModule(choice, Manifest.ports(configuration), Body.FULL);
    String file = preset + "/weights.safetensors";
    Map<String, Tensor> weights = new LinkedHashMap<>();
    for (String parameter : module.tensors().keySet()) {
      Tensor override = in.get(OVERRIDE + parameter);
      weights.put(parameter, override == null ? fixture.input(file, parameter) : override);
    }
    module.load(Weights.of(file, weights), DType.F32, Device.CPU);
    return module;
  }

  private Tensor in(String tensor) {
    Tensor value = in.get(tensor);
    if (value == null) {
      throw new IllegalArgumentException(name + ": no input " + tensor);
    }
    return value;
  }

  private SceneInput input() {
    return new SceneInput(
        in("in.tokens"),
        in("in.depth"),
        in("in.intrinsics"),
        in("in.camera_from_world"),
        in("in.present"),
        in("in.padding"),
        in("in.view_ids"),
        in("in.end_effector"));
  }

  private @Nullable Targets targets() {
    return in.containsKey("target.boxes")
        ? new Targets(
            in("target.boxes"),
            in("target.centroids"),
            in("target.valid"),
            in("target.in_view"),
            in("target.masks"))
        : null;
  }

  private @Nullable CompletionQueries queries() {
    return in.containsKey("in.completion.points")
        ? new CompletionQueries(
            in("in.completion.points"), in("in.completion.view_ids"), in("in.completion.valid"))
        : null;
  }

  private void run(SceneModule module, Map<String, Tensor> got, boolean gradients) {
    SceneInput input = input();
    Targets targets = targets();
    CompletionQueries queries = queries();
    CompletionSource source = queries == null ? null : CompletionSource.of(queries);
    Recorder recorder = new Recorder(input, got, kept);
    Perception perception =
        module.perceive(
            input,
            targets == null ? Guidance.inference(source) : Guidance.training(targets, source),
            recorder);
    // Entries of what is not there are stored as 0.
    recorder.finish(perception);
    Tensor masks = perception.instances().last().masks(perception.instances().maskMap());
    got.put(
        "layer" + (config.sizes().decoderLayers() - 1) + ".masks",
        masks.maskedFill(recorder.absent(masks), 0).narrow(0, 0, 1));
    if (in.containsKey("in.token_weight")) {
      Tensor scalar = perception.tokens().tokens().mul(in("in.token_weight")).sum();
      got.put("scalar", scalar);
      gradients(module, "tokens", scalar, got, gradients);
    }
    Matching.Match match = perception.match();
    if (targets != null && match != null) {
      InstanceLoss loss =
          InstanceLoss.of(perception.instances(), targets, match, input.present(), module.config());
      put(loss, match, perception, targets, input, got);
      gradients(module, "inst", loss.total(), got, gradients);
    }
    if (in.containsKey("in.masked")) {
      selfSupervise(module, input, perception, got, gradients);
    }
  }

  private void put(
      InstanceLoss loss,
      Matching.Match match,
      Perception perception,
      Targets targets,
      SceneInput input,
      Map<String, Tensor> got) {
    got.put("match.target_of_probe", match.toTensor());
    got.put(
        "match.cost",
        Matching.cost(perception.instances().last(), targets, input.present(), config.loss()));
    for (int l = 0; l < loss.layers().size(); l++) {
      String layer = "loss.layer" + l + ".";
      loss.layers()
          .get(l)
          .byName()
          .forEach((k, v) -> got.put(layer + (k.equals("centroid") ? "3d" : k), v));
    }
    got.put("loss.inst", loss.total());
  }

  private void selfSupervise(
      SceneModule module,
      SceneInput input,
      Perception perception,
      Map<String, Tensor> got,
      boolean gradients) {
    got.put(
        "ssl.covisible",
        BlockMasks.coVisible(
            perception.memory().placement(), in("in.masked"), (int) input.views()));
    HiddenTokens hidden = HiddenTokens.of(in("in.masked"), in("in.ssl_valid"));
    for (SceneConfig.Teacher teacher : SceneConfig.Teacher.values()) {
      boolean own = teacher == config.ssl().teacher();
      Map<String, Tensor> seen = new LinkedHashMap<>();
      Tensor empty = hidden.valid().not().unsqueeze(-1);
      Tensor unread = perception.memory().placement().key().not().or(hidden.masked()).unsqueeze(-1);
      Trace trace =
          (stage, value) ->
              seen.put(
                  stage,
                  kept.put(
                      value.dim() < 3
                          ? value.copy()
                          : value
                              .detach()
                              .maskedFill(value.size(1) == unread.size(1) ? unread : empty, 0)));
      Supplier<SelfSupervisedLoss> walk;
      SceneModule with = own ? module : module(Variants.withTeacher(module.config(), teacher));
      walk =
          () ->
              with.selfSupervise(
                  input, perception, perception.embedded(), hidden, with.predictor(), trace);
      SelfSupervisedLoss loss = own ? walk.get() : Autograd.noGrad(walk);
      got.put(
          "ssl.target." + teacher.name().toLowerCase(java.util.Locale.ROOT),
          tensor(seen, "ssl.target"));
      if (own) {
        seen.remove("ssl.target");
        got.putAll(seen);
        got.put("loss.recon", loss.recon());
        got.put("loss.cos", loss.cos());
        got.put("loss.var", loss.var());
        got.put("loss.ssl", loss.total());
        got.put("loss.target_std", loss.targetSpread());
        gradients(module, "ssl", loss.total(), got, gradients);
      } else {
        with.close();
      }
    }
  }

  private static Tensor tensor(Map<String, Tensor> tensors, String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalStateException("no stage " + name);
    }
    return tensor;
  }

  /** The gradients that are stored, with nothing frozen. */
  private void gradients(
      SceneModule module, String of, Tensor scalar, Map<String, Tensor> got, boolean wanted) {
    String prefix = "grad." + of + ".";
    List<String> names =
        fixture.specs(outputs).keySet().stream().filter(n -> n.startsWith(prefix)).toList();
    if (!wanted || names.isEmpty()) {
      return;
    }
    Map<String, Parameter> all = module.parameters();
    List<Tensor> parameters = new ArrayList<>();
    for (String tensor : names) {
      Parameter parameter = all.get(tensor.substring(prefix.length()));
      if (parameter == null) {
        throw new IllegalArgumentException(outputs + ": no parameter of ours for " + tensor);
      }
      parameters.add(parameter.value());
    }
    // The graph serves several scalars, so it must stay.
    List<Tensor> grads = Autograd.grads(scalar, parameters, true);
    for (int i = 0; i < names.size(); i++) {
      got.put(names.get(i), grads.get(i).detach());
    }
  }

  /** More objects than probes: an error that names both numbers, and nothing else. */
  private void refuses(String file) {
    Tensor boxes = fixture.input(file, "target.boxes");
    SceneInput input = input();
    if (boxes.size(0) != input.batch() || boxes.size(2) != input.views()) {
      return;
    }
    long count = boxes.size(1);
    Targets tooMany =
        new Targets(
            boxes,
            fixture.input(file, "target.centroids"),
            fixture.input(file, "target.valid"),
            fixture.input(file, "target.in_view"),
            Tensors.zeros(input.batch(), count, input.views(), 1, 1));
    String message = "nothing was refused";
    try (SceneModule module = module(config)) {
      module.perceive(input, Guidance.training(tooMany, null), Trace.NONE);
    } catch (SceneException e) {
      message = String.valueOf(e.getMessage());
    }
    String names = config.sizes().probes() + " probes, got " + count;
    fixture.compareEqual(file + " in " + outputs, names, message.endsWith(names) ? names : message);
  }

  /** Keeps what the walk shows, in the form in which it is stored. */
  private static final class Recorder implements Trace {
    private final SceneInput input;
    private final Map<String, Tensor> got;
    private final Tensor present;
    private final Store kept;

    Recorder(SceneInput input, Map<String, Tensor> got, Store kept) {
      this.kept = kept;
      this.input = input;
      this.got = got;
      this.present = input.present();
    }

    @Override
    public void see(String stage, Tensor value) {
      Tensor seen = value.detach();
      if (stage.startsWith("pyramid.") || stage.equals("mask_map")) {
        long v = present.size(1);
        Tensor views = seen.view(-1, v, seen.size(1), seen.size(2), seen.size(3));
        seen = views.maskedFill(absent(views), 0).narrow(0, 0, 1);
      } else if (stage.startsWith("layer") && perView(seen)) {
        seen = seen.maskedFill(absent(seen), 0);
      } else if (stage.startsWith("fusion.")) {
        seen = seen.maskedFill(absentTokens().unsqueeze(-1), 0).narrow(0, 0, 1);
      }
      got.put(stage, kept.put(seen.copy()));
    }

    /** Places of slots that are empty hold 0. */
    void finish(Perception perception) {
      Tensor empty = perception.selection().valid().not();
      Tensor unasked = perception.queries() == null ? null : perception.queries().valid().not();
      for (Map.Entry<String, Tensor> entry : got.entrySet()) {
        String stage = entry.getKey();
        Tensor value = entry.getValue();
        if (stage.equals("routing.weights")) {
          entry.setValue(value.maskedFill(empty.unsqueeze(1).unsqueeze(-1), 0));
        } else if (stage.startsWith("routing.") || stage.equals("offset.instance")) {
          entry.setValue(value.maskedFill(empty.unsqueeze(-1), 0));
        } else if (stage.startsWith("completion.")
            && !stage.equals("completion.context")
            && unasked != null) {
          entry.setValue(value.maskedFill(unasked.unsqueeze(-1), 0));
        }
      }
    }

    private boolean perView(Tensor value) {
      return value.dim() >= 3
          && value.size(1) == present.size(1)
          && value.size(0) == present.size(0);
    }

    /** BOOL, like a value [B, V, ..]. */
    Tensor absent(Tensor value) {
      Tensor mask = present.not();
      while (mask.dim() < value.dim()) {
        mask = mask.unsqueeze(-1);
      }
      return mask;
    }

    private Tensor absentTokens() {
      return present
          .not()
          .unsqueeze(-1)
          .expand(input.batch(), input.views(), input.rows() * input.columns())
          .reshape(input.batch(), input.count());
    }
  }
}
