package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {
  @Test
  void everyCommandHasHelp() {
    CommandLine main = Main.create(Output.claim(new String[0]));
    assertThat(main.getSubcommands()).isNotEmpty();
    main.getSubcommands()
        .forEach(
            (name, command) ->
                assertThat(command.getUsageMessage()).as(name).contains("Usage: vla3d " + name));
  }

  @Test
  void helpIsSuccess() throws Exception {
    Program program = Program.run("--help");
    assertThat(program.status()).isZero();
    assertThat(program.out()).startsWith("Usage: vla3d").contains("doctor");
    assertThat(program.err()).isEmpty();
  }

  @Test
  void aWrongCommandLineIsStatusTwo() throws Exception {
    Program program = Program.run("inspekt", "x");
    assertThat(program.status()).isEqualTo(2);
    assertThat(program.out()).isEmpty();
    assertThat(program.err()).contains("inspekt").contains("inspect");
  }

  @Test
  void aMissingFileIsOneLineAndStatusOne() throws Exception {
    Program program = Program.run("inspect", "no/such/file.safetensors");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.out()).isEmpty();
    assertThat(program.err().lines()).hasSize(1).first().asString().contains("no/such/file");
  }

  @Test
  void withJsonStandardOutputIsOneDocument() throws Exception {
    Program program = Program.run("doctor", "--json");
    JsonNode document =
        new ObjectMapper()
            .enable(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readTree(program.out());
    assertThat(document.path("gemm").path("fp32_gflops").asDouble()).isPositive();
    assertThat(document.path("gemm").path("bf16_gflops").asDouble()).isPositive();
    assertThat(document.path("threads").path("per_operation").asInt()).isPositive();
    assertThat(program.err()).contains("measuring");
    assertThat(program.status()).isEqualTo(document.path("ok").asBoolean() ? 0 : 1);
  }
}
