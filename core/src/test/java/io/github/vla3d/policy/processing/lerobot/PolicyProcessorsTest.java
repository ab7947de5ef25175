package io.github.vla3d.policy.processing.lerobot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyProcessorsTest {
  private static final Path CHECKPOINT = Path.of("src/test/resources/golden/lerobot");
  private static final String BEFORE = "policy_preprocessor.json";
  private static final String AFTER = "policy_postprocessor.json";

  @TempDir Path folder;

  // ---------------------------------------- what LeRobot did

  private static void withCase(BiConsumer<Weights, List<String>> body) throws IOException {
    List<String> tasks =
        Arrays.asList(
            new ObjectMapper()
                .readValue(CHECKPOINT.resolve("tasks.json").toFile(), String[].class));
    try (Weights tensors = Safetensors.open(CHECKPOINT.resolve("case.safetensors"))) {
      Scope.run(() -> body.accept(tensors, tasks));
    }
  }

  private static Transition raw(Weights tensors, List<String> tasks) {
    return Transition.of(
            Map.of(
                "observation.state", tensors.get("raw.observation.state"),
                "observation.images.image", Tensors.zeros(2, 3, 8, 8)),
            tasks)
        .withAction(tensors.get("raw.action"));
  }

  @Test
  void aCheckpointsFilesDoWhatTheyDidInLerobot() throws IOException {
    withCase(
        (tensors, tasks) -> {
          try (PolicyProcessors processors =
              PolicyProcessors.open(CHECKPOINT, ProcessorOptions.DEFAULTS)) {
            Transition before = processors.before(raw(tensors, tasks));
            assertThat(before.get("observation.state"))
                .matches(x -> x.equal(tensors.get("pre.state")));
            assertThat(before.action()).matches(x -> x.equal(tensors.get("pre.action")));
            assertThat(before.get(Transition.TOKENS))
                .matches(x -> x.equal(tensors.get("in.tokens")));
            assertThat(before.get(Transition.TOKEN_MASK))
                .matches(x -> x.equal(tensors.get("in.token_mask")));
            Tensor actions = processors.after(tensors.get("policy.chunk_normalized"), before);
            assertThat(actions).matches(x -> x.equal(tensors.get("policy.chunk_env")));
          }
        });
  }

  /** Both families with their pictures, which are too large for this repository. */
  @ParameterizedTest
  @ValueSource(strings = {"pi0", "pi05"})
  void wholePreparationAsInLerobot(String family) throws IOException {
    Path golden =
        Stream.of("../../shared", "../../../shared")
            .map(parent -> Path.of(parent, "golden", family))
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(folder);
    assumeTrue(!golden.equals(folder), "skipped: no ../shared/golden/" + family);
    JsonNode manifest = new ObjectMapper().readTree(golden.resolve("manifest.json").toFile());
    List<String> tasks = new ArrayList<>();
    manifest.path("raw_tasks").forEach(task -> tasks.add(task.asText()));
    try (Weights tensors = Safetensors.open(golden.resolve("case_a.safetensors"));
        PolicyProcessors processors =
            PolicyProcessors.open(golden.resolve("lerobot"), ProcessorOptions.DEFAULTS)) {
      Scope.run(
          () -> {
            Map<String, Tensor> seen = new HashMap<>();
            for (String name : tensors.specs().keySet()) {
              if (name.startsWith("raw.observation.")) {
                seen.put(name.substring("raw.".length()), tensors.get(name));
              }
            }
            Transition before =
                processors.before(Transition.of(seen, tasks).withAction(tensors.get("raw.action")));
            assertThat(before.action()).matches(x -> x.equal(tensors.get("pre.action")));
            assertThat(before.get("observation.state"))
                .matches(x -> x.equal(tensors.get("pre.state")));
            assertThat(before.get(Transition.TOKENS))
                .matches(x -> x.equal(tensors.get("in.tokens")));
            List<CameraInputs.CameraInput> cameras =
                CameraInputs.of(
                    before.observation(),
                    List.of(
                        "observation.images.image",
                        "observation.images.image2",
                        "observation.images.empty_camera_0"),
                    manifest.path("dims").path("image").asInt(),
                    manifest.path("dims").path("image").asInt(),
                    CameraInputs.Resize.CURRENT);
            for (int i = 0; i < cameras.size(); i++) {
              assertThat(cameras.get(i).present().toBooleans())
                  .isEqualTo(tensors.get("in.image_mask" + i).toBooleans());
              assertThat(cameras.get(i).image().toFloats())
                  .containsExactly(tensors.get("in.image" + i).toFloats(), within(1e-6f));
            }
            Tensor actions = processors.after(tensors.get("policy.chunk_normalized"), before);
            assertThat(actions).matches(x -> x.equal(tensors.get("policy.chunk_env")));
          });
    }
  }

  @Test
  void oldPromptsHaveAPaddedState() throws IOException {
    withCase(
        (tensors, tasks) -> {
          ProcessorOptions old = new ProcessorOptions(null, 32, true, null);
          try (PolicyProcessors processors = PolicyProcessors.open(CHECKPOINT, old)) {
            String prompt = processors.before(raw(tensors, tasks)).texts("task").get(0);
            assertThat(prompt).endsWith(" 128".repeat(24) + ";\nAction: ");
          }
          ProcessorOptions without = new ProcessorOptions(null, 0, false, null);
          try (PolicyProcessors processors = PolicyProcessors.open(CHECKPOINT, without)) {
            String prompt = processors.before(raw(tensors, tasks)).texts("task").get(0);
            assertThat(prompt).endsWith("in the bin;\nAction: ").doesNotContain("State");
          }
        });
  }

  @Test
  void aPromptThatIsTooLongIsCutWithAWarning() throws IOException {
    copy();
    replace(BEFORE, "\"max_length\": 96", "\"max_length\": 9");
    List<String> warnings = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            warnings.add(entry.getMessage() + Arrays.toString(entry.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(TokenizerStep.class.getName());
    logger.addHandler(handler);
    try {
      withCase(
          (tensors, tasks) -> {
            try (PolicyProcessors processors =
                PolicyProcessors.open(folder, ProcessorOptions.DEFAULTS)) {
              Tensor cut = processors.before(raw(tensors, tasks)).get(Transition.TOKENS);
              assertThat(cut.toLongs())
                  .isEqualTo(tensors.get("in.tokens").narrow(1, 0, 9).contiguous().toLongs());
            }
          });
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(warnings).hasSize(2).first().asString().contains("cut to").contains("9");
  }

  // ---------------------------------------- bad input

  @Test
  void aStateThatIsNotFiniteIsNamed() {
    Scope.run(
        () -> {
          try (PolicyProcessors processors =
              PolicyProcessors.open(CHECKPOINT, ProcessorOptions.DEFAULTS)) {
            float[] state = new float[8];
            state[5] = Float.NaN;
            Transition broken =
                Transition.of(Map.of("observation.state", Tensors.of(state, 8)), List.of("x"));
            assertThatThrownBy(() -> processors.before(broken))
                .isInstanceOf(ProcessingException.class)
                .hasMessage("observation.state: wanted finite numbers, got NaN at 5");
            Transition narrow =
                Transition.of(Map.of("observation.state", Tensors.zeros(7)), List.of("x"));
            assertThatThrownBy(() -> processors.before(narrow))
                .isInstanceOf(ProcessingException.class)
                .hasMessageContaining("observation.state: wanted 8 dimensions, got [[1, 7]]");
            Transition silent =
                new Transition(Map.of("observation.state", Tensors.zeros(8)), null, Map.of(), null);
            assertThatThrownBy(() -> processors.before(silent))
                .isInstanceOf(ProcessingException.class)
                .hasMessageContaining("wanted a text 'task'");
          }
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "to_batch_processor | to_heap_processor | unknown step 'to_heap_processor'",
        "\"rename_map\": {} | \"rename_map\": {}, \"depth\": 1 | unknown keys [depth]",
        "\"name\": \"policy_pre | \"version\": 2, \"name\": \"policy_pre | unknown keys [version]",
        "\"registry_name\": \"to_batch | \"class\": \"a\", \"registry_name\": \"to_batch | [class]",
        "\"eps\": 1e-08 | \"eps\": \"small\" | eps: wanted a finite number, got \"small\"",
        "\"STATE\": \"QUANTILES\" | \"STATE\": \"LOGARITHM\" | norm_map.STATE: wanted one of",
        "\"type\": \"STATE\" | \"type\": \"MOOD\" | wanted a type of",
        "\"truncation\": true | \"truncation\": false | wanted truncation",
        "\"padding_side\": \"right\" | \"padding_side\": \"left\" | padding to the right",
        "\"padding\": \"max_length\" | \"padding\": \"random\" | wanted max_length or longest",
        "step_3_normalizer_processor | step_4_normalizer_processor | no such file",
        "\"state_file\": \"policy | \"state_file\": \"../policy | wanted files of this folder",
        "\"tokenizer_name\": \"tokenizer\" | \"tokenizer_name\": \"google/x\" | name a folder",
        "\"artifacts\": { | \"artifacts\": {\"merges\": \"m.txt\", | unknown artifacts [merges]",
        "\"config\": {} | \"config\": {}, \"state_file\": \"a.safetensors\" | wanted no state_file",
        "\"float_dtype\": null | \"float_dtype\": \"float8\" | float_dtype: wanted one of",
        "\"STATE\": \"QUANTILES\" | \"STATE\": \"QUANTILES\", \"ENV\": \"MIN_MAX\" | ``",
      })
  void brokenFilesAreNamed(String from, String to, String message) throws IOException {
    copy();
    replace(BEFORE, from, to);
    if (message.isEmpty()) {
      PolicyProcessors.open(folder, ProcessorOptions.DEFAULTS).close();
      return;
    }
    assertThatThrownBy(() -> PolicyProcessors.open(folder, ProcessorOptions.DEFAULTS))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining(message);
  }

  /** The reference would normalise nothing, and nobody would notice. */
  @Test
  void missingStatisticsAreNamed() throws IOException {
    copy();
    replace(BEFORE, "\"observation.state\": {", "\"observation.joints\": {");
    assertThatThrownBy(() -> PolicyProcessors.open(folder, ProcessorOptions.DEFAULTS))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("wanted statistics of observation.joints");
  }

  /** Whatever happens to a file: our exception, or processors that run or refuse to with it. */
  @Test
  void mutationsEndWell() throws IOException {
    mutate(72);
  }

  @Test
  @Tag("long")
  void manyMutationsEndWell() throws IOException {
    mutate(4000);
  }

  private void mutate(int times) throws IOException {
    copy();
    Random random = new Random(times);
    int refused = 0;
    for (int i = 0; i < times; i++) {
      String name = i % 4 == 0 ? AFTER : BEFORE;
      byte[] original = Files.readAllBytes(CHECKPOINT.resolve(name));
      byte[] bytes = original.clone();
      switch (i % 3) {
        case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 1 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        default ->
            bytes[random.nextInt(bytes.length)] = (byte) "{}[]\",:-10".charAt(random.nextInt(10));
      }
      Files.write(folder.resolve(name), bytes);
      refused += survives() ? 0 : 1;
      Files.write(folder.resolve(name), original);
    }
    assertThat(refused).isBetween(times / 2, times - 1);
  }

  private boolean survives() {
    return Scope.call(
        scope -> {
          try (PolicyProcessors processors =
              PolicyProcessors.open(folder, ProcessorOptions.DEFAULTS)) {
            Transition before =
                processors.before(
                    Transition.of(Map.of("observation.state", Tensors.zeros(8)), List.of("x")));
            processors.after(Tensors.zeros(1, 2, 7), before);
            return true;
          } catch (ProcessingException e) {
            return false;
          }
        });
  }

  // ---------------------------------------- steps

  @Test
  void relativeActionsComeBack() throws IOException {
    copy();
    String names = "\"action_names\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"Left_Gripper\"]";
    replace(BEFORE, "\"action_names\": null", names);
    replace(BEFORE, "\"enabled\": false", "\"enabled\": true");
    replace(BEFORE, "relative_actions_processor", "delta_actions_processor");
    replace(BEFORE, "\"ACTION\": \"QUANTILES\"", "\"ACTION\": \"IDENTITY\"");
    replace(AFTER, "\"ACTION\": \"QUANTILES\"", "\"ACTION\": \"IDENTITY\"");
    replace(AFTER, "\"enabled\": false", "\"enabled\": true");
    Scope.run(
        () -> {
          try (PolicyProcessors processors =
              PolicyProcessors.open(folder, ProcessorOptions.DEFAULTS)) {
            Tensor state = Tensors.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 8);
            Transition before =
                processors.before(
                    Transition.of(Map.of("observation.state", state), List.of("x"))
                        .withAction(Tensors.full(10, DType.F32, Device.CPU, 1, 2, 7)));
            Tensor relative = before.action();
            assertThat(relative).isNotNull();
            assertThat(relative.select(1, 1).toFloats()).containsExactly(9, 8, 7, 6, 5, 4, 10);
            assertThat(processors.after(relative, before).toFloats()).containsOnly(10);
            Transition unseen = Transition.of(Map.of(), List.of());
            assertThatThrownBy(() -> processors.after(relative, unseen))
                .isInstanceOf(ProcessingException.class)
                .hasMessageContaining("wanted the state that the actions are relative to");
          }
        });
  }

  @Test
  void renamesComeFromTheFileOrTheCaller() throws IOException {
    copy();
    replace(BEFORE, "\"rename_map\": {}", "\"rename_map\": {\"joints\": \"observation.state\"}");
    Scope.run(
        () -> {
          Map<String, Tensor> observation =
              Map.of("joints", Tensors.zeros(8), "joints_is_pad", Tensors.zeros(1));
          try (PolicyProcessors processors =
              PolicyProcessors.open(folder, ProcessorOptions.DEFAULTS)) {
            assertThat(processors.before(Transition.of(observation, List.of("x"))).observation())
                .containsKeys("observation.state", "observation.state_is_pad");
          }
          ProcessorOptions options =
              new ProcessorOptions(null, 0, true, Map.of("q", "observation.state"));
          try (PolicyProcessors processors = PolicyProcessors.open(folder, options)) {
            assertThatThrownBy(() -> processors.before(Transition.of(observation, List.of("x"))))
                .isInstanceOf(ProcessingException.class)
                .hasMessageContaining("observation: wanted observation.state");
          }
        });
  }

  @Test
  void camerasAreFilledUp() {
    Scope.run(
        () -> {
          Map<String, Tensor> seen = new HashMap<>();
          seen.put("observation.images.wrist", Tensors.ones(2, 3, 4, 8));
          seen.put("observation.images.other", Tensors.ones(2, 3, 8, 8));
          List<CameraInputs.CameraInput> inputs =
              CameraInputs.of(
                  seen,
                  List.of("observation.images.top", "observation.images.wrist"),
                  8,
                  8,
                  CameraInputs.Resize.CURRENT);
          assertThat(inputs)
              .extracting(CameraInputs.CameraInput::name)
              .containsExactly("observation.images.wrist", "observation.images.top");
          assertThat(inputs.get(0).present().toBooleans()).containsOnly(true);
          assertThat(inputs.get(0).image().mean().item()).isEqualTo(0);
          assertThat(inputs.get(0).transform()).isPresent();
          assertThat(inputs.get(1).present().toBooleans()).containsOnly(false);
          assertThat(inputs.get(1).image().toFloats()).containsOnly(-1);
          assertThatThrownBy(
                  () -> CameraInputs.of(seen, List.of("front"), 8, 8, CameraInputs.Resize.CURRENT))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("cameras: wanted at least one of [front]");
        });
  }

  private void copy() throws IOException {
    try (Stream<Path> files = Files.walk(CHECKPOINT)) {
      for (Path file : files.toList()) {
        Path target = folder.resolve(CHECKPOINT.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  private void replace(String file, String from, String to) throws IOException {
    String content = Files.readString(folder.resolve(file));
    assertThat(content).contains(from);
    Files.writeString(folder.resolve(file), content.replace(from, to));
  }
}
