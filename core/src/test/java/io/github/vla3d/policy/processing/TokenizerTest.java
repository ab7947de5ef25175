package io.github.vla3d.policy.processing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
  private static final Path JSON = Path.of("src/test/resources/golden/lerobot/tokenizer");
  private static final Path MODEL = Path.of("src/test/resources/golden/preprocess/tokenizer.model");

  @TempDir Path folder;

  /** Both files describe one vocabulary. */
  @Test
  void bothFilesGiveTheSameIds() {
    List<String> parts =
        List.of(
            "pick",
            " up",
            "  ",
            "\n",
            "the_",
            "Ü",
            "漢",
            "🙂",
            "-1",
            "255",
            ";",
            ", State: ",
            "é",
            "Action: ",
            "\t",
            "bowl");
    Random random = new Random(6);
    try (Tokenizer json = Tokenizer.open(JSON);
        Tokenizer model = Tokenizer.open(MODEL)) {
      assertThat(json.pad()).isEqualTo(model.pad()).isZero();
      for (int i = 0; i < 300; i++) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(12); n > 0; n--) {
          text.append(parts.get(random.nextInt(parts.size())));
        }
        for (boolean special : new boolean[] {true, false}) {
          assertThat(json.encode(text.toString(), special))
              .as("'%s'", text)
              .isEqualTo(model.encode(text.toString(), special));
        }
      }
    }
  }

  @Test
  void theLibraryStaysOffline() {
    Tokenizer.open(MODEL).close();
    Tokenizer.open(JSON).close();
    assertThat(System.getProperty("OPT_OUT_TRACKING")).isEqualTo("true");
    assertThat(System.getProperty("ai.djl.offline")).isEqualTo("true");
  }

  @Test
  void severalThreadsShareOne() {
    try (Tokenizer tokenizer = Tokenizer.open(MODEL)) {
      int[] wanted = tokenizer.encode("pick up the red block", true);
      assertThat(
              IntStream.range(0, 2000)
                  .parallel()
                  .mapToObj(i -> tokenizer.encode("pick up the red block", true)))
          .allSatisfy(ids -> assertThat(ids).isEqualTo(wanted));
    }
  }

  @Test
  void aFolderMayHoldTheModelOnly() throws IOException {
    Files.copy(MODEL, folder.resolve("tokenizer.model"));
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertThat(tokenizer.encode("a", true)).startsWith(2);
    }
  }

  @Test
  void whatIsNoTokenizerIsNamed() throws IOException {
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("wanted tokenizer.json or a SentencePiece .model");
    for (byte[] bytes : List.of(new byte[0], new byte[] {1, 2, 3}, half(MODEL))) {
      Files.write(folder.resolve("broken.model"), bytes);
      assertThatThrownBy(() -> Tokenizer.open(folder.resolve("broken.model")))
          .isInstanceOf(ProcessingException.class)
          .hasMessageContaining("broken.model: no tokenizer");
    }
    String json = Files.readString(JSON.resolve("tokenizer.json"));
    for (String text :
        List.of(
            "",
            "{}",
            json.substring(99),
            json.replace("\"BPE\"", "\"EPB\""),
            json.replace("<pad>", "<fill>"))) {
      Files.writeString(folder.resolve("tokenizer.json"), text);
      assertThatThrownBy(() -> Tokenizer.open(folder))
          .isInstanceOf(ProcessingException.class)
          .hasMessageContaining("tokenizer.json");
    }
  }

  @Test
  void bertsPaddingIsKnownWithoutAConfiguration(@TempDir Path folder) throws IOException {
    String json = Files.readString(JSON.resolve("tokenizer.json")).replace("<pad>", "[PAD]");
    Files.writeString(folder.resolve("tokenizer.json"), json);
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertThat(tokenizer.pad()).isZero();
    }
  }

  private static byte[] half(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    return java.util.Arrays.copyOf(bytes, bytes.length / 2);
  }
}
