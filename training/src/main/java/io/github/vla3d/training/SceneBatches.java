package io.github.vla3d.training;

import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.CameraTurn;
import io.github.vla3d.data.ChosenEpisodes;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.FrameAugmentation;
import io.github.vla3d.data.GeometryNoise;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.distributed.BatchShare;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The batches of the plug-in's training, in the frame of the robot's base, with what is drawn for
 * their samples. Of several processes each reads its own rows only.
 */
final class SceneBatches implements AutoCloseable {
  private static final int WORKERS = 2;

  private final TrainingOptions options;
  private final SceneConfig config;
  private final PresetSections.Augment augment;
  private final Dataset dataset;
  private final @Nullable KeptSamples kept;
  private final BatchShare share;
  private final SceneSource feed;

  /** Places of the own rows in a batch. */
  private final List<Integer> rows;

  private final int horizon;
  private final Map<Integer, RobotBase> bases = new HashMap<>();
  private final Map<Integer, Pushes> pushes = new HashMap<>();
  private long position;

  /**
   * @param dataset all of the recording; stays the caller's
   * @param teacher labels samples that are read one by one; stays the caller's
   * @param kept all samples; null to read them one by one; stays the caller's
   * @param horizon actions of a chunk
   * @param position samples drawn before
   */
  SceneBatches(
      TrainingOptions options,
      Dataset dataset,
      Teacher teacher,
      @Nullable KeptSamples kept,
      int horizon,
      BatchShare share,
      long position) {
    this.options = options;
    this.config = options.preset().scene();
    this.augment = PresetSections.augment(options.preset());
    this.dataset = dataset;
    this.kept = kept;
    this.share = share;
    this.horizon = horizon;
    this.position = position;
    int batch = PresetSections.training(options.preset()).batch();
    this.rows = share.rows(IntStream.range(0, batch).boxed().toList());
    OwnRows order = new OwnRows(batch);
    this.feed =
        kept != null
            ? kept.in(order::next)
            : new ReadSamples(
                options.data(),
                order::next,
                ActionChunks.absolute(horizon),
                teacher,
                WORKERS,
                2 * rows.size());
  }

  /** The order of the samples of all processes, without those of the others. */
  private final class OwnRows {
    private final SampleOrder order;
    private final int batch;
    private final Deque<SampleOrder.Sample> left = new ArrayDeque<>();

    OwnRows(int batch) {
      this.batch = batch;
      this.order =
          new SampleOrder(
              List.of(ChosenEpisodes.of(dataset, options.episodes())),
              new double[] {1},
              options.seed(),
              0,
              1);
      order.seek(new SampleOrder.Position(options.seed(), position));
    }

    SampleOrder.Sample next() {
      if (left.isEmpty()) {
        left.addAll(share.rows(Stream.generate(order::next).limit(batch).toList()));
      }
      return left.remove();
    }
  }

  /**
   * The own rows of a batch.
   *
   * @param observations as the method sees them
   * @param measured the same without the faults that augmentation adds: labels are made of these
   * @param weights of the actions, one after the other
   */
  record Rows(
      List<Observation> observations,
      List<Observation> measured,
      List<ActionChunks.Chunk> actions,
      List<List<LabelledObject>> objects,
      float[] weights) {}

