package io.github.vla3d.scene.aggregation;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.layers.Temperature;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Attention;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.List;

/**
 * Uncertainty-guided routing: an instance reads the completed features near it, Eq. (15), and takes
 * as much of them as it is unsure of itself, Eq. (16).
 */
public final class Routing extends Module {
  private static final int BIAS_WIDTH = 64;

  /** First bias of the gate: it opens to 4.7 %. */
  private static final double CLOSED = -3;

  private final SceneConfig.Routing rule;
  private final int heads;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final Mlp bias;
  private final Mlp gate;
  private final Parameter logTemperature;
  private final LayerNorm norm;

  public Routing(SceneConfig config) {
    long width = config.sizes().width();
    this.rule = config.routing();
    this.heads = config.sizes().heads();
    this.query = register("query", new Linear(width, width));
    this.key = register("key", new Linear(width, width));
    this.value = register("value", new Linear(width, width));
    this.output = register("output", new Linear(width, width));
    this.bias = register("bias", Mlp.numbered(Activation.GELU, 3, BIAS_WIDTH, heads));
    this.gate =
        register(
            "gate",
            new Mlp(
                Activation.GELU,
                List.of(
                    new Linear(2 * width + 1, width),
                    new Linear(
                        width, width, Initialiser.constant(0), Initialiser.constant(CLOSED)))));
    this.logTemperature = parameter("log_temperature", Initialiser.constant(0), 1);
    this.norm = register("norm", new LayerNorm(width));
  }

  /**
   * Something with a place.
   *
   * @param features [B, n, D]
   * @param points F32 [B, n, 3], metres
   * @param valid BOOL [B, n]
   */
  public record Placed(Tensor features, Tensor points, Tensor valid) {}

  /**
   * c^ of Eq. (16).
   *
   * @param instances c and p of the slots
   * @param logits [B, S] of the instances: u = 1 - sigmoid(l) is how unsure they are
   * @param completed f and P of the completion queries
   * @param trace sees neighbours, weights, h, gate and routed
   * @return [B, S, D]
   */
  public Tensor apply(Placed instances, Tensor logits, Placed completed, Trace trace) {
    return Scope.tensor(
        () -> {
          Tensor near = neighbours(instances, completed, rule);
          Tensor some = near.any(true, -1);
          Tensor h = read(instances, completed, near, trace).maskedFill(some.not(), 0);
          Tensor unsure = logits.detach().neg().sigmoid().unsqueeze(-1);
          Tensor g =
              gate.apply(Tensors.cat(-1, instances.features, h, unsure))
                  .mul(Temperature.of(logTemperature))
                  .sigmoid()
                  .maskedFill(some.not(), 0);
          Tensor routed = instances.features.add(g.mul(norm.apply(h)));
          trace.see("neighbours", near);
          trace.see("h", h);
          trace.see("gate", g);
          trace.see("routed", routed);
          return routed;
        });
  }

  /** h of Eq. (15): [B, S, D]. */
  private Tensor read(Placed instances, Placed completed, Tensor near, Trace trace) {
    Tensor q = Attention.split(query.apply(instances.features), heads);
    Tensor k = Attention.split(key.apply(completed.features), heads);
    Tensor v = Attention.split(value.apply(completed.features), heads);
    Tensor offset = completed.points.unsqueeze(1).sub(instances.points.unsqueeze(2));
    Tensor place = bias.apply(offset).permute(0, 3, 1, 2); // [B, H, S, n]
    Tensor logits = q.matmul(k.transpose(2, 3)).mul(1 / Math.sqrt(q.size(3))).add(place);
    Tensor readable = near.unsqueeze(1);
    Tensor some = readable.any(true, -1);
    // A row without neighbours reads all and is then emptied, so that no NaN comes up on the way.
    Tensor weights =
        logits
            .maskedFill(readable.or(some.not()).not(), Double.NEGATIVE_INFINITY)
            .softmax(-1)
            .maskedFill(some.not(), 0);
    trace.see("weights", weights);
    return output.apply(Attention.join(weights.matmul(v)));
  }

  /**
   * N_K(i): the nearest valid points within reach, whichever instance they were made for; of
   * equally near ones the first.
   *
   * @return BOOL [B, S, n]
   */
  public static Tensor neighbours(Placed instances, Placed completed, SceneConfig.Routing rule) {
    return Scope.tensor(
        () -> {
          Tensor distance =
              completed
                  .points
                  .detach()
                  .unsqueeze(1)
                  .sub(instances.points.detach().unsqueeze(2))
                  .norm(false, -1); // [B, S, n]
          Tensor valid = completed.valid.unsqueeze(1);
          Tensor other = distance.unsqueeze(2); // of the point that may be nearer
          Tensor own = distance.unsqueeze(3);
          long n = distance.size(2);
          Tensor places = Tensors.arange(n).to(distance.device());
          Tensor before = places.unsqueeze(0).lt(places.unsqueeze(1));
          Tensor nearer = other.lt(own).or(other.eq(own).and(before)).and(valid.unsqueeze(2));
          Tensor rank = nearer.to(DType.I64).sum(false, -1);
          Tensor reach = valid.and(rank.lt(rule.neighbours()));
          reach = Double.isInfinite(rule.rMax()) ? reach : reach.and(distance.le(rule.rMax()));
          return reach.and(instances.valid.unsqueeze(2));
        });
  }
}
