package io.github.vla3d.labelling;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * What is worse in the recordings that a teacher is shown than in those that it is scored with. The
 * same disturbance of the same frame gives the same numbers.
 *
 * @param kind what is worse
 * @param amount metres of noise (standard deviation) or of a camera's place
 * @param radians of a camera's direction
 * @param view the only one that is left; empty for all
 */
public record Disturbance(Kind kind, double amount, double radians, String view) {
  /** What is worse. */
  public enum Kind {
    /** Nothing. */
    NONE,
    /** Gaussian noise on each depth. */
    NOISE,
    /** The depth of LeRobot's lossy videos. */
    LOSSY,
    /** Each camera is off, the same way in all frames. */
    CALIBRATION,
    /** There is one view only. */
    VIEW,
    /** What the joints measured is not known. */
    JOINTS
  }

  private static final long SEED = 20260529;

  /**
   * From a word of the command line: {@code none}, {@code noise:3} (millimetres), {@code lossy},
   * {@code calibration:5:0.3} (millimetres, degrees), {@code view:NAME} or {@code no-joints}.
   *
   * @throws IllegalArgumentException on any other
   */
  public static Disturbance parse(String word) {
    String[] parts = word.split(":", -1);
    try {
      return switch (parts[0].toLowerCase(Locale.ROOT)) {
        case "none" -> of(Kind.NONE, parts, 1, 0, 0, "");
        case "noise" -> of(Kind.NOISE, parts, 2, Double.parseDouble(parts[1]) / 1000, 0, "");
        case "lossy" -> of(Kind.LOSSY, parts, 1, 0, 0, "");
        case "calibration" ->
            of(
                Kind.CALIBRATION,
                parts,
                3,
                Double.parseDouble(parts[1]) / 1000,
                Math.toRadians(Double.parseDouble(parts[2])),
                "");
        case "view" -> of(Kind.VIEW, parts, 2, 0, 0, parts[1]);
        case "no-joints" -> of(Kind.JOINTS, parts, 1, 0, 0, "");
        default -> throw new IllegalArgumentException();
      };
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "--trial: wanted none, noise:MM, lossy, calibration:MM:DEGREES, view:NAME or no-joints,"
              + " got "
              + word,
          e);
    }
  }

  private static Disturbance of(
      Kind kind, String[] parts, int length, double amount, double radians, String view) {
    if (parts.length != length || !(amount >= 0) || !(radians >= 0)) {
      throw new IllegalArgumentException();
    }
    return new Disturbance(kind, amount, radians, view);
  }

  /** How the recordings are opened that are scored with. */
  ReadOptions clean() {
    return kind == Kind.VIEW ? new ReadOptions(Set.of(view), true, List.of()) : ReadOptions.ALL;
  }

  /** How the recordings are opened that the teacher sees; empty if they are the clean ones. */
  Optional<ReadOptions> shown(List<String> views) {
    return kind == Kind.LOSSY
        ? Optional.of(
            new ReadOptions(
                Set.of(),
                true,
                views.stream().map(v -> "observation.images." + v + "_depth").toList()))
        : Optional.empty();
  }

  /** Makes a frame worse. */
  Observation apply(int episode, int frame, Observation seen) {
    return switch (kind) {
      case NOISE ->
          seen.withViews(seen.views().stream().map(view -> noisy(episode, frame, view)).toList());
      case CALIBRATION -> seen.withViews(seen.views().stream().map(this::moved).toList());
      case JOINTS ->
          new Observation(
              seen.views(),
              seen.state(),
              seen.worldFromEffectors(),
              seen.instruction(),
              seen.seconds());
      case NONE, LOSSY, VIEW -> seen;
    };
  }

  private View noisy(int episode, int frame, View view) {
    if (view.depth().isEmpty()) {
      return view;
    }
    DepthImage depth = view.depth().get();
    Random random = new Random(SEED + 31L * (31L * episode + frame) + view.name().hashCode());
    float[] metres = depth.toArray();
    for (int i = 0; i < metres.length; i++) {
      double noise = amount * random.nextGaussian();
      if (metres[i] > 0) {
        metres[i] = (float) Math.max(0, metres[i] + noise);
      }
    }
    return new View(
        view.name(),
        view.rgb(),
        Optional.of(DepthImage.of(metres, depth.width(), depth.height())),
        view.camera(),
        view.depthCamera());
  }

  /** A camera that is off by a fixed motion in its own frame, of a direction by its name. */
  private View moved(View view) {
    Random random = new Random(SEED + view.name().hashCode());
    Vector3 place = direction(random).times(amount);
    Vector3 turn = direction(random).times(radians);
    RigidTransform off = RigidTransform.fromAxisAngle(turn, place);
    return new View(
        view.name(),
        view.rgb(),
        view.depth(),
        view.camera().map(c -> new Camera(c.intrinsics(), c.worldFromCamera().compose(off))),
        view.depthCamera().map(c -> new Camera(c.intrinsics(), c.worldFromCamera().compose(off))));
  }

  private static Vector3 direction(Random random) {
    return new Vector3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian())
        .normalized();
  }
}
