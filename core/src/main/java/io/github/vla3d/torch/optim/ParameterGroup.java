package io.github.vla3d.torch.optim;

import io.github.vla3d.torch.nn.Parameter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Parameters that are treated alike.
 *
 * @param parameters by the names that the optimiser's state uses
 * @param learningRateScale factor on the learning rate, >= 0
 * @param weightDecay >= 0
 */
public record ParameterGroup(
    Map<String, Parameter> parameters, double learningRateScale, double weightDecay) {
  public ParameterGroup {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    if (!(learningRateScale >= 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "parameter group: wanted a learning-rate scale and a weight decay >= 0, got "
              + learningRateScale
              + " and "
              + weightDecay);
    }
  }

  /** At the learning rate as it is. */
  public ParameterGroup(Map<String, Parameter> parameters, double weightDecay) {
    this(parameters, 1, weightDecay);
  }
}
