package io.github.vla3d.data.doctor;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.GeometryException;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Plane;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A fixed camera that no other one can be compared with: the hand has to be seen where the state
 * says it is, and the largest plane has to be level.
 */
final class Alone {
  private static final double HAND_RADIUS = 0.04;
  private static final double HAND_DEPTH = 0.05;
  private static final double PLANE = 0.012;
  private static final double LEVEL = Math.cos(Math.toRadians(4));
  private static final int PLANE_POINTS = 500;

  /** By how much a correction has to raise the sum of both shares. */
  private static final double GAIN = 0.3;

  private final List<Shot> shots = new ArrayList<>();
  private final List<List<RigidTransform>> effectors = new ArrayList<>();
  private final String name;

  private final Optional<DepthKind.ZBuffer> planes;

  /**
   * @param planes of the renderer, where they are known
   */
  Alone(Recording recording, int view, Optional<DepthKind.ZBuffer> planes) {
    this.planes = planes;
    name = recording.views().get(view);
    for (Recording.Moment moment : recording.keyMoments()) {
      moment
          .shots()
          .get(view)
          .filter(shot -> !moment.effectors().isEmpty())
          .ifPresent(
              shot -> {
                shots.add(shot);
                effectors.add(moment.effectors());
              });
    }
  }

  /** Whether there is anything to go by. */
  boolean judgeable() {
    return shots.size() >= 3;
  }

  Optional<Fault> fault() {
    double now = score(shots);
    double best = now;
    double next = now;
    Correction found = null;
    for (Correction correction : Correction.of(shots.get(0).intrinsics(), planes)) {
      double then = score(shots.stream().map(correction::undo).toList());
      if (then > best) {
        next = found != null && found.kind() == correction.kind() ? next : best;
        best = then;
        found = correction;
      } else if (found == null || found.kind() != correction.kind()) {
        next = Math.max(next, then);
      }
    }
    if (found == null || best - now < GAIN) {
      return Optional.empty();
    }
    return Optional.of(
        Fault.of(
            name,
            found.kind(),
            0.5 * Math.min(1, (best - next) / (best - now)) + 0.3,
            found.detail(),
            found.repair(name)));
  }

  /** Share of the moments in which the hand is seen, plus share of points on a level plane. */
  private double score(List<Shot> read) {
    double hands = 0;
    for (int i = 0; i < read.size(); i++) {
      Shot shot = read.get(i);
      if (effectors.get(i).stream().anyMatch(hand -> seen(shot, hand.translation()))) {
        hands += 1.0 / read.size();
      }
    }
    return hands + (level(read.get(0)) + level(read.get(read.size() / 2))) / 2;
  }

  private static boolean seen(Shot shot, Vector3 hand) {
    Camera.Projection p = shot.camera().project(hand);
    if (!(p.depth() > 0) || !shot.intrinsics().contains(p.pixel())) {
      return false;
    }
    int radius = (int) Math.ceil(shot.intrinsics().focal() * HAND_RADIUS / p.depth());
    int u = (int) p.pixel().u();
    int v = (int) p.pixel().v();
    int width = shot.depth().width();
    int height = shot.depth().height();
    for (int row = Math.max(0, v - radius); row < Math.min(height, v + radius + 1); row++) {
      for (int column = Math.max(0, u - radius);
          column < Math.min(width, u + radius + 1);
          column++) {
        double z = shot.at(column, row);
        if (z > 0 && Math.abs(z - p.depth()) < HAND_DEPTH) {
          return true;
        }
      }
    }
    return false;
  }

  private static double level(Shot shot) {
    int width = shot.depth().width();
    int height = shot.depth().height();
    int step = Math.max(1, (int) Math.sqrt((double) width * height / PLANE_POINTS));
    double[] xyz = new double[3 * (width / step + 1) * (height / step + 1)];
    int n = 0;
    for (int row = step / 2; row < height; row += step) {
      for (int column = step / 2; column < width; column += step) {
        double z = shot.at(column, row);
        if (z > 0) {
          Vector3 p = shot.camera().unproject(Pixel.centre(column, row), z);
          xyz[n++] = p.x();
          xyz[n++] = p.y();
          xyz[n++] = p.z();
        }
      }
    }
    try {
      Plane.Fit fit = Plane.ransac(PointCloud.of(Arrays.copyOf(xyz, n)), PLANE, 1);
      return Math.abs(fit.plane().normal().z()) > LEVEL ? 3.0 * fit.inliers().length / n : 0;
    } catch (GeometryException e) {
      return 0; // no three points, or all on a line
    }
  }
}
