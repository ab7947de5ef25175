package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.evaluation.ShippedWeights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which policy is trained, and which views one with random weights sees. */
class TrainCommandTest {
  @TempDir static Path shared;
  @TempDir Path out;

  private static TinyRecording made = new TinyRecording(Path.of("."), Path.of("."));

  @BeforeAll
  static void record() {
    made = TinyRecording.in(shared);
  }

  private Program train(String... which) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--stage=base",
                "--preset=test",
                "--data=" + made.data(),
                "--out=" + out,
                "--steps=1",
                "--base.batch=2",
                "--threads=1"));
    arguments.addAll(List.of(which));
    return Program.run(arguments.toArray(String[]::new));
  }

  private JsonNode config() throws Exception {
    Path trained = out.resolve("checkpoints/last/pretrained_model/config.json");
    return new ObjectMapper().readTree(trained.toFile());
  }

  @Test
  void theShippedBaselineIfNoneIsNamed() throws Exception {
    Program program = train();
    assertThat(program.status()).as(program.err()).isZero();
    Path shipped = ShippedWeights.find(ShippedWeights.Part.BASELINE).orElseThrow();
    JsonNode sizes = new ObjectMapper().readTree(shipped.resolve("config.json").toFile());
    assertThat(config().get("vla3d_sizes")).isEqualTo(sizes.get("vla3d_sizes"));
    assertThat(out.resolve("base")).doesNotExist();
  }

  @Test
  void oneOfTwo() throws Exception {
    Program program = train("--base=tabletop", "--views=wrist");
    assertThat(program.status()).as(program.err()).isZero();
    assertThat(config().get("input_features").fieldNames())
        .toIterable()
        .contains("observation.images.wrist")
        .doesNotContain("observation.images.agentview");

    Program plugin =
        Program.run(
            "train",
            "--stage=both",
            "--preset=test",
            "--base=" + out.resolve("checkpoints/last/pretrained_model"),
            "--data=" + made.data(),
            "--out=" + out.resolve("plugin"),
            "--steps=1",
            "--threads=1");
    assertThat(plugin.status()).isEqualTo(1);
    assertThat(plugin.err())
        .contains(
            "stage 2: wanted a policy with two cameras or more, got [observation.images.wrist];"
                + " --stage 1 needs one");
  }

  @Test
  void oneThatIsNotThere() throws Exception {
    Program program = train("--base=pi0", "--views=agentview,top");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err())
        .contains("--views: wanted some of [agentview, wrist], got [agentview, top]");
    assertThat(out.resolve("base")).doesNotExist();
  }

  @Test
  void aPolicyThatThereIsHasItsOwn() throws Exception {
    Program program = train("--base=" + made.base(), "--views=wrist");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err()).contains("--views: wanted with pi05, pi0 or tabletop only");
  }
}
