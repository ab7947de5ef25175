package io.github.vla3d.policy.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Verifier;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Folders with the pre- and postprocessing of LeRobot and of openpi, part by part: resizes,
 * normalisation, bins, prompts, tokens, whole pipelines. Their two manifests list files and cases.
 */
public final class PreprocessVerifier implements Verifier {
  private static final List<String> MANIFESTS =
      List.of("manifest_lerobot.json", "manifest_openpi.json");

  /** What is done with a file, given its entry in the manifest. */
  private static final Map<String, BiConsumer<Fixture, JsonNode>> PARTS = new TreeMap<>();

  static {
    PARTS.put("lerobot_resize.safetensors", ResizeParts::lerobot);
    PARTS.put("pil_resize_with_pad.safetensors", ResizeParts::pil);
    PARTS.put("openpi_inmodel_resize.safetensors", ResizeParts::openpi);
    PARTS.put("lerobot_normalize.safetensors", (f, entry) -> NormalizerParts.lerobot(f));
    PARTS.put("openpi_normalize.safetensors", NormalizerParts::openpi);
    PARTS.put("openpi_running_stats.safetensors", (f, entry) -> NormalizerParts.running(f));
    PARTS.put("state_bins.safetensors", (f, entry) -> TextParts.bins(f));
    PARTS.put("lerobot_prompts.json", (f, entry) -> TextParts.lerobot(f));
    PARTS.put("openpi_tokenize.json", (f, entry) -> TextParts.openpi(f));
    PARTS.put("pi05_prompt_strings_openpi.json", (f, entry) -> TextParts.openpiStrings(f));
    PARTS.put("openpi_pipelines.safetensors", PipelineParts::openpi);
    PARTS.put("libero_state.safetensors", (f, entry) -> PipelineParts.libero(f));
    PARTS.put("pi_time_embedding.safetensors", (f, entry) -> PipelineParts.times(f));
  }

  @Override
  public String kind() {
    return "preprocess";
  }

  @Override
  public boolean knows(Fixture fixture) {
    return MANIFESTS.stream().anyMatch(fixture::has);
  }

  /** Files that we do not know stay unused, and the run fails. */
  @Override
  public void verify(Fixture fixture) {
    for (String manifest : MANIFESTS) {
      if (fixture.has(manifest)) {
        fixture
            .json(manifest)
            .path("files")
            .properties()
            .forEach(
                entry ->
                    PARTS
                        .getOrDefault(entry.getKey(), (f, ignored) -> {})
                        .accept(fixture, entry.getValue()));
      }
    }
  }
}
