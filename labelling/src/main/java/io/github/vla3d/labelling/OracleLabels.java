package io.github.vla3d.labelling;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.labelling.truth.InstancePicture;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.perception.Teacher;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Says what the truth says, fixtures included: an upper bound for teachers, and labels where a
 * simulator recorded. Of all layouts that {@link io.github.vla3d.labelling.truth.Truths} knows.
 */
public final class OracleLabels implements Teacher {
  private final Truth truth;

  /**
   * @param truth closed with this
   */
  public OracleLabels(Truth truth) {
    this.truth = truth;
  }

  @Override
  public String name() {
    return "oracle";
  }

  @Override
  public List<LabelledObject> label(int episode, int frame, Observation observation) {
    Map<String, InstancePicture> pictures =
        truth.pictures(
            episode,
            frame,
            observation.views().stream().map(View::name).collect(Collectors.toSet()));
    Map<Integer, Map<String, ObjectMask>> masks = new TreeMap<>();
    for (View view : observation.views()) {
      InstancePicture picture = pictures.get(view.name());
      if (picture == null) {
        continue;
      }
      if (picture.width() != view.rgb().width() || picture.height() != view.rgb().height()) {
        throw new DataException(
            "truth",
            view.name(),
            frame,
            "instances of a picture of %d x %d".formatted(view.rgb().width(), view.rgb().height()),
            picture.width() + " x " + picture.height());
      }
      Map<Integer, BitSet> bits = new TreeMap<>();
      int pixels = picture.width() * picture.height();
      for (int i = 0; i < pixels; i++) {
        if (picture.at(i) >= Truth.FIRST_OBJECT) {
          bits.computeIfAbsent(picture.at(i), id -> new BitSet(pixels)).set(i);
        }
      }
      bits.forEach(
          (id, set) ->
              masks
                  .computeIfAbsent(id, i -> new LinkedHashMap<>())
                  .put(view.name(), new ObjectMask(picture.width(), picture.height(), set)));
    }
    List<LabelledObject> objects = new ArrayList<>();
    masks.forEach((id, inViews) -> objects.add(new LabelledObject(id, truth.name(id), inViews)));
    return List.copyOf(objects);
  }

  @Override
  public void close() {
    truth.close();
  }
}
