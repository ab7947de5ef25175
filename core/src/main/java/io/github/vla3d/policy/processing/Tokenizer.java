package io.github.vla3d.policy.processing;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Turns text into the ids of a vocabulary. Works without a network. May be used by several threads.
 */
public interface Tokenizer extends AutoCloseable {
  /**
   * @param special with the tokens that the vocabulary wants around a text (for PaliGemma: a start)
   */
  int[] encode(String text, boolean special);

  /** What a text that is too short is filled up with. */
  int pad();

  /** Frees native memory. */
  @Override
  void close();

  /**
   * Opens {@code tokenizer.json} (Hugging Face), a {@code .model} (SentencePiece), or a folder with
   * the one or {@code tokenizer.model}.
   *
   * @throws ProcessingException if there is none, or it is broken
   */
  static Tokenizer open(Path path) {
    Path file = path;
    if (Files.isDirectory(path)) {
      file = path.resolve("tokenizer.json");
      if (!Files.exists(file)) {
        file = path.resolve("tokenizer.model");
      }
    }
    if (!Files.isRegularFile(file)) {
      throw new ProcessingException(
          path + ": wanted tokenizer.json or a SentencePiece .model, got neither");
    }
    return file.toString().endsWith(".json")
        ? HuggingFaceText.open(file)
        : SentencePieceText.open(file);
  }
}
