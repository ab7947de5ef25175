package io.github.vla3d.perception.onnx;

import java.util.ArrayList;
import java.util.List;

/**
 * Names as the detector reads them, each ended by a full stop, and which tokens each of them is.
 *
 * @param ids of all tokens, with those around the text
 * @param names that were asked for
 * @param first token of each name
 * @param end the token behind each name
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
record Prompt(long[] ids, List<String> names, int[] first, int[] end) {
  /** Tokens that the detector has a place for. */
  static final int MOST = 256;

  /**
   * @throws IllegalArgumentException if the names are too many, or the tokenizer does not take each
   *     by itself, as BERT's does
   */
  static Prompt of(List<String> names, TextIds text) {
    StringBuilder whole = new StringBuilder();
    names.forEach(name -> whole.append(whole.isEmpty() ? "" : " ").append(name).append('.'));
    int[] all = text.encode(whole.toString(), true);
    if (all.length > MOST) {
      throw new IllegalArgumentException(
          "names: wanted at most %d tokens, got %d of %d names"
              .formatted(MOST, all.length, names.size()));
    }
    int inside = text.encode(whole.toString(), false).length;
    // One token before the text and one behind it.
    boolean framed = all.length == inside + 2;
    int[] first = new int[names.size()];
    int[] end = new int[names.size()];
    int at = 1;
    List<Integer> parts = new ArrayList<>();
    for (int i = 0; i < first.length; i++) {
      int[] name = text.encode(names.get(i), false);
      int[] stopped = text.encode(names.get(i) + ".", false);
      first[i] = at;
      end[i] = at + name.length;
      at += stopped.length;
      for (int id : stopped) {
        parts.add(id);
      }
      framed &= stopped.length == name.length + 1 && name.length > 0;
    }
    framed &= parts.size() == inside;
    for (int i = 0; framed && i < inside; i++) {
      framed = all[i + 1] == parts.get(i);
    }
    if (!framed) {
      throw new IllegalArgumentException(
          "tokenizer of the detector: wanted BERT's, which takes the names of '%s' one by one"
              .formatted(whole));
    }
    long[] ids = new long[all.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = all[i];
    }
    return new Prompt(ids, List.copyOf(names), first, end);
  }
}
