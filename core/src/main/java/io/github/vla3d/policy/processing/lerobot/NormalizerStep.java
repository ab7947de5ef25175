package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.policy.processing.JsonObject;
import io.github.vla3d.policy.processing.NormalizationMode;
import io.github.vla3d.policy.processing.Normalizer;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.policy.processing.Statistics;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Scales observations and actions to what the network was trained on, or back. */
final class NormalizerStep implements ProcessorStep {
  private static final System.Logger LOG = System.getLogger(NormalizerStep.class.getName());
  private static final String ACTION = "action";

  private final boolean back;
  private final Map<String, Normalizer> observations;
  private final @Nullable Normalizer action;

  /** Length of the vectors that the file declares. */
  private final Map<String, Integer> sizes;

  private NormalizerStep(
      boolean back,
      Map<String, Normalizer> observations,
      @Nullable Normalizer action,
      Map<String, Integer> sizes) {
    this.back = back;
    this.observations = observations;
    this.action = action;
    this.sizes = sizes;
  }

  private record Feature(String type, int[] shape) {
    static final Set<String> TYPES =
        Set.of("STATE", "VISUAL", "ENV", "ACTION", "REWARD", "LANGUAGE");

    static Feature of(JsonObject json) {
      Feature feature = new Feature(type(json.place(), json.text("type")), json.integers("shape"));
      json.done();
      return feature;
    }

    static String type(String place, String name) {
      if (!TYPES.contains(name)) {
        throw new ProcessingException(
            "%s: wanted a type of %s, got '%s'".formatted(place, TYPES, name));
      }
      return name;
    }
  }

  static NormalizerStep of(Steps.Entry entry, boolean back) {
    JsonObject config = entry.config();
    double eps = config.has("eps") ? config.number("eps") : 1e-8;
    Map<String, Feature> features = new LinkedHashMap<>();
    JsonObject declared = config.object("features");
    declared.keys().forEach(name -> features.put(name, Feature.of(declared.object(name))));
    Map<String, NormalizationMode> modes = modes(config);
    @Nullable Set<String> only =
        config.has("normalize_observation_keys")
            ? new HashSet<>(config.texts("normalize_observation_keys"))
            : null;
    Map<String, Statistics> statistics = statistics(entry.stateFile());
    if (features.isEmpty() && statistics.isEmpty()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: neither features nor statistics: nothing is normalised",
          config.place());
    }
    Map<String, Normalizer> observations = new LinkedHashMap<>();
    Map<String, Integer> sizes = new LinkedHashMap<>();
    @Nullable Normalizer action = null;
    features.forEach(
        (name, feature) -> {
          if (feature.shape.length == 1) {
            sizes.put(name, feature.shape[0]);
          }
          NormalizationMode mode = mode(modes, feature.type);
          boolean wanted = only == null || only.contains(name);
          if (!feature.type.equals("ACTION") && wanted && mode != NormalizationMode.IDENTITY) {
            observations.put(
                name,
                feature.type.equals("VISUAL")
                    ? Normalizer.lerobotPictures(mode, known(statistics, name, config), eps)
                    : Normalizer.lerobot(mode, known(statistics, name, config), eps));
          }
        });
    NormalizationMode mode = mode(modes, "ACTION");
    boolean acts = features.containsKey(ACTION) || statistics.containsKey(ACTION);
    if (mode != NormalizationMode.IDENTITY && acts) {
      action = Normalizer.lerobot(mode, known(statistics, ACTION, config), eps);
    }
    return new NormalizerStep(back, observations, action, sizes);
  }

  private static Map<String, NormalizationMode> modes(JsonObject config) {
    Map<String, NormalizationMode> modes = new LinkedHashMap<>();
    config
        .textMap("norm_map")
        .forEach(
            (type, mode) -> {
              try {
                modes.put(
                    Feature.type(config.place() + ".norm_map", type),
                    NormalizationMode.valueOf(mode));
              } catch (IllegalArgumentException e) {
                throw new ProcessingException(
                    "%s.norm_map.%s: wanted one of %s, got '%s'"
                        .formatted(
                            config.place(),
                            type,
                            Arrays.toString(NormalizationMode.values()),
                            mode),
                    e);
              }
            });
    return modes;
  }

  private static NormalizationMode mode(Map<String, NormalizationMode> modes, String type) {
    return modes.getOrDefault(type, NormalizationMode.IDENTITY);
  }

  /** The reference leaves a feature alone if its statistics are missing, and nobody notices. */
  private static Statistics known(
      Map<String, Statistics> statistics, String name, JsonObject config) {
    @Nullable Statistics found = statistics.get(name);
    if (found == null) {
      throw new ProcessingException(
          "%s: wanted statistics of %s, got %s"
              .formatted(config.place(), name, statistics.keySet()));
    }
    return found;
  }

  /** Of tensors named feature and statistic, with a dot between. */
  static Map<String, Statistics> statistics(@Nullable Path file) {
    if (file == null) {
      return Map.of();
    }
    Map<String, Map<String, double[]>> values = new LinkedHashMap<>();
    try (Weights weights = Safetensors.open(file)) {
      Scope.run(
          () -> {
            for (String name : weights.specs().keySet()) {
              int dot = name.lastIndexOf('.');
              if (dot < 1) {
                throw new ProcessingException(
                    file + ": wanted names of feature and statistic, got '" + name + "'");
              }
              values
                  .computeIfAbsent(name.substring(0, dot), key -> new LinkedHashMap<>())
                  .put(name.substring(dot + 1), weights.get(name).toDoubles());
            }
          });
    } catch (TorchException e) {
      throw new ProcessingException("" + e.getMessage(), e);
    }
    Map<String, Statistics> statistics = new LinkedHashMap<>();
    try {
      values.forEach((feature, map) -> statistics.put(feature, new Statistics(feature, map)));
    } catch (ProcessingException e) {
      throw new ProcessingException(file + ": " + e.getMessage(), e);
    }
    return statistics;
  }

  @Override
  public Transition apply(Transition transition) {
    Map<String, Tensor> scaled = new LinkedHashMap<>(transition.observation());
    scaled.replaceAll(
        (name, x) -> {
          checkSize(name, x);
          @Nullable Normalizer normalizer = observations.get(name);
          return normalizer == null ? x : scale(normalizer, x);
        });
    Transition changed = transition.withObservation(scaled);
    Tensor x = transition.action();
    if (x == null) {
      return changed;
    }
    checkSize(ACTION, x);
    return action == null ? changed : changed.withAction(scale(action, x));
  }

  private Tensor scale(Normalizer normalizer, Tensor x) {
    return back ? normalizer.unnormalize(x) : normalizer.normalize(x);
  }

  private void checkSize(String name, Tensor x) {
    @Nullable Integer size = sizes.get(name);
    if (size != null && (x.dim() == 0 || x.size(-1) != size)) {
      throw new ProcessingException(
          "%s: wanted %d dimensions, got %s"
              .formatted(name, size, List.of(Arrays.toString(x.shape()))));
    }
  }
}
