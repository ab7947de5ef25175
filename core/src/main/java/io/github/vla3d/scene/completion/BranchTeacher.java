package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A teacher that follows the predictor: k = m k + (1 - m) q after every optimiser step, in fp32,
 * because bf16(0.999) is 1. It starts as an exact copy.
 */
public final class BranchTeacher implements AutoCloseable {
  private final Predictor predictor;
  private final double momentum;

  /** A copy of a predictor, which may go on training. */
  public BranchTeacher(Predictor student, SceneConfig config, Body body) {
    this.predictor = new Predictor(config, body);
    this.momentum = config.ssl().momentum();
    Map<String, Tensor> values = new LinkedHashMap<>();
    Scope.run(
        () -> {
          student.save().forEach((name, value) -> values.put(name, value.detach().to(DType.F32)));
          restore(values);
        });
  }

  /** The network that makes the targets, without gradients. */
  public Predictor predictor() {
    return predictor;
  }

  /** Takes the student's present weights into the average. */
  public void update(Predictor student) {
    Map<String, Parameter> from = student.parameters();
    Scope.run(
        () ->
            Autograd.noGrad(
                () -> {
                  predictor
                      .parameters()
                      .forEach(
                          (name, average) -> {
                            Parameter weight = from.get(name);
                            if (weight == null) {
                              throw new IllegalArgumentException("teacher: no weight " + name);
                            }
                            average
                                .value()
                                .lerp_(weight.value().detach().to(DType.F32), 1 - momentum);
                          });
                  return true;
                }));
  }

  /** The averages by name: what a training checkpoint keeps. */
  public Map<String, Tensor> state() {
    return predictor.save();
  }

  /**
   * Goes on from a saved {@link #state}, bit for bit.
   *
   * @throws io.github.vla3d.torch.TorchException if names or shapes are not those of this state
   */
  public void restore(Map<String, Tensor> state) {
    predictor.load(Weights.of("teacher", state), null, Device.CPU);
    predictor.freeze(name -> true);
  }

  @Override
  public void close() {
    predictor.close();
  }
}
