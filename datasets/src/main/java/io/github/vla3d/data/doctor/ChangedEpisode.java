package io.github.vla3d.data.doctor;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.Provenance;
import io.github.vla3d.data.Track;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.io.Lru;
import io.github.vla3d.geometry.RigidTransform;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A stretch of an episode with other observations.
 *
 * @param from first frame that is kept
 * @param frames how many are kept
 * @param read the changed observation of a frame, by its number in the source
 */
record ChangedEpisode(Episode source, int from, int frames, IntFunction<Observation> read)
    implements Episode {
  private static ChangedEpisode of(Episode source, UnaryOperator<Observation> change) {
    return new ChangedEpisode(
        source, 0, source.frames(), frame -> change.apply(source.observation(frame)));
  }

  /** Changes some of the views. */
  static Episode views(Episode source, Predicate<String> which, UnaryOperator<View> change) {
    return of(
        source, o -> withViews(o, view -> which.test(view.name()) ? change.apply(view) : view));
  }

  /** Changes the poses of the hands. */
  static Episode effectors(Episode source, UnaryOperator<RigidTransform> change) {
    return of(
        source,
        o ->
            new Observation(
                o.views(),
                o.state(),
                o.worldFromEffectors().stream().map(change).toList(),
                o.instruction(),
                o.seconds(),
                o.joints()));
  }

  /** Exchanges the pictures and depths of two cameras, which stay where they are. */
  static Episode exchanged(Episode source, String first, String second) {
    return of(
        source,
        o -> {
          Optional<View> a = o.view(first);
          Optional<View> b = o.view(second);
          return a.isEmpty() || b.isEmpty()
              ? o
              : withViews(
                  o,
                  view ->
                      view.name().equals(first)
                          ? pictured(view, b.get())
                          : view.name().equals(second) ? pictured(view, a.get()) : view);
        });
  }

  /**
   * Takes a view from another frame; the frames for which there is none are left out.
   *
   * @param shift the frame that is read for frame t is t + shift
   * @param pose whether the pose of the camera comes from there, too
   */
  static Episode shifted(Episode source, String name, int shift, boolean pose) {
    Lru<Integer, Observation> seen = Lru.ofCount(2 * Recording.REACH, o -> {});
    IntFunction<Observation> at = frame -> seen.get(frame, () -> source.observation(frame));
    return new ChangedEpisode(
        source,
        Math.max(0, -shift),
        source.frames() - Math.abs(shift),
        frame -> {
          Optional<View> other = at.apply(frame + shift).view(name);
          return withViews(
              at.apply(frame),
              view ->
                  !view.name().equals(name) || other.isEmpty()
                      ? view
                      : pose ? other.get() : pictured(view, other.get()));
        });
  }

  /** The camera of the one view with the pictures of the other. */
  private static View pictured(View camera, View pictures) {
    return new View(
        camera.name(), pictures.rgb(), pictures.depth(), camera.camera(), camera.depthCamera());
  }

  private static Observation withViews(Observation o, UnaryOperator<View> change) {
    return o.withViews(o.views().stream().map(change).toList());
  }

  @Override
  public Observation observation(int frame) {
    Observation o = read.apply(from + Objects.checkIndex(frame, frames));
    return from == 0
        ? o
        : new Observation(
            o.views(),
            o.state(),
            o.worldFromEffectors(),
            o.instruction(),
            o.seconds() - from / framesPerSecond(),
            o.joints());
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public String task() {
    return source.task();
  }

  @Override
  public double framesPerSecond() {
    return source.framesPerSecond();
  }

  @Override
  public List<String> viewNames() {
    return source.viewNames();
  }

  @Override
  public Track states() {
    return source.states().rows(from, from + frames);
  }

  @Override
  public Track actions() {
    return source.actions().rows(from, from + frames);
  }

  @Override
  public Provenance provenance() {
    return source.provenance();
  }
}
