package io.github.vla3d.policy.processing;

import ai.djl.sentencepiece.SpProcessor;
import ai.djl.sentencepiece.SpTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A SentencePiece model with a start token, as PaliGemma's. */
final class SentencePieceText implements Tokenizer {
  static {
    TokenizerLibrary.keepOffline();
  }

  private final SpTokenizer owner;
  private final SpProcessor processor;
  private final int start;
  private final int pad;

  private SentencePieceText(Path file, SpTokenizer owner) {
    this.owner = owner;
    this.processor = owner.getProcessor();
    this.start = id(file, "<bos>");
    this.pad = id(file, "<pad>");
  }

  static SentencePieceText open(Path file) {
    try {
      SpTokenizer tokenizer = new SpTokenizer(Files.readAllBytes(file));
      try {
        return new SentencePieceText(file, tokenizer);
      } catch (ProcessingException e) {
        tokenizer.close();
        throw e;
      }
    } catch (ProcessingException e) {
      throw e;
    } catch (IOException | RuntimeException | LinkageError e) {
      throw new ProcessingException(file + ": no tokenizer: " + e.getMessage(), e);
    }
  }

  /** An unknown piece has the id of another one. */
  private int id(Path file, String piece) {
    int id = processor.getId(piece);
    if (!processor.getToken(id).equals(piece)) {
      throw new ProcessingException(file + ": wanted a piece " + piece + ", got none");
    }
    return id;
  }

  @Override
  public int[] encode(String text, boolean special) {
    int[] ids = processor.encode(text);
    if (!special) {
      return ids;
    }
    int[] all = new int[ids.length + 1];
    all[0] = start;
    System.arraycopy(ids, 0, all, 1, ids.length);
    return all;
  }

  @Override
  public int pad() {
    return pad;
  }

  @Override
  public void close() {
    owner.close();
  }
}
