package io.github.vla3d.perception.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.perception.Detection;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Both models as tiny graphs of their signatures, which find a cup and a bowl in bright pictures.
 */
class OnnxTeacherTest {
  @TempDir static Path folder;

  @BeforeAll
  static void write() throws IOException {
    TinyModels.write(folder);
  }

  private static GroundedSam.Graphs graphs() {
    return TinyModels.graphs(folder);
  }

  @Test
  void boxesOfTheNamesBecomeMasksOfTheBoxes() {
    try (GroundedSam detector =
        new GroundedSam(graphs(), TinyModels.WORDS, "", OnnxOptions.DEFAULT, s -> {})) {
      List<Detection> found = detector.detect(TinyModels.picture(128), List.of("cup", "bowl"));
      assertThat(found).extracting(Detection::name).containsExactly("cup", "bowl");
      assertThat(found.get(0).score()).isGreaterThan(found.get(1).score());
      // 0.125 to 0.375 of 64 columns, 0.25 to 0.75 of 48 rows, and 40 to 56, 18 to 30.
      assertThat(found.get(0).mask().area()).isEqualTo(16 * 24);
      assertThat(found.get(0).mask().at(8, 12)).isTrue();
      assertThat(found.get(0).mask().at(7, 12)).isFalse();
      assertThat(found.get(0).mask().at(23, 35)).isTrue();
      assertThat(found.get(1).mask().area()).isEqualTo(16 * 12);
      assertThat(found.get(1).mask().at(40, 18)).isTrue();
      assertThat(detector.detect(TinyModels.picture(128), List.of("cup", "bowl"))).isEqualTo(found);
      assertThat(detector.detect(TinyModels.picture(128), List.of())).isEmpty();
      assertThat(detector.detect(TinyModels.picture(0), List.of("cup", "bowl"))).isEmpty();
    }
  }

  @Test
  void aNameOfTwoWordsHasTwoTokens() {
    Prompt prompt = Prompt.of(List.of("red cup", "bowl"), TinyModels.WORDS);
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
    assertThatThrownBy(() -> Prompt.of(many, TinyModels.WORDS))
        .hasMessageContaining("at most 256 tokens");
  }

  private static void refused(GroundedSam.Graphs graphs, String... parts) {
    assertThatThrownBy(
            () ->
                new GroundedSam(graphs, TinyModels.WORDS, "", OnnxOptions.DEFAULT, s -> {}).close())
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
        TinyModels.detectorInputs(new TinyOnnx())
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
        new GroundedSam(
            graphs(), TinyModels.WORDS, "", new OnnxOptions(true, 0.3, 800, 1333), notes::add)) {
      assertThat(detector.detect(TinyModels.picture(128), List.of("cup", "bowl"))).hasSize(2);
    }
    // With a GPU and its build there is nothing to say.
    assertThat(notes).allMatch(note -> note.contains("not on a GPU: "));
  }

  private static View view(String name, boolean depth) {
    return TinyModels.view(name, 128, depth);
  }

  private static Observation observation(View... views) {
    return TinyModels.observation("pick up the cup and place it in the bowl", views);
  }

  private static Map<String, String> options() {
    return new HashMap<>(TinyModels.options(folder));
  }

  @Test
  void theTeacherSaysWhereTheThingsOfTheInstructionAre(@TempDir Path cache) throws IOException {
    Function<Path, TextIds> tokenizer = path -> TinyModels.WORDS;
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

  @Test
  void anotherTokenizerHasAnotherPlaceInTheCache(@TempDir Path cache) throws IOException {
    Map<String, String> options = options();
    options.put("cache", cache.toString());
    Map<String, String> first = labelOnce(options);
    assertThat(kept(cache)).isEqualTo(1);
    assertThat(labelOnce(options)).isEqualTo(first);
    assertThat(kept(cache)).isEqualTo(1);
    Path other = Files.writeString(cache.resolveSibling("other.json"), "{\"version\": \"other\"}");
    options.put("tokenizer", other.toString());
    Map<String, String> second = labelOnce(options);
    assertThat(kept(cache)).isEqualTo(2);
    assertThat(second).containsKey("tokenizer").isNotEqualTo(first);
    assertThat(second.get("tokenizer")).isNotEqualTo(first.get("tokenizer"));
    second.put("tokenizer", String.valueOf(first.get("tokenizer")));
    assertThat(second).isEqualTo(first);
  }

  /** Labels a frame and tells where the labels come from. */
  private static Map<String, String> labelOnce(Map<String, String> options) {
    try (Teacher teacher = OnnxTeacher.of(options, path -> TinyModels.WORDS, note -> {})) {
      assertThat(teacher.label(0, 0, observation(view("front", true)))).hasSize(2);
      return new HashMap<>(teacher.provenance());
    }
  }

  private static long kept(Path cache) throws IOException {
    try (var files = Files.walk(cache)) {
      return files.filter(Files::isRegularFile).count();
    }
  }
}
