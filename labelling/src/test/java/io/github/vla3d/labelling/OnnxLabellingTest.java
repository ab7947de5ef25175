package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.DataException;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.onnx.TinyModels;
import io.github.vla3d.scene.config.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of {@code --teacher onnx}: four files by their paths, a BERT tokenizer among them. */
class OnnxLabellingTest {
  private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]");

  @TempDir static Path folder;
  static Path data = Path.of("");

  @BeforeAll
  static void once() throws IOException {
    data = FakeRecordings.write(folder.resolve("data"), 1);
    TinyModels.write(folder);
    Files.writeString(
        folder.resolve("tokenizer.json"), bert(List.of(".", "touch", "block", "bl", "##ock")));
  }

  /** As Hugging Face writes BERT's, with few words. */
  private static String bert(List<String> words) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    ObjectNode vocabulary = new ObjectMapper().createObjectNode();
    var added = json.putArray("added_tokens");
    for (String token : SPECIAL) {
      added
          .addObject()
          .put("id", vocabulary.size())
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
      vocabulary.put(token, vocabulary.size());
    }
    words.forEach(word -> vocabulary.put(word, vocabulary.size()));
    json.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", true)
        .putNull("strip_accents")
        .put("lowercase", true);
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    ObjectNode around = json.putObject("post_processor").put("type", "TemplateProcessing");
    var single = around.putArray("single");
    special(single.addObject(), "[CLS]");
    single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    special(single.addObject(), "[SEP]");
    around.set("pair", single.deepCopy());
    ((ObjectNode) around.path("pair").path(1).path("Sequence")).put("id", "B");
    ((ArrayNode) around.path("pair"))
        .insertObject(1)
        .putObject("Sequence")
        .put("id", "A")
        .put("type_id", 0);
    ObjectNode ids = around.putObject("special_tokens");
    for (String token : List.of("[CLS]", "[SEP]")) {
      ObjectNode one = ids.putObject(token).put("id", token);
      one.putArray("ids").add(vocabulary.path(token).asInt());
      one.putArray("tokens").add(token);
    }
    json.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    json.putObject("model")
        .put("type", "WordPiece")
        .put("unk_token", "[UNK]")
        .put("continuing_subword_prefix", "##")
        .put("max_input_chars_per_word", 100)
        .set("vocab", vocabulary);
    return json.toString();
  }

  private static void special(ObjectNode part, String token) {
    part.putObject("SpecialToken").put("id", token).put("type_id", 0);
  }

  private static Labelling.Result label(Path out, Map<String, String> changed) {
    Map<String, String> options = new HashMap<>(TinyModels.options(folder));
    options.put("threshold", "0.01"); // these pictures are dark
    options.putAll(changed);
    LabelJob job =
        new LabelJob(data, new LabelFolder(out), "onnx", options, "mirror", Preset.of("default"));
    return LabellingTest.run(job, 1);
  }

  @Test
  void namesOfTheInstructionBecomeLabels() {
    Path out = folder.resolve("labels");
    assertThat(label(out, Map.of()).done()).isTrue();
    try (StoredLabels stored = new StoredLabels(new LabelFolder(out))) {
      for (int frame = 0; frame < FakeRecordings.FRAMES; frame++) {
        List<LabelledObject> objects =
            stored.frame(0, frame).labels().stream().map(Label::object).toList();
        assertThat(objects).extracting(LabelledObject::name).contains("touch", "block");
        for (LabelledObject object : objects) {
          assertThat(object.score()).isBetween(0.01, 0.1);
          // A quarter of the width; half the height of the first name, a quarter of the second.
          int half = object.name().equals("touch") ? 2 : 4;
          object
              .masks()
              .values()
              .forEach(
                  mask ->
                      assertThat(mask.area())
                          .isEqualTo(FakeRecordings.SIDE / 4 * FakeRecordings.SIDE / half));
        }
      }
    }
    JsonNode teacher = new LabelFolder(out).manifest().node().path("teacher");
    assertThat(teacher.path("name").asText()).isEqualTo("onnx");
    for (String file : List.of("detector", "encoder", "decoder", "tokenizer")) {
      assertThat(teacher.path(file).asText()).as(file).matches(".*[0-9a-f]{64}.*");
    }
  }

  @Test
  void aFileOfAnotherModelEndsTheRunBeforeItsFirstFrame() {
    Path out = folder.resolve("none");
    String encoder = Objects.requireNonNull(TinyModels.options(folder).get("encoder"));
    assertThatThrownBy(() -> label(out, Map.of("detector", encoder)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("encoder.onnx")
        .hasMessageContaining("Grounding DINO");
    assertThat(out).doesNotExist();
  }
}
