package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchTrainCommandTest {
  @ParameterizedTest
  @ValueSource(strings = {"pi05", "pi0"})
  void aStepIsTheSumOfItsParts(String family) throws Exception {
    Program program =
        Program.run(
            "bench",
            "train",
            "--family",
            family,
            "--warm-up",
            "1",
            "--steps",
            "2",
            "--json",
            "--base.batch=2",
            "--base.accumulate=2");
    assertThat(program.status()).as(program.err()).isZero();
    JsonNode document = new ObjectMapper().readTree(program.out());
    assertThat(document.path("family").asText()).isEqualTo(family);
    assertThat(document.path("recipe").path("accumulate").asInt()).isEqualTo(2);
    // The last layer of the language model gives keys and values alone.
    assertThat(document.path("reached").asLong())
        .isBetween(1_000_000L, document.path("parameters").asLong() - 1);
    assertThat(document.path("steps")).hasSize(2);
    for (JsonNode step : document.path("steps")) {
      assertThat(step.path("forward").asDouble()).isPositive();
      assertThat(step.path("backward").asDouble()).isPositive();
      assertThat(step.path("update").asDouble()).isPositive();
    }
    assertThat(document.path("seconds").asDouble()).isPositive();
  }

  @Test
  void thePluginsShareIsWhatTheExpertAloneDoesNotTake() throws Exception {
    Program program =
        Program.run(
            "bench",
            "train",
            "--plugin",
            "--warm-up",
            "1",
            "--steps",
            "3",
            "--json",
            "--training.batch=2");
    assertThat(program.status()).as(program.err()).isZero();
    JsonNode document = new ObjectMapper().readTree(program.out());
    for (String stage : List.of("instances", "completion")) {
      JsonNode node = document.path(stage);
      assertThat(node.path("plugin_share").asDouble()).as(stage).isBetween(0.0, 1.0);
      assertThat(node.path("steps")).hasSize(3);
      for (JsonNode step : node.path("steps")) {
        assertThat(step.path("expert").asDouble()).isPositive();
        assertThat(step.path("labels").asDouble()).isPositive();
      }
    }
  }

  @Test
  void noStepIsNoMeasurement() throws Exception {
    Program program = Program.run("bench", "train", "--steps", "0");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err()).contains("steps >= 1, got 10 and 0");
  }
}
