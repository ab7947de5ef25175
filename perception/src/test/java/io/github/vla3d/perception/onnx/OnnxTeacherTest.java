package io.github.vla3d.perception.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.perception.Detection;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Both models as tiny graphs of their signatures, which find a cup and a bowl in bright pictures.
 */
class OnnxTeacherTest {
  private static final int WIDTH = 64;
  private static final int HEIGHT = 48;

  @TempDir static Path folder;

  /** Words and stops, each an id; 101 before and 102 behind, as BERT has it. */
  private static final TextIds WORDS =
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

  private static TinyOnnx detectorInputs(TinyOnnx graph) {
    return graph
        .input("pixel_values", false, -1, 3, -2, -3)
        .input("pixel_mask", true, -1, -2, -3)
        .input("input_ids", true, -1, -4)
        .input("token_type_ids", true, -1, -4)
        .input("attention_mask", true, -1, -4);
  }

  @BeforeAll
  static void write() throws IOException {
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
  }

  private static GroundedSam.Graphs graphs() {
    return new GroundedSam.Graphs(
        folder.resolve("dino.onnx"),
        folder.resolve("encoder.onnx"),
        folder.resolve("decoder.onnx"));
  }

  private static RgbImage picture(int light) {
    byte[] bytes = new byte[3 * WIDTH * HEIGHT];
    Arrays.fill(bytes, (byte) light);
    return RgbImage.owning(WIDTH, HEIGHT, bytes);
  }

  @Test
  void boxesOfTheNamesBecomeMasksOfTheBoxes() {
    try (GroundedSam detector = new GroundedSam(graphs(), WORDS, OnnxOptions.DEFAULT, s -> {})) {
      List<Detection> found = detector.detect(picture(128), List.of("cup", "bowl"));
      assertThat(found).extracting(Detection::name).containsExactly("cup", "bowl");
      assertThat(found.get(0).score()).isGreaterThan(found.get(1).score());
      // 0.125 to 0.375 of 64 columns, 0.25 to 0.75 of 48 rows, and 40 to 56, 18 to 30.
      assertThat(found.get(0).mask().area()).isEqualTo(16 * 24);
      assertThat(found.get(0).mask().at(8, 12)).isTrue();
      assertThat(found.get(0).mask().at(7, 12)).isFalse();
      assertThat(found.get(0).mask().at(23, 35)).isTrue();
      assertThat(found.get(1).mask().area()).isEqualTo(16 * 12);
      assertThat(found.get(1).mask().at(40, 18)).isTrue();
      assertThat(detector.detect(picture(128), List.of("cup", "bowl"))).isEqualTo(found);
      assertThat(detector.detect(picture(128), List.of())).isEmpty();
      assertThat(detector.detect(picture(0), List.of("cup", "bowl"))).isEmpty();
    }
  }

