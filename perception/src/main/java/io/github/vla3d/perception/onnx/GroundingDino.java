package io.github.vla3d.perception.onnx;

import io.github.vla3d.data.RgbImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Grounding DINO (Liu et al., arXiv 2303.05499), as Hugging Face's exporter writes it: boxes in a
 * picture by names.
 */
final class GroundingDino implements AutoCloseable {
  private static final int QUERIES = 900;

  /** Overlap above which two boxes of one name are one. */
  private static final double SAME = 0.8;

  private static final OnnxGraph.Signature SIGNATURE =
      new OnnxGraph.Signature("Grounding DINO", inputs(), outputs());

  private final OnnxGraph graph;
  private final TextIds text;
  private final OnnxOptions options;

  GroundingDino(Path file, TextIds text, OnnxOptions options, Consumer<String> notes) {
    this.graph = OnnxGraph.open(file, SIGNATURE, options.cuda(), notes);
    this.text = text;
    this.options = options;
  }

  private static Map<String, OnnxGraph.Port> inputs() {
    Map<String, OnnxGraph.Port> ports = new LinkedHashMap<>();
    ports.put("pixel_values", OnnxGraph.Port.floats(1, 3, OnnxGraph.OPEN, OnnxGraph.OPEN));
    ports.put("pixel_mask", OnnxGraph.Port.longs(1, OnnxGraph.OPEN, OnnxGraph.OPEN));
    for (String name : List.of("input_ids", "token_type_ids", "attention_mask")) {
      ports.put(name, OnnxGraph.Port.longs(1, OnnxGraph.OPEN));
    }
    return ports;
  }

  private static Map<String, OnnxGraph.Port> outputs() {
    Map<String, OnnxGraph.Port> ports = new LinkedHashMap<>();
    ports.put("logits", OnnxGraph.Port.floats(1, QUERIES, Prompt.MOST));
    ports.put("pred_boxes", OnnxGraph.Port.floats(1, QUERIES, 4));
    return ports;
  }

  /**
   * A box, in shares of the picture's width and height.
   *
   * @param name that fits best
   * @param score of the best token of that name
   */
  record Found(String name, double score, double left, double top, double right, double bottom) {
    double overlap(Found other) {
      double w = Math.min(right, other.right) - Math.max(left, other.left);
      double h = Math.min(bottom, other.bottom) - Math.max(top, other.top);
      double both = Math.max(0, w) * Math.max(0, h);
      return both / Math.max(1e-12, area() + other.area() - both);
    }

    private double area() {
      return (right - left) * (bottom - top);
    }
  }

  /** The surest first, ties by query. */
  List<Found> find(RgbImage picture, List<String> names) {
    if (names.isEmpty()) {
      return List.of();
    }
    Prompt prompt = Prompt.of(names, text);
    double scale =
        Math.min(
            (double) options.shortEdge() / Math.min(picture.width(), picture.height()),
            (double) options.longEdge() / Math.max(picture.width(), picture.height()));
    int height = Math.max(1, (int) Math.round(scale * picture.height()));
    int width = Math.max(1, (int) Math.round(scale * picture.width()));
    long[] ones = new long[height * width];
    Arrays.fill(ones, 1);
    long[] attention = new long[prompt.ids().length];
    Arrays.fill(attention, 1);
    long[] row = {1, attention.length};
    Map<String, Record> inputs = new LinkedHashMap<>();
    inputs.put("pixel_values", PictureTensor.of(picture, height, width));
    inputs.put("pixel_mask", new OnnxGraph.Longs(ones, new long[] {1, height, width}));
    inputs.put("input_ids", new OnnxGraph.Longs(prompt.ids(), row));
    inputs.put("token_type_ids", new OnnxGraph.Longs(new long[attention.length], row));
    inputs.put("attention_mask", new OnnxGraph.Longs(attention, row));
    Map<String, OnnxGraph.Floats> outputs = graph.run(inputs);
    return chosen(
        prompt, OnnxGraph.values(outputs, "logits"), OnnxGraph.values(outputs, "pred_boxes"));
  }

  private List<Found> chosen(Prompt prompt, float[] logits, float[] boxes) {
    List<Found> all = new ArrayList<>();
    for (int q = 0; q < QUERIES; q++) {
      int best = 0;
      double score = 0;
      for (int n = 0; n < prompt.names().size(); n++) {
        for (int t = prompt.first()[n]; t < prompt.end()[n]; t++) {
          double s = 1 / (1 + Math.exp(-logits[q * Prompt.MOST + t]));
          if (s > score) {
            best = n;
            score = s;
          }
        }
      }
      Found found = box(prompt.names().get(best), score, boxes, 4 * q);
      if (score >= options.threshold() && found.area() > 0) {
        all.add(found);
      }
    }
    all.sort(Comparator.comparingDouble((Found found) -> -found.score));
    List<Found> kept = new ArrayList<>();
    for (Found found : all) {
      boolean again =
          kept.stream()
              .anyMatch(other -> other.name.equals(found.name) && other.overlap(found) > SAME);
      if (!again) {
        kept.add(found);
      }
    }
    return kept;
  }

  private static Found box(String name, double score, float[] boxes, int at) {
    double w = boxes[at + 2] / 2.0;
    double h = boxes[at + 3] / 2.0;
    return new Found(
        name,
        score,
        clamp(boxes[at] - w),
        clamp(boxes[at + 1] - h),
        clamp(boxes[at] + w),
        clamp(boxes[at + 1] + h));
  }

  private static double clamp(double share) {
    return Math.max(0, Math.min(1, share));
  }

  String hash() {
    return graph.hash();
  }

  @Override
  public void close() {
    graph.close();
  }
}
