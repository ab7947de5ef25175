package io.github.vla3d.data.doctor;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A camera that is mounted on the arm keeps its pose relative to the end-effector. Where it does
 * not, the pose, the state or their times are wrong.
 */
final class HandEye {
  /** The arm has to move so far, in metres, for anything to be seen. */
  private static final double MOVING = 0.03;

  /** A mount moves less than this against the hand, in metres. */
  private static final double RIGID = 0.004;

  /** From here on another reading is looked for, in metres. */
  private static final double LOOSE = 0.001;

  private static final double STILL_METRES = 1e-3;
  private static final double STILL_RADIANS = 2e-3;

  /** Share of the picture that changes when the camera moves, and not only the arm in it. */
  private static final double ALL_OVER = 0.5;

  private final Recording recording;

  HandEye(Recording recording) {
    this.recording = recording;
  }

  /**
   * How far from constant a relative pose is.
   *
   * @param metres root mean square of its place about the mean
   * @param radians root mean square of its turn about the first
   */
  private record Spread(double metres, double radians) {
    static Spread of(List<RigidTransform> poses) {
      Vector3 mean = Vector3.ZERO;
      for (RigidTransform pose : poses) {
        mean = mean.plus(pose.translation().times(1.0 / poses.size()));
      }
      double place = 0;
      double turn = 0;
      for (RigidTransform pose : poses) {
        double d = pose.translation().distance(mean);
        double a = poses.get(0).inverse().compose(pose).angle();
        place += d * d / poses.size();
        turn += a * a / poses.size();
      }
      return new Spread(Math.sqrt(place), Math.sqrt(turn));
    }

    /** In metres, for turns at the end of a lever of 10 cm. */
    double size() {
      return metres + 0.1 * radians;
    }
  }

  /** A camera whose picture changes all over while its pose stands still, or the other way. */
  Optional<Fault> frozen(int view) {
    List<Shot> shots = new ArrayList<>();
    for (Recording.Moment moment : recording.keyMoments()) {
      moment.shots().get(view).ifPresent(shots::add);
    }
    if (!armMoves() || shots.size() < 4) {
      return Optional.empty();
    }
    RigidTransform first = shots.get(0).camera().worldFromCamera();
    boolean poseStill = true;
    boolean pictureStill = true;
    double change = 0;
    for (Shot shot : shots.subList(1, shots.size())) {
      double here = change(shots.get(0), shot);
      change += here / (shots.size() - 1);
      pictureStill &= here == 0;
      poseStill &= shot.camera().worldFromCamera().near(first, STILL_METRES, STILL_RADIANS);
    }
    if (pictureStill) {
      return Optional.of(frozen(view, "its depth never changes"));
    }
    if (poseStill && change > ALL_OVER) {
      return Optional.of(frozen(view, "its pose never changes"));
    }
    return Optional.empty();
  }

  private Fault frozen(int view, String what) {
    return Fault.of(
        recording.views().get(view),
        FaultKind.WRIST_FROZEN,
        0.95,
        what,
        new Repair.Impossible(
            "what moved meanwhile was not recorded; record again, or leave the view out"));
  }

  /** Whether the pose of a camera changes. */
  boolean moving(int view) {
    List<RigidTransform> poses = new ArrayList<>();
    for (Recording.Moment moment : recording.keyMoments()) {
      moment.shots().get(view).ifPresent(s -> poses.add(s.camera().worldFromCamera()));
    }
    return poses.stream().anyMatch(p -> !p.near(poses.get(0), MOVING, 10 * STILL_RADIANS));
  }

  /** A camera on the arm whose mount becomes rigid if its pose is read in another way. */
  Optional<Fault> pose(int view) {
    Map<FaultKind, List<UnaryOperator<RigidTransform>>> readings =
        Map.of(
            FaultKind.CAMERA_INVERTED,
            List.of(RigidTransform::inverse),
            FaultKind.TRANSPOSED,
            List.of(Correction::transposed),
            FaultKind.QUATERNION_ORDER,
            List.of(
                pose -> Correction.reordered(pose, true),
                pose -> Correction.reordered(pose, false)));
    for (int arm = 0; arm < arms(); arm++) {
      double now = spread(view, arm, 0, p -> p, p -> p).size();
      if (!armMoves() || now < LOOSE) {
        continue;
      }
      FaultKind kind = FaultKind.INCONSISTENT;
      UnaryOperator<RigidTransform> found = p -> p;
      double least = now;
      for (Map.Entry<FaultKind, List<UnaryOperator<RigidTransform>>> reading :
          readings.entrySet()) {
        for (UnaryOperator<RigidTransform> undo : reading.getValue()) {
          double then = spread(view, arm, 0, undo, p -> p).size();
          if (then < least) {
            least = then;
            kind = reading.getKey();
            found = undo;
          }
        }
      }
      if (least < RIGID && least < 0.2 * now) {
        String name = recording.views().get(view);
        return Optional.of(
            Fault.of(name, kind, 1 - least / now, "", Correction.pose(kind, found).repair(name)));
      }
    }
    return Optional.empty();
  }

