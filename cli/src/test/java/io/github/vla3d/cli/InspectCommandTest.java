package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InspectCommandTest {
  private static JsonNode inspect(String... args) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String[] all = java.util.Arrays.copyOf(args, args.length + 2);
    all[args.length] = "inspect";
    all[args.length + 1] = "--json";
    java.util.Collections.rotate(java.util.Arrays.asList(all), 2);
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      assertThat(Main.run(new Output(out, true), all)).isZero();
    }
    return new ObjectMapper().readTree(bytes.toByteArray());
  }

  /** 3dvla.md C.3, and one width more for the no-depth vector. */
  @ParameterizedTest
  @CsvSource({
    "paper, pi05, 85340952",
    "paper, pi0, 85340952",
    "default, pi05, 85279512",
  })
  void parametersOfThePluginAreThoseOfTheTable(String preset, String base, long wanted)
      throws IOException {
    JsonNode plugin = inspect("--preset", preset, "--base", base).path("plugin");
    assertThat(plugin.path("parameters").asLong()).isEqualTo(wanted).isLessThan(86_500_000);
    long sum = 0;
    for (JsonNode part : plugin.path("parts")) {
      sum += part.path("parameters").asLong();
      if (preset.equals("paper") && part.path("r86").asLong() > 0) {
        assertThat(part.path("parameters")).isEqualTo(part.path("r86"));
      }
    }
    assertThat(sum).isEqualTo(wanted);
  }

  @Test
  void eitherAFileOrAPreset() {
    Output output = Output.claim(new String[0]);
    assertThat(Main.run(output, "inspect")).isEqualTo(2);
    assertThat(Main.run(output, "inspect", "some.pth", "--preset", "paper")).isEqualTo(2);
  }
}
