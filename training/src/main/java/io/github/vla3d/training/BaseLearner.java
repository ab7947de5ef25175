package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.BaseObjective;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.checkpoint.Training;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Ema;
import io.github.vla3d.torch.optim.Gradients;
import io.github.vla3d.torch.optim.ParameterGroup;
import io.github.vla3d.torch.optim.WarmupCosine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What stage base trains, and the second half of its step: from gradients to other weights. */
final class BaseLearner implements AutoCloseable {
  private final PresetSections.Base recipe;
  private final BaseObjective objective;
  private final List<Parameter> trained;
  private final AdamW optimizer;
  private final Generator random;
  private final Training training;

  /**
   * @param agent without memory; its parameters are frozen and unfrozen as the recipe asks
   * @param seed of noise, times and what is trained beside the policy
   * @param share of every batch
   */
  BaseLearner(Agent agent, PresetSections.Base recipe, long seed, BatchShare share) {
    this.recipe = recipe;
    this.objective = new BaseObjective(agent, recipe, seed + 2, share);
    Map<String, Parameter> parameters = objective.trained();
    this.trained = List.copyOf(parameters.values());
    List<ParameterGroup> groups =
        List.of(group(parameters, true), group(parameters, false)).stream()
            .filter(group -> !group.parameters().isEmpty())
            .toList();
    this.optimizer = new AdamW(new AdamW.Options(0.9, 0.95, 1e-8, true), groups);
    this.random = new Generator(seed + 1);
    this.training =
        new Training(
            objective.model(),
            optimizer,
            groups,
            recipe.average() > 0
                ? Optional.of(new Ema(recipe.average(), true, parameters))
                : Optional.empty(),
            new WarmupCosine(recipe.warmup(), recipe.peak(), recipe.steps(), recipe.end()),
            Map.of("training", random),
            // All processes draw the same, so one keeps it for any number of them.
            ProcessGroup.single());
  }

  /** Matrices decay; biases, norms and tables of positions do not. */
  private ParameterGroup group(Map<String, Parameter> parameters, boolean decays) {
    Map<String, Parameter> some = new LinkedHashMap<>();
    parameters.forEach(
        (name, parameter) -> {
          boolean matrix = parameter.shape().length > 1 && !name.contains("position_embedding");
          if (matrix == decays) {
            some.put(name, parameter);
          }
        });
    return new ParameterGroup(some, decays ? recipe.weightDecay() : 0);
  }

  BaseObjective objective() {
    return objective;
  }

  List<Parameter> trained() {
    return trained;
  }

  /** Draws noise and times. */
  Generator random() {
    return random;
  }

  /** All that the steps to come depend on besides the data. */
  Training training() {
    return training;
  }

  /** Before the gradients of a step are computed. */
  void begin() {
    optimizer.zeroGrad();
  }

  /** Scales the gradients down; returns their norm before. */
  double clip() {
    return Gradients.clipNorm(trained, recipe.clip());
  }

  /**
   * Changes the weights, and their average.
   *
   * @param number steps done before
   * @return the learning rate
   */
  double update(long number) {
    double rate = training.schedule().at(number);
    optimizer.step(rate);
    training.ema().ifPresent(Ema::update);
    return rate;
  }

  @Override
  public void close() {
    training.ema().ifPresent(Ema::close);
    optimizer.close();
    random.close();
    objective.close();
  }
}
