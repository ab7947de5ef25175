package io.github.vla3d.labelling;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How good labels are: all figures, and those of parts. Objects, areas and held ones know nothing
 * of labels without an object, so they have no precision and no IDF1.
 *
 * @param frames that were scored
 * @param all figures of everything
 * @param views by the name of the view
 * @param objects by the name of the object
 * @param areas by the share of the picture that is visible, in pixels of a picture of 256 x 256
 * @param held "held" and "free"
 * @param framesPerSecond how fast the teacher was, in frames of all views; empty if nobody knows
 */
public record Scores(
    int frames,
    Figures all,
    Map<String, Figures> views,
    Map<String, Figures> objects,
    Map<String, Figures> areas,
    Map<String, Figures> held,
    OptionalDouble framesPerSecond) {
  private static final List<String> OF_LABELS = List.of("precision50", "idf1");

  /** The same with a speed. */
  public Scores at(double speed) {
    return new Scores(frames, all, views, objects, areas, held, OptionalDouble.of(speed));
  }

  /** One document: the figures of everything at the top, those of parts below. */
  public ObjectNode toJson() {
    ObjectNode json = all.toJson();
    if (framesPerSecond.isPresent()) {
      json.put("frames_per_second", framesPerSecond.getAsDouble());
    } else {
      json.putNull("frames_per_second");
    }
    json.put("frames", frames);
    Map<String, Map<String, Figures>> parts = new LinkedHashMap<>();
    parts.put("views", views);
    parts.put("objects", objects);
    parts.put("areas", areas);
    parts.put("held", held);
    parts.forEach(
        (name, part) -> {
          ObjectNode group = json.putObject(name);
          part.forEach(
              (key, figures) -> {
                ObjectNode one = figures.toJson();
                if (!name.equals("views")) {
                  OF_LABELS.forEach(one::remove);
                  one.remove(List.of("true_positives", "false_positives", "ignored"));
                }
                group.set(key, one);
              });
        });
    return json;
  }
}
