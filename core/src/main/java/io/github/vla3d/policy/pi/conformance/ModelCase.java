package io.github.vla3d.policy.pi.conformance;

import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.policy.gemma.Cache;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiNetwork;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One set of inputs through one model, compared with the tensors of one file. Stages of what is
 * never read (absent cameras, padding, the last layer of the language model) come from a prefix
 * that computes them; actions, losses and gradients from one that does not.
 */
final class ModelCase {
  private static final String GRADIENT = "grad.";

  private final Fixture fixture;
  private final String file;
  private final String prefix;
  private final PiPolicy policy;
  private final CaseInputs in;
  private final Bands bands;
  private final Sampling.Clock clock;

  /**
   * @param file with the reference's tensors
   * @param prefix of their names in it
   */
  ModelCase(
      Fixture fixture,
      String file,
      String prefix,
      PiPolicy policy,
      CaseInputs in,
      Bands bands,
      Sampling.Clock clock) {
    this.fixture = fixture;
    this.file = file;
    this.prefix = prefix;
    this.policy = policy;
    this.in = in;
    this.bands = bands;
    this.clock = clock;
  }

  void verify() {
    Scope.run(() -> Autograd.noGrad(() -> run(this::vision)));
    Scope.run(() -> Autograd.noGrad(() -> run(this::wholePrefix)));
    Scope.run(
        () ->
            Autograd.noGrad(
                () -> {
                  ViewTokens views = policy.encodeViews(in.views());
                  Prefix read = policy.prefix(views, in.instruction(), in.state());
                  evaluation(read, "t1.0.", 1.0, in.noise());
                  evaluation(read, "t0.5.", 0.5, in.xHalf());
                  stepMasks();
                  sample(read, "sample.", policy.config().steps());
                  if (has("sample.actions_4steps")) {
                    Tensor actions = policy.sample(read, in.noise(), Sampling.of(4).with(clock));
                    compare("sample.actions_4steps", actions, Bands.Kind.ACTIONS);
                  }
                  training(read);
                  return true;
                }));
    Scope.run(this::gradients);
  }

  private static Boolean run(Runnable body) {
    body.run();
    return true;
  }

  private boolean has(String tensor) {
    return fixture.specs(file).containsKey(prefix + tensor);
  }

  private void compare(String tensor, Tensor got, Tolerance tolerance) {
    compare(tensor, () -> got, tolerance);
  }

  private void compare(String tensor, Supplier<Tensor> got, Tolerance tolerance) {
    if (has(tensor)) {
      Scope.run(() -> fixture.compare(file, prefix + tensor, got.get(), tolerance));
    }
  }

  private void compare(String tensor, Tensor got, Bands.Kind kind) {
    compare(tensor, got, bands.of(tensor, kind));
  }

  private void compare(String tensor, Supplier<Tensor> got, Bands.Kind kind) {
    compare(tensor, got, bands.of(tensor, kind));
  }

  private void vision() {
    for (int i = 0; i < in.views().size(); i++) {
      String camera = "vision.cam" + i + ".";
      if (has(camera + "projected")) {
        try (Stages stages = new Stages()) {
          policy.network().encode(in.views().get(i).pixels(), stages);
          stages.all().forEach((stage, value) -> compare(camera + stage, value, Bands.Kind.STAGE));
        }
      }
    }
  }

  private void wholePrefix() {
    ViewTokens views = policy.encodeViews(in.views(), PiPolicy.Extent.ALL);
    try (Stages stages = new Stages()) {
      Cache cache =
          policy.cache(
              policy.prefix(views, in.instruction(), in.state(), PiPolicy.Extent.ALL, stages));
      Tensor valid = stages.get("pad_mask");
      compare("prefix.embs", stages.get("embs"), Bands.Kind.STAGE);
      compare("prefix.pad_mask", valid, Tolerance.EXACT);
      compare("prefix.ar_mask", () -> flags(valid.size(1), 0).to(DType.BOOL), Tolerance.EXACT);
      compare(
          "prefix.lang_embs",
          () -> policy.network().embed(in.instruction().ids()),
          Bands.Kind.STAGE);
      compare("prefix.position_ids", () -> PiNetwork.positions(valid), Tolerance.EXACT);
      compare("prefix.att_2d_mask", () -> square(valid), Tolerance.EXACT);
      compare("prefix.lm_out", stages.get("lm.final_norm"), Bands.Kind.STAGE);
      compare("train.lm_out", () -> read("train.lm_out", stages, valid), Bands.Kind.STAGE);
      for (int i = 0; i < cache.layers().size(); i++) {
        Cache.Layer layer = cache.layers().get(i);
        compare("prefix.kv.layer" + i + ".k", layer.key(), Bands.Kind.STAGE);
        compare("prefix.kv.layer" + i + ".v", layer.value(), Bands.Kind.STAGE);
      }
    }
  }

