package io.github.vla3d.policy.processing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A tokenizer of whole words, for models that learn a few sentences from nothing: prompts become
 * some ten tokens, and words that it does not know one and the same. Capitals do not count. Written
 * as {@code tokenizer.json}, which {@link Tokenizer#open} and other programs read.
 *
 * @param words in alphabetic order, lower case; marks are words
 */
public record WordVocabulary(List<String> words) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> SPECIAL = List.of("<pad>", "<eos>", "<bos>", "<unk>");

  /** As the pre-tokenizer named Whitespace splits: runs of letters and digits, runs of marks. */
  private static final Pattern WORD =
      Pattern.compile("\\w+|[^\\w\\s]+", Pattern.UNICODE_CHARACTER_CLASS);

  public WordVocabulary {
    words = List.copyOf(words);
  }

  /** The words of some texts. */
  public static WordVocabulary of(Collection<String> texts) {
    TreeSet<String> words = new TreeSet<>();
    for (String text : texts) {
      Matcher matcher = WORD.matcher(text.toLowerCase(Locale.ROOT));
      while (matcher.find()) {
        words.add(matcher.group());
      }
    }
    return new WordVocabulary(List.copyOf(words));
  }

  /** Number of tokens. */
  public int size() {
    return SPECIAL.size() + words.size();
  }

  /**
   * Writes the files into a folder, which is made if it is missing.
   *
   * @throws ProcessingException if they cannot be written
   */
  public void write(Path folder) {
    ObjectNode root = NODES.objectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    ObjectNode vocabulary = NODES.objectNode();
    for (String token : SPECIAL) {
      int id = vocabulary.size();
      vocabulary.put(token, id);
      ObjectNode special = added.addObject().put("id", id).put("content", token);
      special.put("single_word", false).put("lstrip", false).put("rstrip", false);
      special.put("normalized", false).put("special", true);
    }
    words.forEach(word -> vocabulary.put(word, vocabulary.size()));
    root.putObject("normalizer").put("type", "Lowercase");
    root.putObject("pre_tokenizer").put("type", "Whitespace");
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
    root.putNull("decoder");
    ObjectNode model = root.putObject("model").put("type", "WordLevel");
    model.set("vocab", vocabulary);
    model.put("unk_token", "<unk>");
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

  private static void part(ArrayNode template, String kind, String id, int type) {
    template.addObject().putObject(kind).put("id", id).put("type_id", type);
  }

  private static byte[] bytes(ObjectNode json) throws IOException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
  }
}