  /** A camera on the arm whose mount becomes rigid if its pose is shifted against the state. */
  Optional<Fault> outOfTime(int view) {
    for (int arm = 0; arm < arms(); arm++) {
      double now = spread(view, arm, 0, p -> p, p -> p).metres();
      if (!armMoves() || now < LOOSE) {
        continue;
      }
      int best = 0;
      double least = now;
      for (int lag = -Recording.REACH; lag <= Recording.REACH; lag++) {
        double then = spread(view, arm, lag, p -> p, p -> p).metres();
        if (then < least) {
          least = then;
          best = lag;
        }
      }
      if (best != 0 && least < 0.35 * now) {
        String name = recording.views().get(view);
        int shift = -best;
        return Optional.of(
            Fault.of(
                name,
                FaultKind.OUT_OF_TIME,
                1 - least / now,
                String.format(
                    Locale.ROOT, "its pose at frame t fits the state at frame t %+d", best),
                new Repair.Possible(
                    episode -> ChangedEpisode.shifted(episode, name, shift, true))));
      }
    }
    return Optional.empty();
  }

  /**
   * An end-effector whose turns fit those of a camera on it only if its quaternion is reordered.
   */
  Optional<Fault> effectorQuaternion(int view) {
    for (int arm = 0; arm < arms(); arm++) {
      Spread now = spread(view, arm, 0, p -> p, p -> p);
      if (now.metres() > RIGID || now.radians() < 1e-3) {
        continue;
      }
      for (boolean scalarWasLast : new boolean[] {true, false}) {
        double then =
            spread(view, arm, 0, p -> p, p -> Correction.reordered(p, scalarWasLast)).radians();
        if (then < 0.2 * now.radians()) {
          return Optional.of(
              Fault.of(
                  Fault.END_EFFECTOR,
                  FaultKind.QUATERNION_ORDER,
                  1 - then / now.radians(),
                  "",
                  new Repair.Possible(
                      episode ->
                          ChangedEpisode.effectors(
                              episode, p -> Correction.reordered(p, scalarWasLast)))));
        }
      }
    }
    return Optional.empty();
  }

  private int arms() {
    return recording.windows().stream()
        .flatMap(List::stream)
        .mapToInt(m -> m.effectors().size())
        .min()
        .orElse(0);
  }

  private boolean armMoves() {
    for (int arm = 0; arm < arms(); arm++) {
      int which = arm;
      List<RigidTransform> poses =
          recording.windows().stream()
              .flatMap(List::stream)
              .map(m -> m.effectors().get(which))
              .toList();
      Vector3 first = poses.get(0).translation();
      if (poses.stream().anyMatch(p -> p.translation().distance(first) > MOVING)) {
        return true;
      }
    }
    return false;
  }

  /** Of the effector in the camera, with the camera's pose at t and the arm's at t + lag. */
  private Spread spread(
      int view,
      int arm,
      int lag,
      UnaryOperator<RigidTransform> readCamera,
      UnaryOperator<RigidTransform> readEffector) {
    List<RigidTransform> relative = new ArrayList<>();
    for (List<Recording.Moment> window : recording.windows()) {
      for (int t = 0; t < window.size(); t++) {
        int other = t + lag;
        Optional<Shot> shot = window.get(t).shots().get(view);
        if (other >= 0 && other < window.size() && shot.isPresent()) {
          RigidTransform camera = readCamera.apply(shot.get().camera().worldFromCamera());
          RigidTransform effector = readEffector.apply(window.get(other).effectors().get(arm));
          relative.add(camera.inverse().compose(effector));
        }
      }
    }
    return relative.size() < 8 ? new Spread(0, 0) : Spread.of(relative);
  }

  /** Share of the pixels whose depth differs by more than 3 %; 0 if all are exactly the same. */
  private static double change(Shot a, Shot b) {
    float[] x = a.depth().toArray();
    float[] y = b.depth().toArray();
    int compared = 0;
    int changed = 0;
    boolean same = true;
    for (int i = 0; i < Math.min(x.length, y.length); i++) {
      same &= x[i] == y[i];
      if (x[i] > 0 && y[i] > 0) {
        compared++;
        if (Math.abs(x[i] - y[i]) > 0.03 * x[i]) {
          changed++;
        }
      }
    }
    return same ? 0 : Math.max(Double.MIN_NORMAL, compared == 0 ? 1 : (double) changed / compared);
  }
}
