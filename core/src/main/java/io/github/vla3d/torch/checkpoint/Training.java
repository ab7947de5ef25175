package io.github.vla3d.torch.checkpoint;

import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.optim.Ema;
import io.github.vla3d.torch.optim.Optimizer;
import io.github.vla3d.torch.optim.ParameterGroup;
import io.github.vla3d.torch.optim.Schedule;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that the steps to come depend on, besides the data and the {@link Progress}.
 *
 * @param model initialised or loaded
 * @param optimizer made for the model
 * @param groups those that the optimiser was made with
 * @param ema average of the weights, if there is one: it is what {@code pretrained_model} holds
 *     then
 * @param schedule of the learning rate
 * @param generators every source of random numbers of this process, by name
 * @param group the processes that train together; each has generators under the same names
 */
public record Training(
    Module model,
    Optimizer optimizer,
    List<ParameterGroup> groups,
    Optional<Ema> ema,
    Schedule schedule,
    Map<String, Generator> generators,
    ProcessGroup group) {
  public Training {
    groups = List.copyOf(groups);
    generators = Map.copyOf(generators);
  }
}