  /**
   * The output of the language model where it is read. In the reference's joint pass a padded token
   * is an average over the actions too; nobody reads it, and we never compute it.
   */
  private Tensor read(String tensor, Stages stages, Tensor valid) {
    return Tensors.where(
        valid.unsqueeze(-1),
        stages.get("lm.final_norm").to(DType.F32),
        fixture.input(file, prefix + tensor).to(DType.F32));
  }

  private static Tensor square(Tensor valid) {
    return valid.unsqueeze(1).and(valid.unsqueeze(2));
  }

  /** F32 [B, n]: 1 for the first tokens, which open blocks of their own. */
  private Tensor flags(long n, int ones) {
    Tensor row = Tensors.arange(n).lt(ones).to(DType.F32);
    return row.unsqueeze(0).expand(in.batch(), n);
  }

  /** Tokens of the action expert before the actions. */
  private int states() {
    return policy.config().family() == PiFamily.PI0 ? 1 : 0;
  }

  private void evaluation(Prefix read, String name, double time, Tensor x) {
    if (!has(name + "velocity")) {
      return;
    }
    try (Stages stages = new Stages()) {
      Tensor at = Tensors.full(time, DType.F32, Device.CPU, in.batch());
      policy.velocity(read, x, at, stages);
      compare(name + "time_embedding", stages.get("time_embedding"), Bands.TIME_EMBEDDING);
      compare(name + "adarms_cond", () -> stages.get("adarms_cond").squeeze(1), Bands.Kind.STAGE);
      compare(name + "suffix.embs", () -> suffix(stages, "embs", "suffix.embs"), Bands.Kind.STAGE);
      long n = states() + in.noise().size(1);
      compare(name + "suffix.pad_mask", () -> flags(n, (int) n).to(DType.BOOL), Tolerance.EXACT);
      compare(name + "suffix.ar_mask", () -> flags(n, states() + 1), Tolerance.EXACT);
      for (int i = 0; i < policy.config().expert().depth(); i++) {
        String stage = "expert.layer" + i;
        compare(name + stage, () -> suffix(stages, stage, stage), Bands.Kind.STAGE);
      }
      compare(
          name + "expert.final_norm",
          () -> suffix(stages, "expert.final_norm", "expert.final_norm"),
          Bands.Kind.STAGE);
      if (name.equals("t1.0.")) {
        compare(
            "step0.expert_out",
            () -> suffix(stages, "expert.final_norm", "expert.final_norm"),
            Bands.Kind.STAGE);
      }
      compare(name + "velocity", stages.get("velocity"), Bands.Kind.STAGE);
    }
  }

  /** pi0's state, which is read ahead of the actions, and the actions. */
  private static Tensor suffix(Stages stages, String state, String actions) {
    Tensor first = stages.find("state." + state);
    Tensor rest = stages.get(actions);
    return first == null ? rest.copy() : Tensors.cat(1, first, rest);
  }

  private Tensor prefixValid() {
    Tensor[] all = new Tensor[in.views().size() + 1];
    for (int i = 0; i < in.views().size(); i++) {
      all[i] = in.views().get(i).present().unsqueeze(1).expand(-1, policy.grid().tokens());
    }
    all[in.views().size()] = in.instruction().valid();
    return Tensors.cat(1, all);
  }

  /** BOOL [B, S, P + S]: a state sees no action. */
  private Tensor suffixRows(Tensor valid) {
    long n = states() + in.noise().size(1);
    Tensor own = Tensors.ones(DType.BOOL, Device.CPU, n, n);
    if (states() == 1) {
      own.narrow(0, 0, 1).narrow(1, 1, n - 1).fill_(0);
    }
    return Tensors.cat(
        2, valid.unsqueeze(1).expand(-1, n, -1), own.unsqueeze(0).expand(in.batch(), n, n));
  }

