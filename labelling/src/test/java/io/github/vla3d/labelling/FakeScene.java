package io.github.vla3d.labelling;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.labelling.truth.InstancePicture;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Pictures of 32 x 32 with rectangles for objects; the limit of 150 pixels of 256 x 256 is 2.3
 * here. Object 19 is a fixture.
 */
final class FakeScene implements Truth {
  static final int SIDE = 32;

  /** Pixels from column and row on. */
  record Patch(int column, int row, int width, int height) {
    ObjectMask mask() {
      BitSet bits = new BitSet(SIDE * SIDE);
      for (int r = row; r < row + height; r++) {
        bits.set(r * SIDE + column, r * SIDE + column + width);
      }
      return new ObjectMask(SIDE, SIDE, bits);
    }
  }

  private final Map<String, Map<Integer, Patch>> objects = new LinkedHashMap<>();
  private final Map<Integer, Map<Integer, Vector3>> centres = new HashMap<>();

  /** Says what a view shows in all frames. */
  FakeScene show(String view, int id, Patch patch) {
    objects.computeIfAbsent(view, v -> new LinkedHashMap<>()).put(id, patch);
    return this;
  }

  /** Says where an object is from a frame on. */
  FakeScene put(int frame, int id, Vector3 centre) {
    centres.computeIfAbsent(frame, f -> new HashMap<>()).put(id, centre);
    return this;
  }

  @Override
  public Map<String, InstancePicture> pictures(int episode, int frame, Set<String> views) {
    Map<String, InstancePicture> pictures = new LinkedHashMap<>();
    for (String view : views) {
      byte[] ids = new byte[SIDE * SIDE];
      Objects.requireNonNull(objects.get(view), view)
          .forEach(
              (id, patch) -> patch.mask().pixels().stream().forEach(i -> ids[i] = (byte) (int) id));
      pictures.put(view, new InstancePicture(SIDE, SIDE, ids));
    }
    return pictures;
  }

  @Override
  public Map<Integer, Vector3> centres(int episode, int frame) {
    Map<Integer, Vector3> now = new HashMap<>();
    objects.values().forEach(ids -> ids.keySet().forEach(id -> now.put(id, Vector3.ZERO)));
    centres.keySet().stream()
        .filter(f -> f <= frame)
        .sorted()
        .forEach(f -> now.putAll(centres.get(f)));
    return now;
  }

  @Override
  public String name(int id) {
    return id == 19 ? "flat_stove_1" : "thing_" + id;
  }

  /** A wall at a distance, in front of all cameras. */
  Observation seen(double metres, Vector3 effector) {
    float[] depth = new float[SIDE * SIDE];
    Arrays.fill(depth, (float) metres);
    Camera camera =
        new Camera(Intrinsics.of(SIDE, SIDE, 16, 16, SIDE, SIDE), RigidTransform.identity());
    List<View> views = new ArrayList<>();
    for (String view : objects.keySet()) {
      views.add(
          View.of(
              view,
              RgbImage.owning(SIDE, SIDE, new byte[3 * SIDE * SIDE]),
              Optional.of(DepthImage.of(depth, SIDE, SIDE)),
              Optional.of(camera)));
    }
    return new Observation(
        views, new float[0], List.of(RigidTransform.translation(effector)), "", 0);
  }

  static LabelledObject label(int identity, String view, Patch patch) {
    return label(identity, Map.of(view, patch), Vector3.ZERO);
  }

  static LabelledObject label(int identity, Map<String, Patch> patches, Vector3 place) {
    Map<String, ObjectMask> masks = new HashMap<>();
    patches.forEach((view, patch) -> masks.put(view, patch.mask()));
    return new LabelledObject(
        identity,
        "",
        1,
        masks,
        Optional.of(new LabelledObject.Place(place, new Vector3(0.1, 0.1, 0.1))));
  }
}
