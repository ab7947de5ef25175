package io.github.vla3d.data.doctor;

import io.github.vla3d.geometry.RigidTransform;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Whether the pictures of a moving camera were taken when its pose says so. */
final class Timing {
  private static final int POINTS = 600;

  /** The camera has to move so far in a stretch for its pictures to be dated, in metres. */
  private static final double MOVING = 0.01;

  private final Recording recording;

  Timing(Recording recording) {
    this.recording = recording;
  }

  /** Pictures that agree with the other views better with the pose of another frame. */
  Optional<Fault> pictures(int view) {
    double least = 1;
    int best = 0;
    for (int lag = -Recording.REACH; lag <= Recording.REACH; lag++) {
      if (lag != 0) {
        Agreement now = new Agreement();
        Agreement then = new Agreement();
        compare(view, lag, now, then);
        double ratio = then.cost() / now.cost();
        if (then.points() > 0 && ratio < least) {
          least = ratio;
          best = lag;
        }
      }
    }
    String name = recording.views().get(view);
    int shift = best;
    return least < 0.7
        ? Optional.of(
            Fault.of(
                name,
                FaultKind.OUT_OF_TIME,
                1 - least,
                String.format(
                    Locale.ROOT, "its picture at frame t%+d fits the pose at frame t", best),
                new Repair.Possible(
                    episode -> ChangedEpisode.shifted(episode, name, shift, false))))
        : Optional.empty();
  }

  private void compare(int view, int lag, Agreement now, Agreement then) {
    for (List<Recording.Moment> window : recording.windows()) {
      if (!moves(view, window)) {
        continue;
      }
      for (int t = Math.max(0, -lag); t < window.size() - Math.max(0, lag); t += 2) {
        Optional<Shot> here = window.get(t).shots().get(view);
        Optional<Shot> there = window.get(t + lag).shots().get(view);
        if (here.isEmpty() || there.isEmpty()) {
          continue;
        }
        Shot moved = there.get().with(here.get().camera());
        for (int other = 0; other < recording.views().size(); other++) {
          if (other != view && window.get(t).shots().get(other).isPresent()) {
            Shot witness = window.get(t).shots().get(other).get();
            now.add(here.get(), witness, POINTS).add(witness, here.get(), POINTS);
            then.add(moved, witness, POINTS).add(witness, moved, POINTS);
          }
        }
      }
    }
  }

  private static boolean moves(int view, List<Recording.Moment> window) {
    Optional<Shot> first = window.get(0).shots().get(view);
    Optional<Shot> last = window.get(window.size() - 1).shots().get(view);
    if (first.isEmpty() || last.isEmpty()) {
      return false;
    }
    RigidTransform a = first.get().camera().worldFromCamera();
    return !a.near(last.get().camera().worldFromCamera(), MOVING, MOVING);
  }
}
