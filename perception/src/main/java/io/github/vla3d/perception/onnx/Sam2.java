package io.github.vla3d.perception.onnx;

import io.github.vla3d.data.RgbImage;
import io.github.vla3d.perception.ObjectMask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * SAM 2 and 2.1 (Ravi et al., arXiv 2408.00714) in the two graphs that samexporter writes: masks of
 * what is in boxes.
 */
final class Sam2 implements AutoCloseable {
  private static final int PICTURE = 1024;
  private static final int MASK = 256;
  private static final int CHOICES = 3;

  /** Labels of a point: corners of a box. */
  private static final float TOP_LEFT = 2;

  private static final float BOTTOM_RIGHT = 3;

  private static final Map<String, OnnxGraph.Port> FEATURES = features();

  private final OnnxGraph encoder;
  private final OnnxGraph decoder;

  Sam2(Path encoder, Path decoder, boolean cuda, Consumer<String> notes) {
    this.encoder =
        OnnxGraph.open(
            encoder,
            new OnnxGraph.Signature(
                "SAM 2 encoder",
                Map.of("image", OnnxGraph.Port.floats(1, 3, PICTURE, PICTURE)),
                FEATURES),
            cuda,
            notes);
    try {
      this.decoder = OnnxGraph.open(decoder, decoding(), cuda, notes);
    } catch (RuntimeException e) {
      this.encoder.close();
      throw e;
    }
  }

  private static Map<String, OnnxGraph.Port> features() {
    Map<String, OnnxGraph.Port> ports = new LinkedHashMap<>();
    ports.put("high_res_feats_0", OnnxGraph.Port.floats(1, 32, 256, 256));
    ports.put("high_res_feats_1", OnnxGraph.Port.floats(1, 64, 128, 128));
    ports.put("image_embed", OnnxGraph.Port.floats(1, 256, 64, 64));
    return ports;
  }

  private static OnnxGraph.Signature decoding() {
    Map<String, OnnxGraph.Port> inputs = new LinkedHashMap<>(FEATURES);
    inputs.put("point_coords", OnnxGraph.Port.floats(OnnxGraph.OPEN, OnnxGraph.OPEN, 2));
    inputs.put("point_labels", OnnxGraph.Port.floats(OnnxGraph.OPEN, OnnxGraph.OPEN));
    inputs.put("mask_input", OnnxGraph.Port.floats(OnnxGraph.OPEN, 1, MASK, MASK));
    inputs.put("has_mask_input", OnnxGraph.Port.floats(1));
    Map<String, OnnxGraph.Port> outputs = new LinkedHashMap<>();
    outputs.put("masks", OnnxGraph.Port.floats(OnnxGraph.OPEN, CHOICES, MASK, MASK));
    outputs.put("iou_predictions", OnnxGraph.Port.floats(OnnxGraph.OPEN, CHOICES));
    return new OnnxGraph.Signature("SAM 2 decoder", inputs, outputs);
  }

  /** The mask of what is in each box, of the three that it offers the one that it rates best. */
  List<ObjectMask> masks(RgbImage picture, List<GroundingDino.Found> boxes) {
    if (boxes.isEmpty()) {
      return List.of();
    }
    int n = boxes.size();
    Map<String, Record> inputs =
        new LinkedHashMap<>(
            encoder.run(Map.of("image", PictureTensor.of(picture, PICTURE, PICTURE))));
    float[] corners = new float[4 * n];
    float[] labels = new float[2 * n];
    for (int i = 0; i < n; i++) {
      GroundingDino.Found box = boxes.get(i);
      corners[4 * i] = (float) (box.left() * PICTURE);
      corners[4 * i + 1] = (float) (box.top() * PICTURE);
      corners[4 * i + 2] = (float) (box.right() * PICTURE);
      corners[4 * i + 3] = (float) (box.bottom() * PICTURE);
      labels[2 * i] = TOP_LEFT;
      labels[2 * i + 1] = BOTTOM_RIGHT;
    }
    inputs.put("point_coords", new OnnxGraph.Floats(corners, new long[] {n, 2, 2}));
    inputs.put("point_labels", new OnnxGraph.Floats(labels, new long[] {n, 2}));
    inputs.put(
        "mask_input",
        new OnnxGraph.Floats(new float[n * MASK * MASK], new long[] {n, 1, MASK, MASK}));
    inputs.put("has_mask_input", new OnnxGraph.Floats(new float[1], new long[] {1}));
    Map<String, OnnxGraph.Floats> outputs = decoder.run(inputs);
    float[] logits = OnnxGraph.values(outputs, "masks");
    float[] rated = OnnxGraph.values(outputs, "iou_predictions");
    if (rated.length != n * CHOICES || logits.length != n * CHOICES * MASK * MASK) {
      throw new IllegalStateException(
          "SAM 2 decoder: wanted masks of %d boxes, got %d".formatted(n, rated.length / CHOICES));
    }
    List<ObjectMask> masks = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      int best = CHOICES * i;
      for (int k = 1; k < CHOICES; k++) {
        best = rated[CHOICES * i + k] > rated[best] ? CHOICES * i + k : best;
      }
      masks.add(mask(logits, best * MASK * MASK, picture.width(), picture.height()));
    }
    return masks;
  }

  /** Bilinear to the picture's size, above 0. */
  private static ObjectMask mask(float[] logits, int from, int width, int height) {
    BitSet pixels = new BitSet(width * height);
    for (int row = 0; row < height; row++) {
      double y = Math.max(0, Math.min(MASK - 1.0, (row + 0.5) * MASK / height - 0.5));
      int top = (int) y;
      int bottom = Math.min(top + 1, MASK - 1);
      for (int column = 0; column < width; column++) {
        double x = Math.max(0, Math.min(MASK - 1.0, (column + 0.5) * MASK / width - 0.5));
        int left = (int) x;
        int right = Math.min(left + 1, MASK - 1);
        double above =
            (1 - (x - left)) * logits[from + top * MASK + left]
                + (x - left) * logits[from + top * MASK + right];
        double below =
            (1 - (x - left)) * logits[from + bottom * MASK + left]
                + (x - left) * logits[from + bottom * MASK + right];
        if ((1 - (y - top)) * above + (y - top) * below > 0) {
          pixels.set(row * width + column);
        }
      }
    }
    return new ObjectMask(width, height, pixels);
  }

  String encoderHash() {
    return encoder.hash();
  }

  String decoderHash() {
    return decoder.hash();
  }

  @Override
  public void close() {
    encoder.close();
    decoder.close();
  }
}
