package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The picture on recordings with depth and cameras, with random weights. */
class SceneCommandTest {
  private static final Path TINY = Path.of("..", "datasets", "src", "test", "resources", "tiny");

  @TempDir Path folder;

  private String[] args(String dataset, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "scene",
                TINY.resolve(dataset).toString(),
                "--out",
                folder.resolve("out").toString()));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  private Program scene(String dataset, String... more) throws Exception {
    return Program.run(args(dataset, more));
  }

  /** In this process, which is faster. */
  private int drawn(String... more) {
    return Main.run(Output.claim(new String[0]), args("scenes", more));
  }

  @Test
  void aStepIsDrawnAndSaysThatWeightsAreRandom() throws Exception {
    Program program = scene("lerobot_v21", "--step", "1", "--json");
    assertThat(program.status()).as(program.err()).isZero();
    JsonNode document = new ObjectMapper().readTree(program.out());
    assertThat(document.path("weights").asText()).startsWith("RANDOM WEIGHTS");
    assertThat(document.path("instances")).hasSize(8);
    for (JsonNode instance : document.path("instances")) {
      assertThat(instance.path("score").asDouble()).isBetween(0.0, 1.0);
      for (JsonNode metres : instance.path("point")) {
        assertThat(metres.asDouble()).isBetween(-2.0, 2.0);
      }
    }
    Path file = folder.resolve("out/episode_000000_step_000001_scene.png");
    assertThat(document.path("written").asText()).isEqualTo(file.toString());
    BufferedImage picture = Objects.requireNonNull(ImageIO.read(file.toFile()));
    // Two rows of views, the space and the tables; a blank sheet has one colour.
    assertThat(picture.getHeight()).isGreaterThan(1300);
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < picture.getHeight(); y += 3) {
      for (int x = 0; x < picture.getWidth(); x += 3) {
        colours.add(picture.getRGB(x, y));
      }
    }
    assertThat(colours).hasSizeGreaterThan(500);
    try (var files = Files.list(folder.resolve("out"))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void theSameSeedDrawsTheSamePicture() throws Exception {
    assertThat(drawn()).isZero();
    Path file = folder.resolve("out/episode_000000_step_000000_scene.png");
    byte[] first = Files.readAllBytes(file);
    assertThat(drawn()).isZero();
    assertThat(Files.readAllBytes(file)).isEqualTo(first);
    assertThat(drawn("--seed", "1")).isZero();
    assertThat(Files.readAllBytes(file)).isNotEqualTo(first);
  }

  @Test
  void whatCannotBeDrawnIsOneLine() throws Exception {
    Program missing = scene("lerobot_v21", "--step", "1000");
    assertThat(missing.status()).isEqualTo(1);
    assertThat(missing.err()).contains("step").contains("wanted 0 to").doesNotContain("\tat ");
    Program without = scene("lerobot_v3");
    assertThat(without.status()).isEqualTo(1);
    assertThat(without.err()).contains("pose of an end-effector").doesNotContain("\tat ");
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
