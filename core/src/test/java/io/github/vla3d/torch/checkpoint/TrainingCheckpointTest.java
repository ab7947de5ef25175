package io.github.vla3d.torch.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Ranks;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.optim.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingCheckpointTest {
  @TempDir Path checkpoints;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 30})
  void aResumedRunHasTheBitsOfTheUninterruptedOne(int at) {
    try (TinyTraining whole = new TinyTraining(0);
        CheckpointFolder folder = CheckpointFolder.open(checkpoints, Retention.ALL)) {
      for (int i = 0; i < at; i++) {
        whole.step();
      }
      whole.save(folder);
      String then = whole.digest();
      for (int i = 0; i < 20; i++) {
        whole.step();
      }
      try (TinyTraining resumed = new TinyTraining(77)) {
        assertThat(resumed.digest()).isNotEqualTo(then);
        resumed.restore(CheckpointFolder.newestWhole(checkpoints).newest().orElseThrow());
        assertThat(resumed.digest()).isEqualTo(then);
        for (int i = 0; i < 20; i++) {
          resumed.step();
        }
        assertThat(resumed.digest()).isEqualTo(whole.digest());
      }
    }
  }

  private Checkpoint one() {
    try (TinyTraining training = new TinyTraining(0);
        CheckpointFolder folder = CheckpointFolder.open(checkpoints, Retention.ALL)) {
      for (int i = 0; i < 20; i++) {
        training.step();
      }
      return training.save(folder);
    }
  }

  @Test
  void theLayoutIsThatOfLeRobot() throws IOException {
    Checkpoint saved = one();
    assertThat(saved.folder()).isEqualTo(checkpoints.resolve("000020"));
    assertThat(checkpoints.resolve("last").toRealPath()).isEqualTo(saved.folder().toRealPath());
    try (var files = Files.walk(saved.folder())) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .map(f -> saved.folder().relativize(f).toString())
                  .sorted())
          .containsExactly(
              "manifest.json",
              "manifest.sha256",
              "pretrained_model/config.json",
              "pretrained_model/model.safetensors",
              "training_state/data_position.json",
              "training_state/ema.safetensors",
              "training_state/optimizer_param_groups.json",
              "training_state/optimizer_state.safetensors",
              "training_state/rng_state.safetensors",
              "training_state/scheduler_state.json",
              "training_state/training_step.json",
              "training_state/weights.safetensors");
    }
    assertThat(Files.readString(saved.trainingState().resolve("training_step.json")))
        .isEqualToIgnoringWhitespace("{\"step\": 20}");
    assertThat(Files.readString(saved.trainingState().resolve("data_position.json")))
        .isEqualToIgnoringWhitespace("{\"epoch\": 6, \"batch\": 2}");
  }

  @Test
  void theModelIsTheAverage() {
    Checkpoint saved = one();
    Scope.run(
        () -> {
          try (Safetensors model = Safetensors.open(saved.pretrainedModel());
              Safetensors weights =
                  Safetensors.open(saved.trainingState().resolve("weights.safetensors"));
              Safetensors ema =
                  Safetensors.open(saved.trainingState().resolve("ema.safetensors"))) {
            Tensor average = model.get("last.weight");
            assertThat(average.equal(ema.get("ema.last.weight"))).isTrue();
            assertThat(average.equal(weights.get("last.weight"))).isFalse();
            assertThat(model.specs()).isEqualTo(weights.specs());
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "training_step.json, 20, 20.5",
    "training_step.json, step, stop",
    "data_position.json, '\"epoch\" : 6,', ''",
    "data_position.json, '\"epoch\" : 6,', '\"epoch\" : 6, \"epoch\" : 6,'",
    "data_position.json, 6, '\"6\"'",
    "data_position.json, 6, null",
    "data_position.json, 2, -2",
    "scheduler_state.json, 20, 21",
    "scheduler_state.json, 'next_learning_rate', 'next_learning_rate_'",
    "optimizer_param_groups.json, AdamW, Sgd",
    "optimizer_param_groups.json, 0.5, 0.25",
    "optimizer_param_groups.json, last.weight, last.bias",
  })
  void whatIsUnknownMissingOrOtherIsAnError(String file, String from, String to)
      throws IOException {
    Checkpoint saved = one();
    Path path = saved.trainingState().resolve(file);
    String text = Files.readString(path);
    assertThat(text).contains(from);
    Files.writeString(path, text.replace(from, to == null ? "" : to));
    // The folder no longer holds; whoever goes round that still gets an error, and no change.
    assertThatThrownBy(() -> CheckpointFolder.whole(saved.folder()))
        .isInstanceOf(TorchException.class);
    try (TinyTraining training = new TinyTraining(5)) {
      String before = training.digest();
      assertThatThrownBy(() -> training.restore(saved))
          .isInstanceOf(TorchException.class)
          .message()
          .contains(saved.folder().getFileName().toString())
          .hasLineCount(1);
      assertThat(training.digest()).isEqualTo(before);
    }
  }

  private static Training with(
      Training t, Schedule schedule, Map<String, Generator> generators, boolean ema) {
    return new Training(
        t.model(),
        t.optimizer(),
        t.groups(),
        ema ? t.ema() : Optional.empty(),
        schedule,
        generators,
        t.group());
  }

  @Test
  void anotherRunIsRefusedAndStaysAsItIs() {
    Checkpoint saved = one();
    try (TinyTraining own = new TinyTraining(5);
        Generator more = new Generator(1)) {
      Training t = own.training;
      String before = own.digest();
      assertThatThrownBy(
              () ->
                  TrainingCheckpoint.restore(
                      saved, with(t, Schedule.constant(1e-3), t.generators(), true)))
          .hasMessageContaining("the schedule of this run says 0.001");
      assertThatThrownBy(
              () ->
                  TrainingCheckpoint.restore(
                      saved, with(t, t.schedule(), Map.of("dropout", more, "nose", more), true)))
          .hasMessageContaining("1 missing: rank0.nose (did you mean 'rank0.noise'?)");
      assertThatThrownBy(
              () -> TrainingCheckpoint.restore(saved, with(t, t.schedule(), t.generators(), false)))
          .hasMessageContaining("has an average of the weights, this run has none");
      assertThat(own.digest()).isEqualTo(before);
    }
  }

  @Test
  void everyProcessGetsItsOwnGeneratorsBack() {
    List<float[]> drawn =
        Ranks.run(
            2,
            group -> {
              try (TinyTraining tiny = new TinyTraining(0);
                  Generator own = new Generator(100 + group.rank())) {
                Training training = inGroup(tiny.training, group, own);
                Optional<CheckpointFolder> folder =
                    group.rank() == 0
                        ? Optional.of(CheckpointFolder.open(checkpoints, Retention.ALL))
                        : Optional.empty();
                TrainingCheckpoint.save(folder, training, Progress.START, Map.of(), model -> {});
                folder.ifPresent(CheckpointFolder::close);
                float[] expected = own.randn(DType.F32, 4).toFloats();
                group.barrier();
                Checkpoint saved = CheckpointFolder.newestWhole(checkpoints).newest().orElseThrow();
                TrainingCheckpoint.restore(saved, training);
                assertThat(own.randn(DType.F32, 4).toFloats()).containsExactly(expected);
                return expected;
              }
            });
    assertThat(drawn.get(0)).isNotEqualTo(drawn.get(1));
    try (TinyTraining alone = new TinyTraining(0);
        ProcessGroup group = ProcessGroup.single();
        Generator own = new Generator(1)) {
      Checkpoint saved = CheckpointFolder.newestWhole(checkpoints).newest().orElseThrow();
      assertThatThrownBy(
              () -> TrainingCheckpoint.restore(saved, inGroup(alone.training, group, own)))
          .hasMessageContaining("superfluous: rank1.own");
    }
  }

  private static Training inGroup(Training t, ProcessGroup group, Generator own) {
    return new Training(
        t.model(), t.optimizer(), t.groups(), t.ema(), t.schedule(), Map.of("own", own), group);
  }

  @Test
  void theWeightsFileIsNotForTheCaller() {
    try (TinyTraining training = new TinyTraining(0);
        CheckpointFolder folder = CheckpointFolder.open(checkpoints, Retention.ALL)) {
      assertThatThrownBy(
              () ->
                  TrainingCheckpoint.save(
                      Optional.of(folder),
                      training.training,
                      Progress.START,
                      Map.of(),
                      model -> Files.writeString(model.resolve("model.safetensors"), "x")))
          .hasMessageContaining("model.safetensors is for the weights");
      assertThat(CheckpointFolder.newestWhole(checkpoints).newest()).isEmpty();
    }
  }
}
