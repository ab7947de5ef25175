package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Verifier;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Folders with the published methods that this one builds on, each a file, as their own code
 * computes them: deformable attention, assignment, detection losses, block masks and a predictor
 * step, encodings, point clouds.
 */
public final class ComponentsVerifier implements Verifier {
  /** What is done with a file, given its entry in the manifest. */
  private static final Map<String, BiConsumer<ComponentFile, JsonNode>> PARTS = new TreeMap<>();

  static {
    PARTS.put("msda_core.safetensors", DeformableParts::core);
    PARTS.put("msda_module.safetensors", DeformableParts::module);
    PARTS.put("hungarian.safetensors", MatchingParts::problems);
    PARTS.put("losses.safetensors", (file, entry) -> new LossParts(file).verify());
    PARTS.put("matcher_criterion.safetensors", (file, entry) -> MatchingParts.matchers(file));
    PARTS.put("ijepa_masks.safetensors", JepaMasks::verify);
    PARTS.put("ijepa_model.safetensors", JepaModel::verify);
    PARTS.put("sinusoidal.safetensors", (file, entry) -> EncodingParts.verify(file));
    PARTS.put("fps_chamfer.safetensors", (file, entry) -> new CloudParts(file).verify());
  }

  @Override
  public String kind() {
    return "components";
  }

  @Override
  public boolean knows(Fixture fixture) {
    return fixture.manifest().path("files").has("msda_core.safetensors");
  }

  /** Files that we do not know stay unused, and the run fails. */
  @Override
  public void verify(Fixture fixture) {
    for (var entry : fixture.manifest().path("files").properties()) {
      String name = entry.getKey();
      if (fixture.has(name) && PARTS.containsKey(name)) {
        Scope.run(() -> PARTS.get(name).accept(new ComponentFile(fixture, name), entry.getValue()));
      }
    }
  }
}
