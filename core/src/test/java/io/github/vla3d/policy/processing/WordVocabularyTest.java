package io.github.vla3d.policy.processing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordVocabularyTest {
  private static final int BOS = 2;
  private static final int UNKNOWN = 3;
  private static final int SPECIAL = 4;

  @TempDir Path folder;

  @Test
  void wordsComeBackAsTheyWere() {
    List<String> texts =
        List.of(
            "put the block that is between the two cans in the basket",
            "take your time: with a steady hand, move on",
            "a pull-out compartment\n");
    WordVocabulary vocabulary = WordVocabulary.of(texts);
    vocabulary.write(folder);
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertThat(tokenizer.pad()).isZero();
      for (String text : texts) {
        int[] ids = tokenizer.encode(text, true);
        assertThat(ids[0]).isEqualTo(BOS);
        List<String> words = new ArrayList<>();
        for (int i = 1; i < ids.length; i++) {
          assertThat(ids[i]).isBetween(SPECIAL, vocabulary.size() - 1);
          words.add(vocabulary.words().get(ids[i] - SPECIAL));
        }
        // Our own splitting and the library's agree.
        assertThat(String.join("", words)).isEqualTo(text.replaceAll("\\s", ""));
      }
    }
  }

  @Test
  void capitalsDoNotCountAndNewWordsAreUnknown() {
    WordVocabulary.of(List.of("Move the mug")).write(folder);
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertThat(tokenizer.encode("move THE Mug", true))
          .isEqualTo(tokenizer.encode("Move the mug", true));
      assertThat(tokenizer.encode("move the teapot", true)).endsWith(UNKNOWN).hasSize(4);
      assertThat(tokenizer.encode("mug", false)).hasSize(1);
    }
  }
}
