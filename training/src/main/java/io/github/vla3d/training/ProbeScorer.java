package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.PreparedObservation;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.policy.View;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How well the probes of a plug-in find labelled objects, as the policy would be handed them: an
 * object is found by a token within a radius of its centroid. Tokens and objects are paired one to
 * one, the nearest pair first.
 */
public final class ProbeScorer {
  private final Agent agent;
  private final ScenePlugin plugin;
  private final TargetMaker targets;
  private final double radius;
  private final List<Double> ofTokens = new ArrayList<>();
  private final List<Double> ofProbes = new ArrayList<>();
  private int frames;
  private int tokens;
  private int right;

  /**
   * @param agent with the plug-in as its memory
   * @param radius metres
   */
  public ProbeScorer(Agent agent, ScenePlugin plugin, double radius) {
    if (!(radius > 0)) {
      throw new IllegalArgumentException("radius: wanted metres above 0, got " + radius);
    }
    SceneConfig config = plugin.scene().config();
    this.agent = agent;
    this.plugin = plugin;
    this.radius = radius;
    this.targets =
        new TargetMaker(
            config,
            PresetSections.labels(plugin.preset()),
            agent.policy().grid(),
            plugin.completer());
  }

  /**
   * What came out.
   *
   * @param frames that were looked at and have depth
   * @param objects labelled ones, over all frames
   * @param tokens handed to the policy, over all frames
   * @param recall share of objects with a token within the radius
   * @param precision share of tokens with an object within the radius; empty if there are none
   * @param errorMedian metres from an object to its token, over all objects, those without a token
   *     infinitely far; empty if that decides
   * @param errorP90 likewise
   * @param nearestMedian metres from an object to the probe that is paired with it if all probes
   *     may be, sure of themselves or not
   */
  public record Scores(
      int frames,
      int objects,
      int tokens,
      double recall,
      OptionalDouble precision,
      OptionalDouble errorMedian,
      OptionalDouble errorP90,
      OptionalDouble nearestMedian) {}

  /**
   * Scores a frame.
   *
   * @param observation in the frame of the robot's base
   * @param objects labelled in it, their places in the same frame
   */
  public void add(Observation observation, List<LabelledObject> objects) {
    Scope.run(() -> Autograd.noGrad(() -> score(observation, objects)));
  }

  private boolean score(Observation observation, List<LabelledObject> objects) {
    PreparedObservation prepared = agent.prepare(List.of(observation));
    ViewTokens views = agent.policy().encodeViews(prepared.views());
    return plugin
        .walk(prepared, views, plugin.inference(), Trace.NONE)
        .map(
            walk -> {
              List<String> cameras = prepared.views().stream().map(View::camera).toList();
              Targets truth =
                  targets
                      .make(prepared, cameras, plugin.numbers(cameras), List.of(objects), false)
                      .targets();
              count(walk.perception(), places(truth.centroids(), truth.valid()));
              return true;
            })
        .orElse(false);
  }

  private void count(Perception perception, List<Vector3> objects) {
    List<Vector3> probes = places(perception.instances().points(), null);
    List<Vector3> handed = new ArrayList<>();
    long[] index = perception.selection().index().toLongs();
    boolean[] valid = perception.selection().valid().toBooleans();
    for (int s = 0; s < index.length; s++) {
      if (valid[s]) {
        handed.add(probes.get((int) index[s]));
      }
    }
    double[] toTokens = pair(objects, handed);
    frames++;
    tokens += handed.size();
    for (double distance : toTokens) {
      ofTokens.add(distance);
      right += distance <= radius ? 1 : 0;
    }
    for (double distance : pair(objects, probes)) {
      ofProbes.add(distance);
    }
  }

  /** Points of the only sample, those that are valid. */
  private static List<Vector3> places(Tensor points, @Nullable Tensor ok) {
    float[] values = points.toFloats();
    boolean[] valid = new boolean[values.length / 3];
    Arrays.fill(valid, true);
    if (ok != null) {
      valid = ok.toBooleans();
    }
    List<Vector3> places = new ArrayList<>();
    for (int i = 0; i < valid.length; i++) {
      if (valid[i]) {
        places.add(new Vector3(values[3 * i], values[3 * i + 1], values[3 * i + 2]));
      }
    }
    return places;
  }

  /** From each object to the point that is paired with it; infinity where there is none. */
  static double[] pair(List<Vector3> objects, List<Vector3> points) {
    record Pair(int object, int point, double distance) {}
    List<Pair> pairs = new ArrayList<>();
    for (int o = 0; o < objects.size(); o++) {
      for (int p = 0; p < points.size(); p++) {
        pairs.add(new Pair(o, p, objects.get(o).minus(points.get(p)).norm()));
      }
    }
    pairs.sort(Comparator.comparingDouble(Pair::distance));
    double[] distances = new double[objects.size()];
    Arrays.fill(distances, Double.POSITIVE_INFINITY);
    boolean[] taken = new boolean[points.size()];
    for (Pair pair : pairs) {
      if (!taken[pair.point] && Double.isInfinite(distances[pair.object])) {
        taken[pair.point] = true;
        distances[pair.object] = pair.distance;
      }
    }
    return distances;
  }

  /**
   * All frames together.
   *
   * @throws IllegalStateException if no labelled object was seen
   */
  public Scores scores() {
    if (ofTokens.isEmpty()) {
      throw new IllegalStateException("probes: wanted frames with labelled objects, got none");
    }
    return new Scores(
        frames,
        ofTokens.size(),
        tokens,
        (double) right / ofTokens.size(),
        tokens == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) right / tokens),
        quantile(ofTokens, 0.5),
        quantile(ofTokens, 0.9),
        quantile(ofProbes, 0.5));
  }

  /** The lower of the values between which it lies. */
  private static OptionalDouble quantile(List<Double> values, double share) {
    List<Double> sorted = values.stream().sorted().toList();
    double value = sorted.get((int) Math.floor(share * (sorted.size() - 1)));
    return Double.isInfinite(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
