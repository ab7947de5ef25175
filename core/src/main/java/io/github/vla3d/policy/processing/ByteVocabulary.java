package io.github.vla3d.policy.processing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A tokenizer for models that learn to read from nothing: one token for each byte of UTF-8, and
 * PaliGemma's special ones. Written as {@code tokenizer.json}, which {@link Tokenizer#open} and
 * other programs read.
 */
public final class ByteVocabulary {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> SPECIAL = List.of("<pad>", "<eos>", "<bos>", "<unk>");

  /** Number of tokens. */
  public static final int SIZE = SPECIAL.size() + 256;

  private ByteVocabulary() {}

  /**
   * Writes the files into a folder, which is made if it is missing.
   *
   * @throws ProcessingException if they cannot be written
   */
  public static void write(Path folder) {
    ObjectNode root = NODES.objectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    ObjectNode vocabulary = NODES.objectNode();
    for (String token : SPECIAL) {
      int id = vocabulary.size();
      vocabulary.put(token, id);
      added.addObject().put("id", id).put("content", token).put("single_word", false);
      ((ObjectNode) added.get(id)).put("lstrip", false).put("rstrip", false);
      ((ObjectNode) added.get(id)).put("normalized", false).put("special", true);
    }
    for (int i = 0; i < 256; i++) {
      vocabulary.put("<0x%02X>".formatted(i), vocabulary.size());
    }
    root.putNull("normalizer").putNull("pre_tokenizer");
    ObjectNode start = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = start.putArray("single");
    part(single, "SpecialToken", "<bos>");
    part(single, "Sequence", "A");
    ArrayNode pair = start.putArray("pair");
    part(pair, "SpecialToken", "<bos>");
    part(pair, "Sequence", "A");
    part(pair, "Sequence", "B");
    ObjectNode bos = start.putObject("special_tokens").putObject("<bos>").put("id", "<bos>");
    bos.putArray("ids").add(SPECIAL.indexOf("<bos>"));
    bos.putArray("tokens").add("<bos>");
    root.putObject("decoder").put("type", "ByteFallback");
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout").put("unk_token", "<unk>");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
    model.set("vocab", vocabulary);
    model.putArray("merges");
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

  private static void part(ArrayNode template, String kind, String id) {
    template.addObject().putObject(kind).put("id", id).put("type_id", 0);
  }

  private static byte[] bytes(ObjectNode json) throws IOException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
  }
}
