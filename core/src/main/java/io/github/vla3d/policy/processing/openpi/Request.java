package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client of openpi sends, for one step of one robot.
 *
 * @param values by their keys; keys of nested maps are joined by a slash, as {@code
 *     images/cam_high}. Keys that a robot's transform does not read are ignored
 * @param prompt what to do; null for the server's default
 */
public record Request(Map<String, Tensor> values, @Nullable String prompt) {
  static final String ACTIONS = "actions";

  public Request {
    values = Map.copyOf(values);
  }

  /**
   * @param keys of pictures by the network's names of cameras
   * @param images some of these
   * @param more other values
   */
  static Request of(
      Map<String, String> keys,
      Map<String, Tensor> images,
      Map<String, Tensor> more,
      @Nullable Tensor actions,
      @Nullable String prompt) {
    Map<String, Tensor> values = new LinkedHashMap<>(more);
    images.forEach(
        (camera, image) -> {
          @Nullable String key = keys.get(camera);
          if (key == null) {
            throw new ProcessingException(
                "cameras: wanted some of %s, got %s".formatted(keys.keySet(), camera));
          }
          values.put(key, image);
        });
    if (actions != null) {
      values.put(ACTIONS, actions);
    }
    return new Request(values, prompt);
  }

  Tensor get(String key) {
    @Nullable Tensor value = values.get(key);
    if (value == null) {
      throw new ProcessingException(
          "request: wanted a key '%s', got %s".formatted(key, values.keySet()));
    }
    return value;
  }

  /**
   * A vector of finite numbers.
   *
   * @param size its length
   */
  Tensor vector(String key, int size) {
    Tensor x = get(key);
    if (!x.dtype().isFloating() || x.dim() != 1 || x.size(0) != size) {
      throw new ProcessingException(
          "%s: wanted %d floating numbers, got %s".formatted(key, size, x));
    }
    requireFinite(key, x);
    return x;
  }

  static void requireFinite(String key, Tensor x) {
    double[] values = x.toDoubles();
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new ProcessingException(
            "%s: wanted finite numbers, got %s at %d".formatted(key, values[i], i));
      }
    }
  }
}
