package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Verifier;

/** Knows folders of the method's own module: weights, cases with every stage, single functions. */
public final class SceneVerifier implements Verifier {
  static final String PARTS = "parts.safetensors";

  @Override
  public String kind() {
    return "scene";
  }

  @Override
  public boolean knows(Fixture fixture) {
    return fixture.has(PARTS) && fixture.manifest().path("cases").isObject();
  }

  @Override
  public void verify(Fixture fixture) {
    JsonNode manifest = fixture.manifest();
    for (var preset : manifest.required("configuration").properties()) {
      for (var entry : manifest.required("cases").properties()) {
        Scope.run(
            () -> {
              try (SceneCase one =
                  new SceneCase(fixture, preset.getKey(), preset.getValue(), entry.getKey())) {
                one.verify(entry.getValue());
              }
            });
      }
    }
    Scope.run(() -> new SceneParts(fixture).verify());
    Scope.run(() -> new CompletionParts(fixture).verify());
  }
}
