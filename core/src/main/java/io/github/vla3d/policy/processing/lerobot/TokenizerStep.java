package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.policy.processing.JsonObject;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.policy.processing.PromptTokens;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Turns a text into tokens of a fixed length. */
final class TokenizerStep implements ProcessorStep {
  private static final System.Logger LOG = System.getLogger(TokenizerStep.class.getName());

  private final Tokenizer tokenizer;
  private final String key;
  private final int length;
  private final boolean fixed;

  private TokenizerStep(Tokenizer tokenizer, String key, int length, boolean fixed) {
    this.tokenizer = tokenizer;
    this.key = key;
    this.length = length;
    this.fixed = fixed;
  }

  static TokenizerStep of(Steps.Entry entry) {
    JsonObject config = entry.config();
    int length = config.integer("max_length");
    String key = config.text("task_key", "task");
    String side = config.text("padding_side", "right");
    String padding = config.text("padding", "max_length");
    boolean cut = config.bool("truncation", true);
    String name = config.text("tokenizer_name", "");
    if (length < 1 || !side.equals("right") || !cut) {
      throw new ProcessingException(
          "%s: wanted truncation to max_length >= 1 and padding to the right, got %d, %s, %s"
              .formatted(config.place(), length, cut, side));
    }
    if (!padding.equals("max_length") && !padding.equals("longest")) {
      throw new ProcessingException(
          "%s.padding: wanted max_length or longest, got '%s'".formatted(config.place(), padding));
    }
    return new TokenizerStep(open(entry, name), key, length, padding.equals("max_length"));
  }

  private static Tokenizer open(Steps.Entry entry, String name) {
    Path given = entry.options().tokenizer();
    if (given != null) {
      return Tokenizer.open(given);
    }
    String local = entry.artifacts().getOrDefault("tokenizer_name", name);
    Path folder = Steps.Entry.beside(entry.folder(), local);
    if (local.isEmpty() || !Files.isDirectory(folder)) {
      throw new ProcessingException(
          "%s: the tokenizer '%s' is not in the checkpoint: name a folder with its tokenizer.json"
              .formatted(entry.config().place(), name));
    }
    return Tokenizer.open(folder);
  }

  @Override
  public Transition apply(Transition transition) {
    List<String> texts = transition.texts(key);
    List<int[]> encoded = texts.stream().map(text -> tokenizer.encode(text, true)).toList();
    int longest = encoded.stream().mapToInt(ids -> ids.length).max().orElse(1);
    int columns = fixed ? length : Math.max(1, Math.min(length, longest));
    long[] ids = new long[texts.size() * columns];
    boolean[] mask = new boolean[ids.length];
    for (int i = 0; i < texts.size(); i++) {
      PromptTokens tokens = PromptTokens.of(encoded.get(i), columns, tokenizer.pad());
      if (tokens.cut()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "prompt of {0} tokens cut to {1}: the policy does not see its end: {2}",
            tokens.wanted(),
            columns,
            texts.get(i));
      }
      System.arraycopy(tokens.ids(), 0, ids, i * columns, columns);
      System.arraycopy(tokens.mask(), 0, mask, i * columns, columns);
    }
    Tensor tokens = Tensors.of(ids, texts.size(), columns);
    return transition
        .with(Transition.TOKENS, tokens)
        .with(Transition.TOKEN_MASK, Tensors.of(mask, texts.size(), columns));
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
