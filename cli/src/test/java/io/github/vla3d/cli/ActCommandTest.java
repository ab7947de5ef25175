package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Track;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.policy.pi.PiFamily;
import java.awt.image.BufferedImage;
import java.awt.image.RenderedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ActCommandTest {
  private static final int FRAMES = 5;

  @TempDir Path folder;

  /** An episode of five frames with two cameras, and a policy for its robot. */
  @BeforeEach
  void episodeAndPolicy() throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    RenderedImage grey = new BufferedImage(24, 16, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(grey, "png", data.resolve("grey.png").toFile());
    StringBuilder frames = new StringBuilder();
    for (int t = 0; t < FRAMES; t++) {
      frames.append(
          """
          %s{"time": %s, "state": [0.1, 0.%d], "action": [0.%d, -1, 0.5],
           "views": {"agentview": {"rgb": "grey.png"}, "wrist": {"rgb": "grey.png"}}}
          """
              .formatted(t == 0 ? "" : ",", t / 10.0, t, t));
    }
    String camera =
        "{\"width\": 24, \"height\": 16, \"fx\": 20, \"fy\": 20, \"cx\": 12, \"cy\": 8, \"pixel_centre\": \"half\"}";
    Files.writeString(
        data.resolve("episode.json"),
        """
        {"format": "vla3d-folder-1", "task": "push", "fps": 10,
         "cameras": {"agentview": %s, "wrist": %s},
         "frames": [%s]}
        """
            .formatted(camera, camera, frames));
    FreshPolicy policy =
        FreshPolicy.test(PiFamily.PI0, List.of("agentview", "wrist")).withHorizon(4, 2);
    try (Dataset dataset = Datasets.open(data)) {
      NormStats stats = NormStats.of(dataset, ActionChunks.absolute(4), 32);
      policy.write(folder.resolve("policy"), stats, 1);
    }
  }

  private Program act(String... more) throws Exception {
    List<String> args =
        new java.util.ArrayList<>(
            List.of(
                "act",
                folder.resolve("policy").toString(),
                "--data",
                folder.resolve("data").toString(),
                "--out",
                folder.resolve("out").toString()));
    args.addAll(List.of(more));
    return Program.run(args.toArray(String[]::new));
  }

  @Test
  void anEpisodeIsReported() throws Exception {
    Program program = act("--json");
    assertThat(program.status()).as(program.err()).isZero();
    JsonNode document = new ObjectMapper().readTree(program.out());
    assertThat(document.path("frames").asInt()).isEqualTo(FRAMES);
    assertThat(document.path("every").asInt()).isEqualTo(2);
    assertThat(document.path("predicted")).hasSize(FRAMES);
    assertThat(document.path("errors")).hasSize(4);
    assertThat(document.path("milliseconds").path(0).path("part").asText()).isEqualTo("preprocess");
    double sum = 0;
    for (int t = 0; t < FRAMES; t++) {
      double recorded = document.path("recorded").path(t).path(0).asDouble();
      assertThat(recorded).isCloseTo(t / 10.0, within(1e-6));
      sum += Math.abs(document.path("predicted").path(t).path(0).asDouble() - recorded);
    }
    assertThat(document.path("errors").path(0).path("meanAbsolute").asDouble())
        .isCloseTo(sum / FRAMES, within(1e-5));
    Path plot = folder.resolve("out/episode_000000_actions.png");
    assertThat(Objects.requireNonNull(ImageIO.read(plot.toFile())).getWidth()).isPositive();
    Program again = act("--json");
    assertThat(new ObjectMapper().readTree(again.out()).path("predicted"))
        .isEqualTo(document.path("predicted"));
  }

  @Test
  void whatDoesNotFitIsOneLine() throws Exception {
    Program program = act("--camera", "observation.images.agentview=left");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err()).contains("wanted a view 'left', got [agentview, wrist]");
    assertThat(program.err()).doesNotContain("\tat ");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void errorsAreThoseOfTheirDefinition() {
    Track recorded = Track.of(2, 2, new float[] {0, 1, 2, 1});
    List<ActionError> errors = ActionError.of(recorded, new float[][] {{1, 1}, {2, -2}}, null);
    assertThat(errors.get(0)).isEqualTo(new ActionError(0, 0.5, Math.sqrt(0.5), 1, null, 1));
    assertThat(errors.get(1)).isEqualTo(new ActionError(1, 1.5, Math.sqrt(4.5), 3, null, 0));
    assertThat(errors.get(2))
        .isEqualTo(new ActionError(-1, 1, Math.sqrt(2.5), 3, null, Math.sqrt(0.5)));
  }
}