  /**
   * The next batch. What is drawn for a sample depends on its place in the order of all and the
   * seed alone, so that a training that resumes draws the same, with any number of processes.
   */
  Rows next() {
    List<Observation> observations = new ArrayList<>();
    List<Observation> measured = new ArrayList<>();
    List<ActionChunks.Chunk> actions = new ArrayList<>();
    List<List<LabelledObject>> objects = new ArrayList<>();
    float[] weights = new float[rows.size() * horizon];
    double[] centre = config.workspace().centre();
    GeometryNoise noise = augment.noise();
    for (int row : rows) {
      SceneSource.Item item = feed.next();
      SampleOrder.Sample sample = item.sample();
      RobotBase base = base(sample.episode());
      Observation observation = base.inBase(item.observation());
      List<LabelledObject> seen = item.objects();
      ActionChunks.Chunk chunk = item.actions();
      long number = options.seed() ^ (position + row) * 0x9E3779B97F4A7C15L;
      if (!augment.turns().isNone()) {
        Map<String, CameraTurn> turns = turns(observation, new SplittableRandom(~number).split());
        Map<String, int[]> sources = sources(observation, turns);
        seen = seen.stream().map(object -> turned(object, sources)).toList();
        observation =
            observation.withViews(
                observation.views().stream().map(view -> turned(view, turns)).toList());
      }
      SplittableRandom random = new SplittableRandom(number).split();
      SplittableRandom forFrame = random.split();
      RigidTransform newFromBase = RigidTransform.identity();
      if (augment.frame()) {
        FrameAugmentation frame =
            FrameAugmentation.draw(
                augment.frameTurn(),
                augment.frameShift(),
                new Vector3(centre[0], centre[1], centre[2]),
                forFrame);
        observation = frame.apply(observation, base);
        chunk = frame.apply(chunk, base);
        newFromBase = frame.newFromBase();
      }
      Pushes unforeseen = pushes(sample.episode());
      for (int h = 0; h < horizon; h++) {
        weights[actions.size() * horizon + h] = unforeseen.trains(sample.frame(), h) ? 1 : 0;
      }
      measured.add(observation);
      observations.add(noise.isNone() ? observation : noise.apply(observation, random));
      actions.add(chunk);
      RigidTransform newFromWorld = newFromBase.compose(base.worldFromBase().inverse());
      objects.add(seen.stream().map(object -> object.in(newFromWorld)).toList());
    }
    position += (long) rows.size() * share.processes();
    return new Rows(observations, measured, actions, objects, weights);
  }

  /** A turn for each view whose camera is known. */
  private Map<String, CameraTurn> turns(Observation observation, SplittableRandom random) {
    Map<String, CameraTurn> turns = new LinkedHashMap<>();
    for (View view : observation.views()) {
      SplittableRandom own = random.split();
      if (view.camera().isPresent()) {
        turns.put(view.name(), CameraTurn.draw(augment.turns(), own));
      }
    }
    return turns;
  }

  private static View turned(View view, Map<String, CameraTurn> turns) {
    @Nullable CameraTurn turn = turns.get(view.name());
    return turn == null ? view : turn.apply(view);
  }

  /** Where the pixels of each turned view come from. */
  private static Map<String, int[]> sources(
      Observation observation, Map<String, CameraTurn> turns) {
    Map<String, int[]> sources = new LinkedHashMap<>();
    for (View view : observation.views()) {
      @Nullable CameraTurn turn = turns.get(view.name());
      if (turn != null) {
        sources.put(view.name(), turn.source(view.camera().orElseThrow().intrinsics()));
      }
    }
    return sources;
  }

  private static LabelledObject turned(LabelledObject object, Map<String, int[]> sources) {
    Map<String, ObjectMask> masks = new LinkedHashMap<>(object.masks());
    masks.replaceAll(
        (view, mask) -> {
          int @Nullable [] source = sources.get(view);
          return source == null ? mask : mask.taken(source);
        });
    return object.withMasks(masks);
  }

  /** The base in an episode, found once. */
  private RobotBase base(int episode) {
    return bases.computeIfAbsent(
        episode,
        e ->
            RobotBase.detect(
                first(e), vector(config.workspace().min()), vector(config.workspace().max())));
  }

  private Observation first(int episode) {
    return kept != null
        ? kept.get(new SampleOrder.Sample(0, episode, 0)).observation()
        : dataset.episode(episode).observation(0);
  }

  private static Vector3 vector(List<Double> v) {
    return new Vector3(v.get(0), v.get(1), v.get(2));
  }

  private Pushes pushes(int episode) {
    return pushes.computeIfAbsent(episode, e -> Pushes.of(options.data(), e, dataset.frames(e)));
  }

  @Override
  public void close() {
    feed.close();
  }
}
