package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which views a policy with random weights sees. */
class TrainCommandTest {
  @TempDir static Path shared;
  @TempDir Path out;

  private static TinyRecording made = new TinyRecording(Path.of("."), Path.of("."));

  @BeforeAll
  static void record() {
    made = TinyRecording.in(shared);
  }

  private Program train(String base, String views) throws Exception {
    return Program.run(
        "train",
        "--stage=base",
        "--preset=test",
        "--data=" + made.data(),
        "--out=" + out,
        "--base=" + base,
        "--views=" + views,
        "--steps=1",
        "--base.batch=2",
        "--threads=1");
  }

  @Test
  void oneOfTwo() throws Exception {
    Program program = train("tabletop", "wrist");
    assertThat(program.status()).as(program.err()).isZero();
    Path config = out.resolve("checkpoints/last/pretrained_model/config.json");
    List<String> seen = new ArrayList<>();
    new ObjectMapper()
        .readTree(config.toFile())
        .get("input_features")
        .fieldNames()
        .forEachRemaining(seen::add);
    assertThat(seen)
        .contains("observation.images.wrist")
        .doesNotContain("observation.images.agentview");
  }

  @Test
  void oneThatIsNotThere() throws Exception {
    Program program = train("pi0", "agentview,top");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err())
        .contains("--views: wanted some of [agentview, wrist], got [agentview, top]");
    assertThat(out.resolve("base")).doesNotExist();
  }

  @Test
  void aPolicyThatThereIsHasItsOwn() throws Exception {
    Program program = train(made.base().toString(), "wrist");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err()).contains("--views: wanted with pi05, pi0 or tabletop only");
  }
}
