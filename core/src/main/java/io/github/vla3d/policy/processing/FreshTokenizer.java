package io.github.vla3d.policy.processing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the tokenizers have in common that we write ourselves: special tokens, a text's begin. */
final class FreshTokenizer {
  /** PaliGemma's, in its order. */
  static final List<String> SPECIAL = List.of("<pad>", "<eos>", "<bos>", "<unk>");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** {@code tokenizer.json}; normalizer, decoder and model are to be added. */
  final ObjectNode root = NODES.objectNode().put("version", "1.0");

  /** Tokens and their numbers, the special ones first. */
  final ObjectNode vocabulary = NODES.objectNode();

  FreshTokenizer() {
    root.putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (String token : SPECIAL) {
      int id = vocabulary.size();
      vocabulary.put(token, id);
      ObjectNode special = added.addObject().put("id", id).put("content", token);
      special.put("single_word", false).put("lstrip", false).put("rstrip", false);
      special.put("normalized", false).put("special", true);
    }
  }

  void add(String token) {
    vocabulary.put(token, vocabulary.size());
  }

  /** Texts, and pairs of texts, begin with the token for it. */
  void beginTexts() {
    ObjectNode start = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = start.putArray("single");
    part(single, "SpecialToken", "<bos>", 0);
    part(single, "Sequence", "A", 0);
    ArrayNode pair = start.putArray("pair");
    part(pair, "SpecialToken", "<bos>", 0);
    part(pair, "Sequence", "A", 0);
    part(pair, "Sequence", "B", 0);
    ObjectNode bos = start.putObject("special_tokens").putObject("<bos>").put("id", "<bos>");
    bos.putArray("ids").add(SPECIAL.indexOf("<bos>"));
    bos.putArray("tokens").add("<bos>");
  }

  private static void part(ArrayNode template, String kind, String id, int type) {
    template.addObject().putObject(kind).put("id", id).put("type_id", type);
  }

  /**
   * Writes the files into a folder, which is made if it is missing.
   *
   * @throws ProcessingException if they cannot be written
   */
  void write(Path folder) {
    ObjectNode config = NODES.objectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("bos_token", "<bos>").put("eos_token", "<eos>").put("pad_token", "<pad>");
    config.put("unk_token", "<unk>").put("padding_side", "right");
    try {
      Files.createDirectories(folder);
      Files.write(folder.resolve("tokenizer.json"), bytes(root));
      Files.write(folder.resolve("tokenizer_config.json"), bytes(config));
    } catch (IOException e) {
      throw new ProcessingException(folder + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static byte[] bytes(ObjectNode json) throws IOException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
  }
}
