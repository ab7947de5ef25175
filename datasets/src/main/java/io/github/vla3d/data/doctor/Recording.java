package io.github.vla3d.data.doctor;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.RigidTransform;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What the examination reads of an episode: a few stretches of neighbouring frames.
 *
 * @param views names of the cameras
 * @param windows stretches, each in the order of time
 */
record Recording(List<String> views, List<List<Moment>> windows) {
  /** Farthest frame before or after the middle of a stretch. */
  static final int REACH = 6;

  private static final int WINDOWS = 4;

  /**
   * One frame.
   *
   * @param shots per view, empty where depth or camera is missing
   */
  record Moment(int frame, List<Optional<Shot>> shots, List<RigidTransform> effectors) {}

  static Recording of(Episode episode) {
    List<String> views = episode.viewNames();
    List<List<Moment>> windows = new ArrayList<>();
    int frames = episode.frames();
    int next = 0;
    for (int w = 0; w < WINDOWS; w++) {
      int middle = (int) ((w + 0.5) / WINDOWS * frames);
      List<Moment> window = new ArrayList<>();
      for (int frame = Math.max(next, middle - REACH);
          frame <= Math.min(frames - 1, middle + REACH);
          frame++) {
        window.add(moment(views, frame, episode.observation(frame)));
        next = frame + 1;
      }
      if (!window.isEmpty()) {
        windows.add(List.copyOf(window));
      }
    }
    return new Recording(List.copyOf(views), List.copyOf(windows));
  }

  private static Moment moment(List<String> views, int frame, Observation observation) {
    List<Optional<Shot>> shots = new ArrayList<>();
    for (String name : views) {
      shots.add(observation.view(name).flatMap(Shot::of));
    }
    return new Moment(frame, List.copyOf(shots), observation.worldFromEffectors());
  }

  /** The first, middle and last frame of every stretch. */
  List<Moment> keyMoments() {
    List<Moment> moments = new ArrayList<>();
    for (List<Moment> window : windows) {
      int n = window.size();
      moments.add(window.get(n / 2));
      if (n > 2) {
        moments.add(window.get(0));
        moments.add(window.get(n - 1));
      }
    }
    return moments;
  }

  /**
   * The key moments of one camera as if they were views of one moment, all named like it. Pixels
   * whose depth hardly changes belong to the hand, which is not part of the resting scene.
   */
  Recording overTime(int view) {
    List<Shot> shots = new ArrayList<>();
    for (Moment moment : keyMoments()) {
      moment.shots().get(view).ifPresent(shots::add);
    }
    if (shots.isEmpty()) {
      return new Recording(List.of(), List.of());
    }
    int width = shots.get(0).depth().width();
    int height = shots.get(0).depth().height();
    float[] low = shots.get(0).depth().toArray();
    float[] high = low.clone();
    for (Shot shot : shots) {
      for (int i = 0; i < low.length; i++) {
        float z = shot.depth().at(i % width, i / width);
        low[i] = Math.min(low[i], z);
        high[i] = Math.max(high[i], z);
      }
    }
    List<Optional<Shot>> resting = new ArrayList<>();
    for (Shot shot : shots) {
      float[] z = shot.depth().toArray();
      for (int i = 0; i < z.length; i++) {
        if (high[i] - low[i] < STILL * high[i]) {
          z[i] = 0;
        }
      }
      resting.add(
          Optional.of(new Shot(shot.camera(), DepthImage.of(z, width, height), shot.kind())));
    }
    return new Recording(
        Collections.nCopies(shots.size(), views.get(view)),
        List.of(List.of(new Moment(0, List.copyOf(resting), List.of()))));
  }

  /** Relative change of depth below which a pixel counts as showing the hand. */
  private static final double STILL = 0.05;
}
