package io.github.vla3d.policy.processing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/**
 * A tokenizer for models that learn to read from nothing: one token for each byte of UTF-8, and
 * PaliGemma's special ones. Written as {@code tokenizer.json}, which {@link Tokenizer#open} and
 * other programs read.
 */
public final class ByteVocabulary {

  /** Number of tokens. */
  public static final int SIZE = FreshTokenizer.SPECIAL.size() + 256;

  private ByteVocabulary() {}

  /**
   * Writes the files into a folder, which is made if it is missing.
   *
   * @throws ProcessingException if they cannot be written
   */
  public static void write(Path folder) {
    FreshTokenizer made = new FreshTokenizer();
    for (int i = 0; i < 256; i++) {
      made.add("<0x%02X>".formatted(i));
    }
    made.root.putNull("normalizer").putNull("pre_tokenizer");
    made.beginTexts();
    made.root.putObject("decoder").put("type", "ByteFallback");
    ObjectNode model = made.root.putObject("model").put("type", "BPE");
    model.putNull("dropout").put("unk_token", "<unk>");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
    model.set("vocab", made.vocabulary);
    model.putArray("merges");
    made.write(folder);
  }
}
