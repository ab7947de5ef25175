package io.github.vla3d.training;

import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Parameter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A loss or gradient that is not finite: what it was, at which step, and what it was trained on.
 */
final class NotFinite {
  private final String text;

  private NotFinite(String text) {
    this.text = text;
  }

  /**
   * @param values losses and norms of a step
   * @param parameters whose gradients are looked at if a value is not finite
   */
  static Optional<NotFinite> check(
      Map<String, Double> values,
      Map<String, Parameter> parameters,
      String stage,
      long step,
      List<SampleOrder.Sample> samples) {
    for (Map.Entry<String, Double> value : values.entrySet()) {
      if (!Double.isFinite(value.getValue())) {
        String what =
            value.getKey().startsWith("norm")
                ? gradient(parameters)
                : "loss '" + value.getKey() + "'";
        return Optional.of(
            new NotFinite(
                "training: %s is %s at step %d of stage %s, samples (set, episode, frame) %s"
                    .formatted(
                        what,
                        value.getValue(),
                        step,
                        stage,
                        samples.stream()
                            .map(s -> s.dataset() + "/" + s.episode() + "/" + s.frame())
                            .toList())));
      }
    }
    return Optional.empty();
  }

  private static String gradient(Map<String, Parameter> parameters) {
    return Scope.call(
        scope -> {
          for (Map.Entry<String, Parameter> parameter : parameters.entrySet()) {
            Tensor gradient = parameter.getValue().grad();
            if (gradient != null && !gradient.isFinite().all().itemBoolean()) {
              return "the gradient of '" + parameter.getKey() + "'";
            }
          }
          return "the norm of all gradients";
        });
  }

  /** The exception that ends the training. */
  IllegalStateException with(Path before) {
    return new IllegalStateException(text + "; the state before that step: " + before);
  }
}