  @Test
  void aNameOfTwoWordsHasTwoTokens() {
    Prompt prompt = Prompt.of(List.of("red cup", "bowl"), WORDS);
    assertThat(prompt.ids()).hasSize(7);
    assertThat(prompt.first()).containsExactly(1, 4);
    assertThat(prompt.end()).containsExactly(3, 5);
    assertThatThrownBy(
            () -> Prompt.of(List.of("cup"), (text, special) -> new int[] {text.length()}))
        .hasMessageContaining("wanted BERT's");
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      many.add("thing" + i);
    }
    assertThatThrownBy(() -> Prompt.of(many, WORDS)).hasMessageContaining("at most 256 tokens");
  }

  private static void refused(GroundedSam.Graphs graphs, String... parts) {
    assertThatThrownBy(() -> new GroundedSam(graphs, WORDS, OnnxOptions.DEFAULT, s -> {}).close())
        .isInstanceOf(DataException.class)
        .satisfies(
            e -> {
              for (String part : parts) {
                assertThat(e).hasMessageContaining(part);
              }
            });
  }

  @Test
  void filesOfOtherModelsAreRefused() throws IOException {
    Path dino = graphs().detector();
    refused(
        new GroundedSam.Graphs(graphs().encoder(), graphs().encoder(), graphs().decoder()),
        "encoder.onnx",
        "Grounding DINO",
        "pixel_values",
        "[image]");
    refused(new GroundedSam.Graphs(dino, dino, graphs().decoder()), "SAM 2 encoder", "[image]");
    refused(
        new GroundedSam.Graphs(folder.resolve("none.onnx"), dino, dino),
        "none.onnx",
        "no such file");
    Path text = Files.writeString(folder.resolve("text.onnx"), "no graph at all");
    refused(new GroundedSam.Graphs(text, dino, dino), "text.onnx", "ONNX Runtime refuses");
    Path narrow = folder.resolve("narrow.onnx");
    Files.write(
        narrow,
        detectorInputs(new TinyOnnx())
            .output("logits", -1, 900, 91)
            .output("pred_boxes", -1, 900, 4)
            .floats("base", new float[900 * 91], 1, 900, 91)
            .floats("boxes", new float[3600], 1, 900, 4)
            .node("Identity", List.of("base"), "logits")
            .node("Identity", List.of("boxes"), "pred_boxes")
            .model());
    refused(
        new GroundedSam.Graphs(narrow, dino, dino), "output logits", "[1, 900, 256]", "900, 91");
  }

  @Test
  void withoutAGpuItSaysWhyAndGoesOn() {
    List<String> notes = new ArrayList<>();
    try (GroundedSam detector =
        new GroundedSam(graphs(), WORDS, new OnnxOptions(true, 0.3, 800, 1333), notes::add)) {
      assertThat(detector.detect(picture(128), List.of("cup", "bowl"))).hasSize(2);
    }
    // With a GPU and its build there is nothing to say.
    assertThat(notes).allMatch(note -> note.contains("not on a GPU: "));
  }

  private static View view(String name, boolean depth) {
    Intrinsics k =
        Intrinsics.fromRowMajor(
            new double[] {60, 0, WIDTH / 2.0, 0, 60, HEIGHT / 2.0, 0, 0, 1}, WIDTH, HEIGHT);
    float[] metres = new float[WIDTH * HEIGHT];
    Arrays.fill(metres, 0.5f);
    return View.of(
        name,
        picture(128),
        depth ? Optional.of(DepthImage.of(metres, WIDTH, HEIGHT)) : Optional.empty(),
        Optional.of(Camera.fromCameraFromWorld(k, RigidTransform.identity())));
  }

  private static Observation observation(View... views) {
    return new Observation(
        List.of(views), new float[0], List.of(), "pick up the cup and place it in the bowl", 0);
  }

  private static Map<String, String> options() {
    Map<String, String> options = new HashMap<>();
    options.put("detector", graphs().detector().toString());
    options.put("encoder", graphs().encoder().toString());
    options.put("decoder", graphs().decoder().toString());
    options.put("tokenizer", "tokenizer.json");
    return options;
  }

  @Test
  void theTeacherSaysWhereTheThingsOfTheInstructionAre(@TempDir Path cache) throws IOException {
    Function<Path, TextIds> tokenizer = path -> WORDS;
    Map<String, String> options = options();
    options.put("cache", cache.toString());
    List<LabelledObject> first;
    try (Teacher teacher = OnnxTeacher.of(options, tokenizer, s -> {})) {
      assertThat(teacher.name()).isEqualTo("onnx");
      assertThat(teacher.label(0, 0, observation(view("front", false)))).isEmpty();
      first = teacher.label(1, 0, observation(view("front", true), view("wrist", true)));
      assertThat(first).extracting(LabelledObject::name).containsExactly("cup", "bowl");
      assertThat(first).allMatch(o -> o.masks().size() == 2);
      var place = first.get(0).place().orElseThrow();
      assertThat(place.centroid().x()).isCloseTo(-0.5 * 16 / 60, within(0.01));
      assertThat(place.centroid().z()).isCloseTo(0.5, within(1e-6));
      // The other view alone, later: the same identities.
      assertThat(teacher.label(1, 1, observation(view("wrist", true))))
          .extracting(LabelledObject::identity)
          .containsExactly(first.get(0).identity(), first.get(1).identity());
      assertThat(teacher.provenance()).containsKeys("detector", "encoder", "decoder", "threshold");
    }
    try (Teacher again = OnnxTeacher.of(options, tokenizer, s -> {})) {
      assertThat(again.label(1, 0, observation(view("front", true), view("wrist", true))))
          .isEqualTo(first);
    }
    try (var files = Files.walk(cache)) {
      assertThat(files.filter(Files::isRegularFile)).as("one picture, one file").hasSize(1);
    }
    options.put("vocab", "x");
    assertThatThrownBy(() -> OnnxTeacher.of(options, tokenizer, s -> {}))
        .hasMessageContaining("vocabulary")
        .hasMessageContaining("vocab]");
  }
}
