package io.github.vla3d.perception.onnx;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Both models as tiny graphs of their signatures, which find a first and a second name in bright
 * pictures, on the left and on the right.
 */
public final class TinyModels {
  static final int WIDTH = 64;
  static final int HEIGHT = 48;
  private static final String TOKENIZER = "tokenizer.json";

  private TinyModels() {}

  /** Words and stops, each an id; 101 before and 102 behind, as BERT has it. */
  static final TextIds WORDS =
      (text, special) -> {
        List<Integer> ids = new ArrayList<>();
        for (String word : text.replace(".", " . ").strip().split("\\s+")) {
          ids.add(word.equals(".") ? 1012 : 2000 + Math.floorMod(word.hashCode(), 1000));
        }
        if (special) {
          ids.add(0, 101);
          ids.add(102);
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
      };

  static TinyOnnx detectorInputs(TinyOnnx graph) {
    return graph
        .input("pixel_values", false, -1, 3, -2, -3)
        .input("pixel_mask", true, -1, -2, -3)
        .input("input_ids", true, -1, -4)
        .input("token_type_ids", true, -1, -4)
        .input("attention_mask", true, -1, -4);
  }

  /** Writes the three graphs. */
  public static void write(Path folder) throws IOException {
    float[] logits = new float[900 * 256];
    Arrays.fill(logits, -20);
    logits[1] = 3; // the first name
    logits[256 + 3] = 2; // the second
    logits[2 * 256 + 1] = 1; // the first again, in nearly the same place
    logits[3 * 256 + 5] = 9; // the last [SEP], and not a name
    float[] boxes = new float[900 * 4];
    System.arraycopy(
        new float[] {
          .25f, .5f, .25f, .5f, .75f, .5f, .25f, .25f, .25f, .5f, .25f, .5f, .5f, .5f, 1, 1
        },
        0,
        boxes,
        0,
        16);
    Files.write(
        folder.resolve("dino.onnx"),
        detectorInputs(new TinyOnnx())
            .output("logits", -1, 900, 256)
            .output("pred_boxes", -1, 900, 4)
            .floats("base", logits, 1, 900, 256)
            .floats("boxes", boxes, 1, 900, 4)
            // A dark picture lowers all logits.
            .node("ReduceMean", List.of("pixel_values"), "light", "keepdims", 0)
            .floats("four", new float[] {4})
            .node("Mul", List.of("light", "four"), "shift")
            .node("Add", List.of("base", "shift"), "logits")
            .node("Identity", List.of("boxes"), "pred_boxes")
            .model());
    TinyOnnx encoder =
        new TinyOnnx()
            .input("image", false, 1, 3, 1024, 1024)
            .output("high_res_feats_0", 1, 32, 256, 256)
            .output("high_res_feats_1", 1, 64, 128, 128)
            .output("image_embed", 1, 256, 64, 64)
            .node("ReduceMean", List.of("image"), "light", "keepdims", 0)
            .longs("s0", 1, 32, 256, 256)
            .longs("s1", 1, 64, 128, 128)
            .longs("s2", 1, 256, 64, 64)
            .node("Expand", List.of("light", "s0"), "high_res_feats_0")
            .node("Expand", List.of("light", "s1"), "high_res_feats_1")
            .node("Expand", List.of("light", "s2"), "image_embed");
    Files.write(folder.resolve("encoder.onnx"), encoder.model());
    float[] ramp = new float[256];
    for (int i = 0; i < 256; i++) {
      ramp[i] = 4 * i + 2;
    }
    TinyOnnx decoder =
        new TinyOnnx()
            .input("image_embed", false, 1, 256, 64, 64)
            .input("high_res_feats_0", false, 1, 32, 256, 256)
            .input("high_res_feats_1", false, 1, 64, 128, 128)
            .input("point_coords", false, -1, -2, 2)
            .input("point_labels", false, -1, -2)
            .input("mask_input", false, -1, 1, 256, 256)
            .input("has_mask_input", false, 1)
            .output("masks", -1, 3, 256, 256)
            .output("iou_predictions", -1, 3)
            .floats("x", ramp, 1, 1, 1, 256)
            .floats("y", ramp, 1, 1, 256, 1)
            .longs("column", -1, 1, 1, 1);
    // Inside the box the least distance to its edges, and far below 0 if its corners are
    // mislabelled.
    for (int corner = 0; corner < 2; corner++) {
      String p = "p" + corner;
      // An initializer of rank 0, so that the axis goes.
      decoder.floats("wanted" + corner, new float[] {2 + corner}, 1, 1, 1, 1);
      decoder.longs("i" + corner, corner);
      decoder.node("Gather", List.of("point_coords", "i" + corner), p, "axis", 1);
      decoder.node("Gather", List.of("point_labels", "i" + corner), p + "l", "axis", 1);
      decoder.node("Reshape", List.of(p + "l", "column"), p + "label");
      decoder.node("Sub", List.of(p + "label", "wanted" + corner), p + "off");
      decoder.node("Abs", List.of(p + "off"), p + "wrong");
      for (int axis = 0; axis < 2; axis++) {
        decoder.node("Gather", List.of(p, "i" + axis), p + axis + "g", "axis", 2);
        decoder.node("Reshape", List.of(p + axis + "g", "column"), p + axis);
        String grid = axis == 0 ? "x" : "y";
        decoder.node(
            "Sub",
            corner == 0 ? List.of(grid, p + axis) : List.of(p + axis, grid),
            "d" + corner + axis);
      }
    }
    decoder
        .node("Min", List.of("d00", "d10", "d01", "d11"), "inside")
        .floats("much", new float[] {10_000})
        .node("Add", List.of("p0wrong", "p1wrong"), "wrong")
        .node("Mul", List.of("wrong", "much"), "penalty")
        .node("Sub", List.of("inside", "penalty"), "good")
        .node("Sub", List.of("good", "much"), "none")
        .node("Add", List.of("good", "much"), "everything")
        .node("Concat", List.of("none", "good", "everything"), "masks", "axis", 1)
        .floats("rates", new float[] {.1f, .9f, .2f}, 1, 3)
        .longs("narrow", -1, 1)
        .node("Reshape", List.of("p00", "narrow"), "n")
        .floats("zero", new float[] {0})
        .node("Mul", List.of("n", "zero"), "zeros")
        .node("Add", List.of("zeros", "rates"), "iou_predictions");
    Files.write(folder.resolve("decoder.onnx"), decoder.model());
    Files.writeString(folder.resolve(TOKENIZER), "{}");
  }

  static GroundedSam.Graphs graphs(Path folder) {
    return new GroundedSam.Graphs(
        folder.resolve("dino.onnx"),
        folder.resolve("encoder.onnx"),
        folder.resolve("decoder.onnx"));
  }

  /** A grey picture. */
  static RgbImage picture(int light) {
    byte[] bytes = new byte[3 * WIDTH * HEIGHT];
    Arrays.fill(bytes, (byte) light);
    return RgbImage.owning(WIDTH, HEIGHT, bytes);
  }

  /** A grey picture of a wall at half a metre. */
  static View view(String name, int light, boolean depth) {
    Intrinsics k =
        Intrinsics.fromRowMajor(
            new double[] {60, 0, WIDTH / 2.0, 0, 60, HEIGHT / 2.0, 0, 0, 1}, WIDTH, HEIGHT);
    float[] metres = new float[WIDTH * HEIGHT];
    Arrays.fill(metres, 0.5f);
    return View.of(
        name,
        picture(light),
        depth ? Optional.of(DepthImage.of(metres, WIDTH, HEIGHT)) : Optional.empty(),
        Optional.of(Camera.fromCameraFromWorld(k, RigidTransform.identity())));
  }

  static Observation observation(String instruction, View... views) {
    return new Observation(List.of(views), new float[0], List.of(), instruction, 0);
  }

  /** Options of a teacher of these files; the tokenizer is a file that nobody reads. */
  public static Map<String, String> options(Path folder) {
    GroundedSam.Graphs graphs = graphs(folder);
    return Map.of(
        "detector", graphs.detector().toString(),
        "encoder", graphs.encoder().toString(),
        "decoder", graphs.decoder().toString(),
        "tokenizer", folder.resolve(TOKENIZER).toString());
  }
}
