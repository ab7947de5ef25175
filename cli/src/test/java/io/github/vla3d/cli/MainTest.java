package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.scene.config.Preset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
  void weightsOfPointAttnAreLookedForWhereTheyWereNamed() throws Exception {
    Program program =
        Program.run(
            "label", "x", "--completion", "pointattn", "--scene.completion.weights=none.pth");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err()).contains("--scene.completion.weights=FILE").contains("'none.pth'");
  }

  @Test
  void whatIsLaunchedHasTheOptionsOfTheLauncher() throws Exception {
    List<String> command =
        new ArrayList<>(Program.command("launch", "--processes", "1", "--", "inspect", "none"));
    command.add(1, "-XX:+PrintCommandLineFlags");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isNotZero();
    assertThat(said.lines().filter(line -> line.contains("-XX:+PrintCommandLineFlags")))
        .as(said)
        .hasSize(2);
  }

  @Test
  void aWrongCommandLineIsStatusTwo() throws Exception {
    Program program = Program.run("inspekt", "x");
    assertThat(program.status()).isEqualTo(2);
    assertThat(program.out()).isEmpty();
    assertThat(program.err()).contains("inspekt").contains("inspect");
  }

  @Test
  void whatIsWrongWithACommandLineIsNotBuriedUnderItsOptions() throws Exception {
    Program program = Program.run("train", "--data", "x", "--out", "y", "--seed", "one");
    assertThat(program.status()).isEqualTo(2);
    assertThat(program.err().lines()).hasSize(2);
    assertThat(program.err()).startsWith("vla3d: ").contains("--seed").contains("'one'");
    Program missing = Program.run("train", "--training.batch=1", "--scene.sizes.width=64");
    assertThat(missing.status()).isEqualTo(2);
    assertThat(missing.err().lines()).hasSize(2);
    assertThat(missing.err()).contains("--data").contains("--out");
  }

  @Test
  void keysOfThePresetAreTakenInBothForms() {
    Preset preset = Preset.of("test");
    Preset changed =
        Overrides.apply(
            preset,
            List.of(
                "--scene.sizes.width=64", "--training.batch", "1", "--scene.ssl.secondView=false"));
    assertThat(changed.scene().sizes().width()).isEqualTo(64);
    assertThat(changed.scene().ssl().secondView()).isFalse();
    assertThat(changed.toYaml().lines()).anyMatch(line -> line.strip().equals("batch: 1"));
    assertThatThrownBy(() -> Overrides.apply(preset, List.of("--step", "20")))
        .hasMessageContaining("no option '--step'");
    assertThatThrownBy(() -> Overrides.apply(preset, List.of("--training.batch", "--json")))
        .hasMessageContaining("'--training.batch': wanted a value");
    assertThatThrownBy(() -> Overrides.apply(preset, List.of("--scene.sizes.widht=64")))
        .hasMessageContaining("no key 'scene.sizes.widht'")
        .hasMessageContaining("width");
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
