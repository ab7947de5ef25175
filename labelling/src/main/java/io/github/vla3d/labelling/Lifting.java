package io.github.vla3d.labelling;

import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.LabelledObject.Place;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.scene.completion.ObservedCloud;
import io.github.vla3d.scene.config.Preset;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Masks and depth to places (Eq. 5 and components.md B.5): the points under the masks of all views
 * without the masks' borders, of which the largest cluster counts. What a teacher says itself about
 * the place goes before, unless the preset asks for the paper's middle of the box. One thread at a
 * time.
 */
public final class Lifting {
  /** Says nothing that the teacher does not say. */
  static final Lifting NONE = new Lifting();

  /** Pixels with depth without which nothing is said. */
  private static final int LEAST = 10;

  /** Points of a cloud. */
  private static final int MOST = 1024;

  private final PresetSections.@Nullable Labels rule;
  private final double zMax;
  private @Nullable Observation last;
  private @Nullable Surfaces surfaces;

  /**
   * @param preset whose sections {@code labels} and {@code scene.views} count
   */
  public Lifting(Preset preset) {
    this.rule = PresetSections.labels(preset);
    this.zMax = preset.scene().views().zMax();
  }

  private Lifting() {
    this.rule = null;
    this.zMax = 0;
  }

  /** What the views of a frame measured; kept for the next question about it. */
  @SuppressWarnings("ReferenceEquality") // the very same frame; to compare pixels takes longer
  Surfaces surfaces(Observation seen) {
    Surfaces known = surfaces;
    if (known == null || last != seen) {
      known = new Surfaces(seen, zMax);
      surfaces = known;
      last = seen;
    }
    return known;
  }

  /**
   * Where an object is; empty where neither the teacher nor the depth says it.
   *
   * @param seen the frame of the label
   */
  public Optional<Place> place(LabelledObject object, Observation seen) {
    if (rule == null) {
      return object.place();
    }
    Optional<Place> place = object.place().isPresent() ? object.place() : measured(object, seen);
    return rule.centroid() == PresetSections.Centroid.BOX_CENTER
        ? place.map(p -> new Place(boxCentre(object, seen).orElse(p.centroid()), p.extent()))
        : place;
  }

  private Optional<Place> measured(LabelledObject object, Observation seen) {
    Surfaces views = surfaces(seen);
    if (views.isEmpty()) {
      return Optional.empty();
    }
    ObservedCloud cloud = ObservedCloud.of(views.views(), views.pixels(object), LEAST, MOST);
    if (cloud == null) {
      return Optional.empty();
    }
    double[][] axes = axes(cloud.points());
    Vector3 extent =
        new Vector3(
            axes[0][axes[0].length - 1] - axes[0][0],
            axes[1][axes[1].length - 1] - axes[1][0],
            axes[2][axes[2].length - 1] - axes[2][0]);
    return Optional.of(
        new Place(new Vector3(middle(axes[0]), middle(axes[1]), middle(axes[2])), extent));
  }

  /** The coordinates of the points, each axis sorted by itself. */
  private static double[][] axes(PointCloud cloud) {
    double[] xyz = cloud.toArray();
    double[][] axes = new double[3][xyz.length / 3];
    for (int i = 0; i < xyz.length; i++) {
      axes[i % 3][i / 3] = xyz[i];
    }
    for (double[] axis : axes) {
      Arrays.sort(axis);
    }
    return axes;
  }

  private static double middle(double[] sorted) {
    return sorted[(sorted.length - 1) / 2];
  }

  /** The paper's: the middle of the box at the depth there, in the view that shows most. */
  private static Optional<Vector3> boxCentre(LabelledObject object, Observation seen) {
    Optional<Vector3> centre = Optional.empty();
    int most = 0;
    for (View view : seen.views()) {
      ObjectMask mask = object.masks().get(view.name());
      if (mask == null
          || mask.area() <= most
          || view.depth().isEmpty()
          || view.depthCamera().isEmpty()) {
        continue;
      }
      PixelBox box = PixelBox.of(mask.pixels(), mask.width());
      int column = (box.left() + box.right()) / 2;
      int row = (box.top() + box.bottom()) / 2;
      float z = view.depth().get().at(column, row);
      Camera camera = view.depthCamera().get();
      if (z > 0) {
        most = mask.area();
        centre = Optional.of(camera.unproject(new Pixel(column + 0.5, row + 0.5), z));
      }
    }
    return centre;
  }
}
