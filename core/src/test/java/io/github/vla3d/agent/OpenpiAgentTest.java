package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.processing.openpi.Robot;
import io.github.vla3d.policy.processing.openpi.Settings;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** openpi's own Policy.infer, from the request of a client to the answer. */
class OpenpiAgentTest {
  private static final int SIDE = 72;
  private static final Path TOKENIZER = Golden.path("preprocess", "tokenizer.model");

  @TempDir Path folder;

  @BeforeEach
  void checkpoint() throws IOException {
    Files.copy(
        Golden.path("pi05", "lerobot", "model.safetensors"), folder.resolve("model.safetensors"));
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"action_dim": 32, "action_horizon": 7, "paligemma_variant": "gemma_2b",
         "action_expert_variant": "gemma_300m", "precision": "float32"}
        """);
  }

  private void stats(String asset, String tag) throws IOException {
    Path place = folder.resolve("assets").resolve(asset);
    Files.createDirectories(place);
    Files.copy(
        Golden.path("wire", "e2e_" + tag + "_norm_stats.json"), place.resolve("norm_stats.json"));
  }

  private static AgentOptions options(long promptLength) {
    Map<String, Long> sizes = new LinkedHashMap<>(Golden.sizes("pi05"));
    sizes.put("toklen", promptLength);
    return AgentOptions.DEFAULTS.withSizes(sizes).withTokenizer(TOKENIZER);
  }

  /** What the client's frame holds; its state is in the text beside it. */
  private static Observation request(String tag) throws IOException {
    byte[] frame = Files.readAllBytes(Golden.path("wire", "e2e_" + tag + "_request.bin"));
    ByteBuffer state = ByteBuffer.wrap(frame, after(frame, "observation/state", 8 * 8), 8 * 8);
    float[] numbers = new float[8];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) state.order(java.nio.ByteOrder.LITTLE_ENDIAN).getDouble();
    }
    return Golden.observation(
        "put the_bowl on the plate",
        numbers,
        Golden.view("agentview", picture(frame, "observation/image")),
        Golden.view("wrist", picture(frame, "observation/wrist_image")));
  }

  private static RgbImage picture(byte[] frame, String key) {
    int from = after(frame, key, 3 * SIDE * SIDE);
    byte[] pixels = java.util.Arrays.copyOfRange(frame, from, from + 3 * SIDE * SIDE);
    return RgbImage.owning(SIDE, SIDE, pixels);
  }

  /** Where the bytes begin that msgpack announces behind a key, by their number. */
  private static int after(byte[] frame, String key, int length) {
    byte[] header =
        length < 256
            ? new byte[] {(byte) 0xc4, (byte) length}
            : new byte[] {(byte) 0xc5, (byte) (length >> 8), (byte) length};
    String text = new String(frame, StandardCharsets.ISO_8859_1);
    // Text of 16 to 31 characters has a length of its own in front: the key alone, no longer one.
    int at = text.indexOf((char) (0xa0 + key.length()) + key);
    assertThat(at).as(key).isNotNegative();
    int data = text.indexOf(new String(header, StandardCharsets.ISO_8859_1), at);
    assertThat(data).as(key).isNotNegative();
    return data + header.length;
  }

  @ParameterizedTest
  @CsvSource({"pi05_no_state, 64, false", "pi05_state_in_prompt, 96, true"})
  void aRequestIsAnsweredAsByOpenpi(String tag, long promptLength, boolean stateInPrompt)
      throws IOException {
    stats("physical-intelligence/libero", tag);
    AgentOptions options = options(promptLength);
    options =
        stateInPrompt
            ? options.withSettings(
                new Settings(Robot.libero(), true, List.of(), true, 1, 1, 1, 32, null))
            : options.withOpenpi("pi05_libero");
    Observation observation = request(tag);
    try (Agent agent = Agent.load(folder, options);
        Weights golden = Safetensors.open(Golden.path("wire", "e2e_" + tag + ".safetensors"))) {
      Scope.run(
          () -> {
            PreparedObservation prepared = agent.prepare(List.of(observation));
            assertThat(prepared.views()).hasSize(2);
            Tensor noise = golden.get("noise").unsqueeze(0);
            Tensor said = agent.sample(agent.perceive(prepared), noise, agent.sampling());
            Tensor actions = agent.toRobot(prepared, said).get(0);
            Tensor wanted = golden.get("actions");
            Tensor error = actions.sub(wanted).abs().sub(wanted.abs().mul(1e-3));
            assertThat(error.amax(false).item()).isLessThan(1e-3);
          });
    }
  }

  @Test
  void theRobotIsAskedForWhereTheFolderDoesNotTell() throws IOException {
    stats("my/robot", "pi05_no_state");
    assertThatThrownBy(() -> Agent.load(folder, options(64)))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("pi05_libero")
        .hasMessageContaining("pi05_droid")
        .hasMessageNotContaining("pi0_libero");
    assertThatThrownBy(() -> Agent.load(folder, options(64).withOpenpi("atlas")))
        .hasMessageContaining("got 'atlas'");
    try (Agent agent = Agent.load(folder, options(64).withOpenpi("libero"))) {
      assertThat(agent.stateSize()).isEqualTo(8);
      assertThat(agent.actionSize()).isEqualTo(7);
    }
  }

  @Test
  void aCameraThatTheRobotNeedsIsMissed() throws IOException {
    stats("my/robot", "pi05_no_state");
    try (Agent agent = Agent.load(folder, options(64).withOpenpi("libero"))) {
      Observation whole = request("pi05_no_state");
      Observation half =
          Golden.observation("x", whole.state(), whole.view("agentview").orElseThrow());
      assertThatThrownBy(() -> agent.act(half, 0))
          .isInstanceOf(PolicyException.class)
          .hasMessageContaining("left_wrist_0_rgb")
          .hasMessageContaining("[agentview]");
    }
  }

  @Test
  void theTokenizerIsAskedFor() throws IOException {
    stats("my/robot", "pi05_no_state");
    assertThatThrownBy(
            () -> Agent.load(folder, options(64).withOpenpi("libero").withTokenizer(null)))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("tokenizer");
  }
}
