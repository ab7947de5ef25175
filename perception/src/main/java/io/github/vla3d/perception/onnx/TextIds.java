package io.github.vla3d.perception.onnx;

/** The tokenizer of the detector: BERT's, from its {@code tokenizer.json}. */
@FunctionalInterface
public interface TextIds {
  /**
   * @param special with the tokens that the vocabulary wants around a text
   */
  int[] encode(String text, boolean special);
}
