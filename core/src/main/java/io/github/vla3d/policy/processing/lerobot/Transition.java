package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What flows through LeRobot's processors. Tensors belong to whoever made them.
 *
 * @param observation by LeRobot's names, as {@code observation.state} [B, D] and {@code
 *     observation.images.top} [B, 3, h, w]; the batch dimension may be missing at first
 * @param action [B, D] or [B, H, D]; null where there is none
 * @param texts one for each element of the batch, as {@code task}
 * @param reference what relative actions are relative to; null until a processor has seen to it
 */
public record Transition(
    Map<String, Tensor> observation,
    @Nullable Tensor action,
    Map<String, List<String>> texts,
    @Nullable RelativeReference reference) {
  /** The name of the robot's state: floating [B, D]. */
  public static final String STATE = "observation.state";

  /** How names of pictures begin. */
  public static final String IMAGES = "observation.images.";

  /** Where the ids of the prompt come to stand: I64 [B, L]. */
  public static final String TOKENS = "observation.language.tokens";

  /** Where their mask comes to stand: BOOL [B, L]. */
  public static final String TOKEN_MASK = "observation.language.attention_mask";

  public Transition {
    observation = Map.copyOf(observation);
    texts = Map.copyOf(texts);
  }

  /** An observation with its task. */
  public static Transition of(Map<String, Tensor> observation, List<String> tasks) {
    return new Transition(observation, null, Map.of("task", tasks), null);
  }

  /** The same with an action. */
  public Transition withAction(Tensor action) {
    return new Transition(observation, action, texts, reference);
  }

  /**
   * A tensor of the observation.
   *
   * @throws ProcessingException if there is none of that name
   */
  public Tensor get(String name) {
    @Nullable Tensor tensor = observation.get(name);
    if (tensor == null) {
      throw new ProcessingException(
          "observation: wanted %s, got %s".formatted(name, observation.keySet()));
    }
    return tensor;
  }

  /**
   * The texts of a key.
   *
   * @throws ProcessingException if there are none
   */
  public List<String> texts(String key) {
    @Nullable List<String> found = texts.get(key);
    if (found == null) {
      throw new ProcessingException("wanted a text '%s', got %s".formatted(key, texts.keySet()));
    }
    return found;
  }

  Transition withObservation(Map<String, Tensor> observation) {
    return new Transition(observation, action, texts, reference);
  }

  Transition with(String name, Tensor value) {
    Map<String, Tensor> changed = new LinkedHashMap<>(observation);
    changed.put(name, value);
    return withObservation(changed);
  }

  Transition withTexts(String name, List<String> values) {
    Map<String, List<String>> changed = new LinkedHashMap<>(texts);
    changed.put(name, values);
    return new Transition(observation, action, changed, reference);
  }

  Transition withReference(RelativeReference reference) {
    return new Transition(observation, action, texts, reference);
  }
}
