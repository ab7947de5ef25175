package io.github.vla3d.labelling;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.scene.completion.MaskPixels;
import io.github.vla3d.scene.completion.ViewSurface;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the views of a frame measured: those with depth and a camera, of the size of the first such
 * one.
 */
final class Surfaces {
  private final Map<String, ViewSurface> views = new LinkedHashMap<>();

  Surfaces(Observation seen, double zMax) {
    for (View view : seen.views()) {
      if (view.depth().isEmpty() || view.depthCamera().isEmpty()) {
        continue;
      }
      ViewSurface surface =
          ViewSurface.of(
              views.size(), view.depth().get().toArray(), view.depthCamera().get(), zMax);
      ViewSurface first = views.values().stream().findFirst().orElse(surface);
      if (surface.width() == first.width() && surface.height() == first.height()) {
        views.put(view.name(), surface);
      }
    }
  }

  boolean isEmpty() {
    return views.isEmpty();
  }

  List<String> names() {
    return List.copyOf(views.keySet());
  }

  List<ViewSurface> views() {
    return List.copyOf(views.values());
  }

  private ViewSurface any() {
    return views.values().iterator().next();
  }

  int width() {
    return any().width();
  }

  int height() {
    return any().height();
  }

  /** Masks of an object in these views as logits, [V, height, width] row-major. */
  float[] logits(LabelledObject object) {
    int pixels = width() * height();
    float[] logits = new float[views.size() * pixels];
    Arrays.fill(logits, -1);
    int from = 0;
    for (String view : views.keySet()) {
      ObjectMask mask = object.masks().get(view);
      if (mask != null) {
        if (mask.width() != width() || mask.height() != height()) {
          throw new IllegalArgumentException(
              "label %d of view %s: wanted a mask of %d x %d, got %s"
                  .formatted(object.identity(), view, width(), height(), mask));
        }
        int offset = from;
        mask.pixels().stream().forEach(i -> logits[offset + i] = 1);
      }
      from += pixels;
    }
    return logits;
  }

  /** The same masks for clouds. */
  List<MaskPixels> pixels(LabelledObject object) {
    MaskPixels.Grid grid = new MaskPixels.Grid(height(), width(), height(), width());
    float[] logits = logits(object);
    List<MaskPixels> masks = new ArrayList<>();
    for (int v = 0; v < views.size(); v++) {
      masks.add(new MaskPixels(grid, logits, v * width() * height()));
    }
    return masks;
  }
}
