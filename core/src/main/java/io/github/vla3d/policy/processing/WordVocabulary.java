package io.github.vla3d.policy.processing;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
    return FreshTokenizer.SPECIAL.size() + words.size();
  }

  /**
   * Writes the files into a folder, which is made if it is missing.
   *
   * @throws ProcessingException if they cannot be written
   */
  public void write(Path folder) {
    FreshTokenizer made = new FreshTokenizer();
    words.forEach(made::add);
    made.root.putObject("normalizer").put("type", "Lowercase");
    made.root.putObject("pre_tokenizer").put("type", "Whitespace");
    made.beginTexts();
    made.root.putNull("decoder");
    ObjectNode model = made.root.putObject("model").put("type", "WordLevel");
    model.set("vocab", made.vocabulary);
    model.put("unk_token", "<unk>");
    made.write(folder);
  }
}
