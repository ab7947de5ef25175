package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.scene.layers.SceneAttention;
import io.github.vla3d.scene.layers.Temperature;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A layer of the instance module, Eq. (2) to (4): probes look at each other, at the views, move.
 */
final class DecoderLayer extends Module {
  /** Metres in which the gate sees how far a probe is behind a surface, and how many it sees. */
  private static final double RESIDUAL_UNIT = 0.03;

  private static final double RESIDUAL_LIMIT = 5;

  private final SceneConfig config;
  private final Body body;
  private final SceneAttention selfAttention;
  private final LayerNorm norm1;
  private final DeformableAttention sampling;
  private final ViewGate gate;
  private final Parameter logTemperature;
  private final LayerNorm norm2;
  private final Mlp feedForward;
  private final LayerNorm norm3;
  private final Mlp coordinate;
  private final @Nullable Readout readout;

  DecoderLayer(SceneConfig config, Body body) {
    SceneConfig.Sizes sizes = config.sizes();
    long width = sizes.width();
    this.config = config;
    this.body = body;
    this.selfAttention =
        new SceneAttention(
            register("self_attention", SceneAttention.maps(width, sizes.heads())), body);
    this.norm1 = register("norm1", new LayerNorm(width));
    this.norm2 = register("norm2", new LayerNorm(width));
    this.norm3 = register("norm3", new LayerNorm(width));
    this.feedForward =
        register("feed_forward", Mlp.numbered(Activation.RELU, width, sizes.feedForward(), width));
    this.sampling =
        register(
            "sampling",
            new DeformableAttention(width, sizes.heads(), Pyramid.LEVELS, sizes.samplingPoints()));
    this.gate = register("gate", new ViewGate(sizes.width(), config.gate().depth()));
    this.logTemperature = parameter("log_temperature", Initialiser.constant(0), 1);
    Initialiser zero = Initialiser.constant(0);
    this.coordinate =
        register(
            "coordinate",
            new Mlp(
                Activation.RELU,
                List.of(
                    new Linear(width, width),
                    new Linear(width, width),
                    new Linear(width, 3, zero, zero))));
    this.readout =
        config.probe().readout() == SceneConfig.Readout.ATTENTION
            ? register("readout", new Readout(width))
            : null;
  }

  /** What all layers read. */
  record Context(Memory memory, Pyramid.Maps maps, Probes probes, Heads heads) {
    Placement placement() {
      return memory.placement();
    }
  }

  /**
   * Probes.
   *
   * @param content c [B, Q, D]
   * @param points p [B, Q, 3]
   */
  record State(Tensor content, Tensor points) {}

  /**
   * @param state c^(l) and p^(l); for l >= 1 its points are detached
   * @return c^(l+1) and p^(l+1), the latter with its graph
   */
  State apply(State state, Context context, Trace trace) {
    return Scope.call(
        scope -> {
          Tensor pos = context.probes.position(state.points);
          trace.see("points_in", state.points);
          trace.see("position", pos);
          Tensor c = state.content;
          Tensor q = c.add(pos);
          c = norm1.apply(c.add(selfAttention.apply(q, q, c, null, null, null)));
          trace.see("after_self", c);

          Projection projection =
              Projection.of(state.points, context.placement(), config.views().eps()); // Eq. (2)
          Tensor sampled = sample(c.add(pos), projection, context); // Eq. (3)
          Tensor g =
              gate.apply(
                  sampled,
                  residual(projection, context),
                  projection.valid(),
                  Temperature.of(logTemperature));
          Tensor share = g.div(g.sum(true, 1).add(config.gate().floor()));
          c = norm2.apply(c.add(sampled.mul(share.unsqueeze(-1)).sum(false, 1)));
          trace.see("u_raw", projection.raw());
          trace.see("u", projection.u());
          trace.see("z", projection.depth());
          trace.see("valid", projection.valid());
          trace.see("sampled", sampled);
          trace.see("gate", g);
          trace.see("gate_normalised", share);
          trace.see("after_views", c);

          c = norm3.apply(c.add(body.run(feedForward::apply, c)));
          trace.see("content", c);
          Tensor from = readout == null ? state.points : readout.apply(c, state.points, context);
          Tensor p = from.add(coordinate.apply(c).tanh().mul(config.alpha())); // Eq. (4)
          trace.see("points", p);
          return new State(scope.keep(c), scope.keep(p));
        });
  }

  /** h of Eq. (3): [B, V, Q, D]. */
  private Tensor sample(Tensor query, Projection projection, Context context) {
    long b = query.size(0);
    long v = projection.u().size(1);
    long n = query.size(1);
    Tensor seen = query;
    if (config.msda().queryViewPe()) {
      seen = query.unsqueeze(1).add(context.heads.viewPosition(projection.u())).flatten(0, 1);
    }
    Tensor h =
        sampling.apply(
            body.in(seen), projection.u().flatten(0, 1), context.maps.maps(), context.maps.blank());
    return body.out(h).view(b, v, n, -1);
  }

  /** How far behind the surface of each view a probe is, in units of 3 cm: [B, V, Q]. */
  private @Nullable Tensor residual(Projection projection, Context context) {
    if (!config.gate().depth()) {
      return null;
    }
    return Scope.tensor(
        () -> {
          Tensor depth = context.placement().depth().flatten(0, 1).unsqueeze(1);
          Tensor grid = projection.u().flatten(0, 1).unsqueeze(1).mul(2).sub(1);
          Tensor surface = Functional.gridSample(depth, grid).view(projection.depth().shape());
          Tensor behind = projection.depth().sub(surface).div(RESIDUAL_UNIT);
          // Where nothing was measured the gate learns nothing from the depth.
          return behind
              .clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)
              .maskedFill(surface.le(0), 0)
              .detach();
        });
  }

  /**
   * An extension: the place of a probe as a mean of measured points, sum_n softmax_n(q(c) . k(M_n)
   * / sqrt(D)) P_n over tokens with depth; where there is none, the place before.
   */
  private static final class Readout extends Module {
    private final Linear query;
    private final Linear key;

    Readout(long width) {
      this.query = register("query", new Linear(width, width));
      this.key = register("key", new Linear(width, width));
    }

    Tensor apply(Tensor content, Tensor before, Context context) {
      return Scope.tensor(
          () -> {
            Placement placement = context.placement();
            Tensor measured = placement.hasDepth().unsqueeze(1);
            Tensor some = measured.any(true, -1);
            Tensor logits =
                query
                    .apply(content)
                    .matmul(key.apply(context.memory.features()).transpose(1, 2))
                    .mul(1 / Math.sqrt(content.size(-1)));
            Tensor weights =
                logits
                    .maskedFill(measured.or(some.not()).not(), Double.NEGATIVE_INFINITY)
                    .softmax(-1);
            Tensor read = weights.matmul(placement.points());
            return Tensors.where(some, read, before);
          });
    }
  }
}
