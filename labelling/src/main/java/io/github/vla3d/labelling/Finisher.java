package io.github.vla3d.labelling;

import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.scene.completion.CompletionPoints;
import io.github.vla3d.scene.completion.Occluded;
import io.github.vla3d.scene.config.Preset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Adds to what a teacher says of a frame where objects are, how much of them nobody sees, and the
 * points at which that is asked for. One thread at a time.
 */
final class Finisher {
  private final Preset preset;
  private final Lifting lifting;
  private final CompletionPoints points;

  Finisher(Preset preset, CloudCompleter completer) {
    this.preset = preset;
    this.lifting = new Lifting(preset);
    this.points = new CompletionPoints(preset.scene().completion(), completer);
  }

  List<Label> finish(Observation seen, List<LabelledObject> objects) {
    Map<Integer, CompletionPoints.Seen> clouds = new HashMap<>();
    Map<Integer, PointCloud> hidden = new HashMap<>();
    Surfaces views = lifting.surfaces(seen);
    if (!views.isEmpty() && !objects.isEmpty()) {
      int cells = views.views().size() * views.height() * views.width();
      float[] logits = new float[objects.size() * cells];
      int[] slots = new int[objects.size()];
      for (int i = 0; i < slots.length; i++) {
        slots[i] = i;
        System.arraycopy(views.logits(objects.get(i)), 0, logits, i * cells, cells);
      }
      List<CompletionPoints.Seen> found =
          points.seen(
              views.views(),
              new CompletionPoints.Masks(logits, views.height(), views.width()),
              slots);
      found.forEach(one -> clouds.put(one.slot(), one));
      Occluded.most(
              found.stream().flatMap(one -> one.occluded().stream()).toList(),
              preset.scene().completion())
          .forEach(one -> hidden.put(one.slot(), one.points()));
    }
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      LabelledObject object = objects.get(i);
      CompletionPoints.Seen cloud = clouds.get(i);
      PointCloud asked = hidden.get(i);
      labels.add(
          new Label(
              new LabelledObject(
                  object.identity(),
                  object.name(),
                  object.score(),
                  object.masks(),
                  lifting.place(object, seen)),
              cloud == null ? OptionalDouble.empty() : OptionalDouble.of(cloud.share()),
              asked == null ? new double[0] : asked.toArray()));
    }
    return labels;
  }
}
