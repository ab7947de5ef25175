package io.github.vla3d.policy.pi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PiCheckpointTest {
  private static final String LEROBOT =
      """
      {"type": "%s", "chunk_size": 5, "n_action_steps": 5, "max_state_dim": 6, "max_action_dim": 7,
       "image_resolution": [224, 224], "tokenizer_max_length": 6, "empty_cameras": 1,
       "input_features": {"front": {"type": "VISUAL", "shape": [3, 8, 8]},
         "wrist": {"type": "VISUAL", "shape": [3, 8, 8]},
         "observation.state": {"type": "STATE", "shape": [4]}},
       "output_features": {"action": {"type": "ACTION", "shape": [3]}},
       "a key of a later release": 1}
      """;
  private static final String OPENPI =
      """
      {"action_dim": 7, "action_horizon": 5, "paligemma_variant": "gemma_2b",
       "action_expert_variant": "gemma_300m", "precision": "float32"}
      """;
  private static final PiCheckpoint.Options OPTIONS =
      PiCheckpoint.Options.DEFAULT.with(withState());

  @TempDir Path folder;

  private static Map<String, Long> withState() {
    Map<String, Long> sizes = new LinkedHashMap<>(TinyPi.SIZES);
    sizes.put("maxs", 6L);
    sizes.put("S", 4L);
    return sizes;
  }

  private static PiPolicy policy(PiFamily family) {
    PiPolicy policy = new PiPolicy(new PiNetwork(TinyPi.config(family)));
    try (Generator random = new Generator(1)) {
      policy.network().initialise(random);
    }
    return policy;
  }

  private void config(String text) {
    try {
      Files.writeString(folder.resolve("config.json"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the weights again under other names; null leaves one out. */
  private void rewrite(UnaryOperator<@org.jspecify.annotations.Nullable String> names) {
    Scope.run(
        () -> {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          try (Safetensors file = Safetensors.open(folder)) {
            for (String name : file.specs().keySet()) {
              String other = names.apply(name);
              if (other != null) {
                tensors.put(other, file.get(name).copy());
              }
            }
          }
          SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        });
  }

  private static void assertSame(PiPolicy a, PiPolicy b) {
    Scope.run(
        () ->
            a.network()
                .parameters()
                .forEach(
                    (name, p) -> {
                      Tensor other = b.network().save().get(name);
                      assertThat(other).as(name).isNotNull();
                      assertThat(p.value().equal(java.util.Objects.requireNonNull(other)))
                          .as(name)
                          .isTrue();
                    }));
  }

  @ParameterizedTest
  @EnumSource
  void bothLayoutsLoadAsTheyWereSaved(PiFamily family) {
    try (PiPolicy policy = policy(family)) {
      for (PiCheckpoint.Layout layout : PiCheckpoint.Layout.values()) {
        config(layout == PiCheckpoint.Layout.OPENPI ? OPENPI : LEROBOT.formatted(family.type()));
        PiCheckpoint.saveWeights(policy, folder, layout);
        try (Safetensors file = Safetensors.open(folder)) {
          boolean lerobot = layout == PiCheckpoint.Layout.LEROBOT;
          assertThat(file.specs().keySet())
              .allMatch(name -> name.startsWith("model.") == lerobot)
              .filteredOn(name -> name.endsWith("embed_tokens.weight"))
              .hasSize(lerobot ? 1 : 0);
        }
        try (PiPolicy loaded = PiCheckpoint.load(folder, OPTIONS)) {
          assertSame(policy, loaded);
          assertThat(loaded.network().trainable()).isEmpty();
        }
      }
    }
  }

  @Test
  void configurationsAreRead() {
    try (PiPolicy policy = policy(PiFamily.PI0)) {
      config(LEROBOT.formatted("pi0"));
      PiCheckpoint.saveWeights(policy, folder, PiCheckpoint.Layout.LEROBOT);
      try (PiPolicy loaded = PiCheckpoint.load(folder, OPTIONS)) {
        assertThat(loaded.cameras())
            .containsExactly("front", "wrist", "observation.images.empty_camera_0");
        assertThat(loaded.config().robot()).isEqualTo(new PiConfig.Robot(5, 5, 6, 7, 4, 3));
        assertThat(loaded.config().time()).isEqualTo(PiConfig.Time.PUBLISHED);
        assertThat(loaded.config().steps()).isEqualTo(10);
      }
    }
  }

  /** The counts of pi.md 6.1; nothing is allocated for them. */
  @ParameterizedTest
  @CsvSource({"pi0, 3238048528", "pi05, 3353433872"})
  void publishedModelsHaveTheirSize(String type, long wanted) throws IOException {
    PiConfig config = PiConfig.lerobot(new ObjectMapper().readTree(LEROBOT.formatted(type)));
    PiConfig published = config.withSizes(Map.of("maxs", 32L, "maxa", 32L));
    try (PiNetwork network = new PiNetwork(published)) {
      long n = network.parameters().values().stream().mapToLong(p -> p.spec().numel()).sum();
      assertThat(n).isEqualTo(wanted);
    }
  }

  @Test
  void namesOfOtherReleasesAreTheSameTensors() {
    try (PiPolicy policy = policy(PiFamily.PI05)) {
      config(LEROBOT.formatted("pi05"));
      PiCheckpoint.saveWeights(policy, folder, PiCheckpoint.Layout.LEROBOT);
      rewrite(name -> name.replace(".vision_model.", "."));
      try (PiPolicy loaded = PiCheckpoint.load(folder, OPTIONS)) {
        assertSame(policy, loaded);
      }
      PiCheckpoint.saveWeights(policy, folder, PiCheckpoint.Layout.LEROBOT);
      rewrite(
          name ->
              name.replace(".paligemma.model.language_model.", ".paligemma.language_model.model.")
                  .replace(".paligemma.lm_head.", ".paligemma.language_model.lm_head.")
                  .replace(".paligemma.model.", ".paligemma."));
      try (PiPolicy loaded = PiCheckpoint.load(folder, OPTIONS)) {
        assertSame(policy, loaded);
      }
    }
  }

  @Test
  void whatIsNeverUsedIsSkippedByName() {
    assertThat(PiNames.ours("model." + PiNames.DEAD_HEAD)).isNull();
    assertThat(PiNames.ours("normalize_inputs.buffer_observation_state.mean")).isNull();
    assertThat(PiNames.ours("model.paligemma_with_expert.x.rotary_emb.inv_freq")).isNull();
    assertThat(PiNames.ours("model.state_proj.weight")).isEqualTo("state_proj.weight");
  }

  /** The counts of pi.md 6.1 by part: tower with projector, language model with table, the rest. */
  @ParameterizedTest
  @CsvSource({"pi0, 314713120", "pi05, 430098464"})
  void partsHaveTheirSize(String type, long expert) throws IOException {
    PiConfig config = PiConfig.lerobot(new ObjectMapper().readTree(LEROBOT.formatted(type)));
    try (PiNetwork network = new PiNetwork(config.withSizes(Map.of("maxs", 32L, "maxa", 32L)))) {
      Map<PiParts, Long> sums = new LinkedHashMap<>();
      Map<String, PiParts> parts = PiParts.of(network.parameters().keySet());
      network
          .parameters()
          .forEach(
              (name, p) ->
                  sums.merge(
                      java.util.Objects.requireNonNull(parts.get(name)),
                      p.spec().numel(),
                      Long::sum));
      assertThat(sums)
          .containsExactlyInAnyOrderEntriesOf(
              Map.of(
                  PiParts.VISION,
                  412442352L + 2361344L,
                  PiParts.LANGUAGE,
                  526647296L + 1981884416L,
                  PiParts.EXPERT,
                  expert));
    }
    String head = "model." + PiNames.TIED_HEAD;
    assertThat(PiParts.of(List.of(head, "model.action_in_proj.bias")))
        .containsEntry(head, PiParts.LANGUAGE);
    assertThat(PiParts.of(List.of(head, PiNames.EMBEDDING, "action_in_proj.bias")))
        .containsEntry(head, PiParts.UNUSED);
    assertThat(PiParts.of(List.of("action_in_proj.bias", "transformer.weight"))).isEmpty();
  }

  @Test
  void missingAndSuperfluousTensorsAreErrors() {
    try (PiPolicy policy = policy(PiFamily.PI05)) {
      config(LEROBOT.formatted("pi05"));
      PiCheckpoint.saveWeights(policy, folder, PiCheckpoint.Layout.LEROBOT);
      rewrite(name -> name.endsWith("action_out_proj.bias") ? name + "x" : name);
      assertThatThrownBy(() -> PiCheckpoint.load(folder, OPTIONS))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("1 missing: action_out_proj.bias")
          .hasMessageContaining("1 superfluous: action_out_proj.biasx");
      rewrite(name -> name.startsWith("model.time_mlp") ? null : name);
      assertThatThrownBy(() -> PiCheckpoint.load(folder, OPTIONS))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("another family");
    }
  }

  @Test
  void aConfigurationOfTheOtherFamilyIsAnError() {
    try (PiPolicy policy = policy(PiFamily.PI05)) {
      config(LEROBOT.formatted("pi0"));
      PiCheckpoint.saveWeights(policy, folder, PiCheckpoint.Layout.LEROBOT);
      assertThatThrownBy(() -> PiCheckpoint.load(folder, OPTIONS))
          .isInstanceOf(PolicyException.class)
          .hasMessageContaining("config.json says pi0, the tensors are of pi05");
      config(LEROBOT.formatted("act"));
      assertThatThrownBy(() -> PiCheckpoint.load(folder, OPTIONS))
          .isInstanceOf(PolicyException.class)
          .hasMessageContaining("'act'");
    }
  }

  @Test
  void theTypeOfEachTensorFollowsThePrecision() {
    try (PiPolicy policy = policy(PiFamily.PI05)) {
      config(LEROBOT.formatted("pi05"));
      policy.network().to(DType.BF16);
      PiCheckpoint.saveWeights(policy, folder, PiCheckpoint.Layout.LEROBOT);
      try (PiPolicy wide = PiCheckpoint.load(folder, OPTIONS);
          PiPolicy lerobot = PiCheckpoint.load(folder, OPTIONS.with(PiPrecision.LEROBOT_BF16));
          PiPolicy openpi = PiCheckpoint.load(folder, OPTIONS.with(PiPrecision.OPENPI_BF16))) {
        String tower =
            "paligemma_with_expert.paligemma.model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight";
        String patches =
            "paligemma_with_expert.paligemma.model.vision_tower.vision_model.embeddings.patch_embedding.weight";
        String norm = "paligemma_with_expert.gemma_expert.model.norm.dense.weight";
        assertThat(type(wide, tower)).isEqualTo(DType.F32);
        assertThat(type(lerobot, tower)).isEqualTo(DType.F32);
        assertThat(type(openpi, tower)).isEqualTo(DType.BF16);
        assertThat(type(openpi, patches)).isEqualTo(DType.F32);
        assertThat(type(openpi, norm)).isEqualTo(DType.F32);
        assertThat(type(lerobot, PiNames.EMBEDDING)).isEqualTo(DType.BF16);
        assertThat(type(openpi, "action_in_proj.weight")).isEqualTo(DType.F32);
      }
    }
  }

  private static DType type(PiPolicy policy, String name) {
    return java.util.Objects.requireNonNull(policy.network().save().get(name)).dtype();
  }

  @Test
  void aFolderIsSavedWithItsOtherFiles(@TempDir Path target) throws IOException {
    try (PiPolicy policy = policy(PiFamily.PI0)) {
      config(LEROBOT.formatted("pi0"));
      Files.createDirectory(folder.resolve("tokenizer"));
      Files.writeString(folder.resolve("tokenizer/tokenizer.json"), "{}");
      PiCheckpoint.saveWeights(policy, folder, PiCheckpoint.Layout.LEROBOT);
      try (PiPolicy loaded = PiCheckpoint.load(folder, OPTIONS)) {
        PiCheckpoint.save(loaded, folder, target, PiCheckpoint.Layout.LEROBOT);
        assertThat(target.resolve("tokenizer/tokenizer.json")).exists();
        try (PiPolicy again = PiCheckpoint.load(target, OPTIONS)) {
          assertSame(policy, again);
        }
        assertThatThrownBy(
                () -> PiCheckpoint.save(loaded, folder, folder, PiCheckpoint.Layout.LEROBOT))
            .isInstanceOf(PolicyException.class);
      }
    }
  }

  @Test
  void shardsLoadLikeOneFile() {
    try (PiPolicy policy = policy(PiFamily.PI0)) {
      config(LEROBOT.formatted("pi0"));
      Scope.run(
          () -> {
            Map<String, Tensor> named = new LinkedHashMap<>();
            policy.network().save().forEach((name, t) -> named.put("model." + name, t));
            named.put("model." + PiNames.DEAD_HEAD, Tensors.zeros(DType.F32, Device.CPU, 24, 12));
            SafetensorsWriter.writeSharded(folder, named, Map.of(), 8000);
          });
      assertThat(folder.resolve("model.safetensors.index.json")).exists();
      try (PiPolicy loaded = PiCheckpoint.load(folder, OPTIONS)) {
        assertSame(policy, loaded);
      }
    }
  }
}
