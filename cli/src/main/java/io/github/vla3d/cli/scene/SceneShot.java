package io.github.vla3d.cli.scene;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.PreparedObservation;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.agent.SeenView;
import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Taps;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What the method made of one observation, as plain numbers.
 *
 * @param observation in the frame of the robot's base
 * @param views that the policy has seen, in the order of its tokens
 * @param grid of the tokens of a view
 * @param config choices of the method
 * @param instances those that became tokens; if none did, the surest probes
 * @param probes of all probes the way through space: first place, then one for each layer
 * @param hidden points that were completed
 * @param taps of the walk, one sample
 * @param tokens [V, N, C] of the tower
 * @param masks [S, V, rows, columns] logits of the instances
 */
public record SceneShot(
    Observation observation,
    List<SeenView> views,
    TokenGrid grid,
    SceneConfig config,
    List<Instance> instances,
    List<List<Vector3>> probes,
    List<Hidden> hidden,
    Taps taps,
    Taps.Tap tokens,
    Taps.Tap masks) {
  /** Probes that are drawn when none is sure enough to become a token. */
  private static final int SHOWN = 5;

  /**
   * A probe that is drawn in a colour of its own.
   *
   * @param number from 1
   * @param probe its number among the probes
   * @param score probability that it is an object
   * @param isToken whether the policy is handed it
   * @param point where it is, metres in the robot's base frame
   * @param gate share of completed features that it took in, mean over channels; NaN if none
   */
  public record Instance(
      int number, int probe, double score, boolean isToken, Vector3 point, double gate) {}

  /**
   * A completion point.
   *
   * @param slot among the queries
   * @param point where, metres in the robot's base frame
   * @param nearest index of the instance that is nearest to the points that it was made with
   */
  public record Hidden(int slot, Vector3 point, int nearest) {}

  /**
   * Walks.
   *
   * @param observation in the frame of the robot's base
   * @return empty if no view has calibrated depth: the policy then acts without the plug-in
   */
  public static Optional<SceneShot> of(Agent agent, ScenePlugin plugin, Observation observation) {
    return Scope.call(
        scope ->
            Autograd.noGrad(
                () -> {
                  PreparedObservation prepared = agent.prepare(List.of(observation));
                  ViewTokens views = agent.policy().encodeViews(prepared.views());
                  Taps taps = new Taps(SceneShot::drawn);
                  return plugin
                      .walk(prepared, views, plugin.inference(), taps)
                      .map(walk -> shot(observation, prepared, views, plugin, taps, walk));
                }));
  }

  private static boolean drawn(String stage) {
    return stage.startsWith("layer")
        ? !stage.endsWith("sampled") && !stage.contains(".after") && !stage.endsWith(".position")
        : List.of("select.", "routing.", "token.", "memory").stream().anyMatch(stage::startsWith);
  }

  private static SceneShot shot(
      Observation observation,
      PreparedObservation prepared,
      ViewTokens views,
      ScenePlugin plugin,
      Taps taps,
      ScenePlugin.Walk walk) {
    SceneConfig config = plugin.scene().config();
    Perception perception = walk.perception();
    List<Instance> instances = instances(taps, perception);
    long[] shown = instances.stream().mapToLong(Instance::probe).toArray();
    Tensor index = Tensors.of(shown, 1, shown.length).to(perception.instances().logits().device());
    List<SeenView> seen = new ArrayList<>();
    for (String camera : views.cameras()) {
      SeenView view = prepared.seen(0).get(camera);
      if (view == null) {
        throw new IllegalStateException("a camera of this observation was not seen: " + camera);
      }
      seen.add(view);
    }
    return new SceneShot(
        observation,
        List.copyOf(seen),
        views.grid(),
        config,
        instances,
        ways(taps, config.sizes()),
        hidden(perception.queries(), instances, config.completion().queries()),
        taps,
        Taps.tap(views.tokens().select(0, 0)),
        Taps.tap(perception.instances().masks(index).select(0, 0)));
  }

  private static List<Instance> instances(Taps taps, Perception perception) {
    Taps.Tap logits = Taps.tap(perception.instances().logits());
    Taps.Tap points = Taps.tap(perception.instances().points());
    Taps.Tap index = taps.get("select.index");
    Taps.Tap valid = taps.get("select.valid");
    List<Instance> instances = new ArrayList<>();
    for (int slot = 0; slot < valid.size(1); slot++) {
      if (valid.at(0, slot) > 0) {
        double gate = taps.has("routing.gate") ? mean(taps.get("routing.gate"), slot) : Double.NaN;
        instances.add(instance(slot + 1, (int) index.at(0, slot), true, logits, points, gate));
      }
    }
    if (instances.isEmpty()) {
      List<Integer> surest =
          IntStream.range(0, logits.size(1))
              .boxed()
              .sorted(Comparator.comparingDouble((Integer q) -> -logits.at(0, q)))
              .limit(SHOWN)
              .toList();
      for (int i = 0; i < surest.size(); i++) {
        instances.add(instance(i + 1, surest.get(i), false, logits, points, Double.NaN));
      }
    }
    return List.copyOf(instances);
  }

  private static Instance instance(
      int number, int probe, boolean isToken, Taps.Tap logits, Taps.Tap points, double gate) {
    return new Instance(
        number,
        probe,
        1 / (1 + Math.exp(-logits.at(0, probe))),
        isToken,
        vector(points, probe),
        gate);
  }

  private static double mean(Taps.Tap gate, int slot) {
    double sum = 0;
    for (int d = 0; d < gate.size(2); d++) {
      sum += gate.at(0, slot, d);
    }
    return sum / gate.size(2);
  }

  private static Vector3 vector(Taps.Tap points, int i) {
    return new Vector3(points.at(0, i, 0), points.at(0, i, 1), points.at(0, i, 2));
  }

  private static List<List<Vector3>> ways(Taps taps, SceneConfig.Sizes sizes) {
    List<List<Vector3>> ways = new ArrayList<>();
    for (int q = 0; q < sizes.probes(); q++) {
      List<Vector3> way = new ArrayList<>();
      way.add(vector(taps.get("layer0.points_in"), q));
      for (int layer = 0; layer < sizes.decoderLayers(); layer++) {
        way.add(vector(taps.get("layer" + layer + ".points"), q));
      }
      ways.add(List.copyOf(way));
    }
    return List.copyOf(ways);
  }

  private static List<Hidden> hidden(
      @org.jspecify.annotations.Nullable CompletionQueries queries,
      List<Instance> instances,
      int each) {
    List<Hidden> hidden = new ArrayList<>();
    if (queries == null) {
      return hidden;
    }
    Taps.Tap points = Taps.tap(queries.points());
    Taps.Tap valid = Taps.tap(queries.valid());
    for (int first = 0; first < valid.size(1); first += each) {
      Vector3 sum = Vector3.ZERO;
      for (int i = first; i < first + each; i++) {
        sum = sum.plus(vector(points, i).times(1.0 / each));
      }
      int nearest = 0;
      for (int i = 1; i < instances.size(); i++) {
        if (instances.get(i).point().distance(sum) < instances.get(nearest).point().distance(sum)) {
          nearest = i;
        }
      }
      for (int i = first; i < first + each; i++) {
        if (valid.at(0, i) > 0) {
          hidden.add(new Hidden(i, vector(points, i), nearest));
        }
      }
    }
    return List.copyOf(hidden);
  }
}