  private Tensor suffixPositions(Tensor valid) {
    long n = states() + in.noise().size(1);
    return valid.to(DType.I64).sum(true, 1).add(Tensors.arange(n));
  }

  private void stepMasks() {
    compare("step0.position_ids", () -> suffixPositions(prefixValid()), Tolerance.EXACT);
    compare("step0.att_2d_mask", () -> suffixRows(prefixValid()), Tolerance.EXACT);
    compare(
        "train.position_ids",
        () -> {
          Tensor valid = prefixValid();
          return Tensors.cat(1, PiNetwork.positions(valid), suffixPositions(valid));
        },
        Tolerance.EXACT);
    compare(
        "train.att_2d_mask",
        () -> {
          Tensor valid = prefixValid();
          Tensor rows = suffixRows(valid);
          Tensor hidden =
              Tensors.zeros(DType.BOOL, Device.CPU, in.batch(), valid.size(1), rows.size(1));
          return Tensors.cat(1, Tensors.cat(2, square(valid), hidden), rows);
        },
        Tolerance.EXACT);
  }

  private void sample(Prefix read, String name, int steps) {
    if (!has(name + "actions")) {
      return;
    }
    Trace compared =
        (stage, value) ->
            compare(
                name + stage,
                value,
                stage.startsWith("x_t") ? Bands.Kind.ACTIONS : Bands.Kind.STEP);
    Tensor actions = policy.sample(read, in.noise(), Sampling.of(steps).with(clock).with(compared));
    compare(name + "actions", actions, Bands.Kind.ACTIONS);
    compare(
        "policy.chunk_normalized",
        () -> actions.narrow(-1, 0, policy.config().robot().action()),
        Bands.Kind.ACTIONS);
  }

  private void training(Prefix read) {
    if (!has("train.loss_per_element") && !has("loss_mean_over_dims")) {
      return;
    }
    try (Stages stages = new Stages()) {
      Tensor loss = policy.loss(read, in.actions(), in.noise(), in.time(), stages);
      Tensor some = loss.narrow(-1, 0, policy.config().robot().action());
      compare(
          "train.expert_out",
          () -> suffix(stages, "expert.final_norm", "expert.final_norm"),
          Bands.Kind.STAGE);
      compare("train.v_t", stages.get("velocity"), Bands.Kind.STAGE);
      compare("train.loss_per_element", loss, Bands.Kind.LOSS);
      compare("train.loss_mean_all_dims", loss.mean(), Bands.Kind.LOSS);
      compare("train.loss_mean_action_dims", some.mean(), Bands.Kind.LOSS);
      compare("loss_mean_over_dims", loss.mean(false, -1), Bands.Kind.LOSS);
      compare("policy.loss", some.mean(), Bands.Kind.LOSS);
      compare("policy.loss_per_sample", some.mean(false, 1, 2), Bands.Kind.LOSS);
      compare("policy.loss_per_dim", some.mean(false, 0, 1), Bands.Kind.LOSS);
    }
  }

  private void gradients() {
    Map<String, TensorSpec> specs = fixture.specs(file);
    if (specs.keySet().stream().noneMatch(name -> name.startsWith(prefix + GRADIENT))) {
      return;
    }
    PiNetwork network = policy.network();
    network.unfreeze(name -> true);
    Prefix read = policy.prefix(policy.encodeViews(in.views()), in.instruction(), in.state());
    policy
        .loss(read, in.actions(), in.noise(), in.time())
        .narrow(-1, 0, policy.config().robot().action())
        .mean()
        .backward();
    network
        .parameters()
        .forEach(
            (name, parameter) -> {
              Tensor gradient = gradient(parameter);
              compare(GRADIENT + name, gradient, Bands.GRADIENTS);
              parameter.value().grad(null);
            });
    network.freeze(name -> true);
  }

  private static Tensor gradient(Parameter parameter) {
    Tensor gradient = parameter.grad();
    return gradient != null ? gradient : Tensors.zeros(parameter.shape());
  }
}
