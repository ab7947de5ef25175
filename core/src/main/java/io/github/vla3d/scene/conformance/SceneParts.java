package io.github.vla3d.scene.conformance;

import io.github.vla3d.verify.Fixture;

/** Single functions of the method. */
final class SceneParts {
  private final Fixture fixture;

  SceneParts(Fixture fixture) {
    this.fixture = fixture;
  }

  void verify() {
    fixture.specs(SceneVerifier.PARTS);
  }
}
