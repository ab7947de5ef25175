package io.github.vla3d.scene.input;

/** Input that the method cannot use: names the thing, what was wanted and what was got. */
public final class SceneException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public SceneException(String message) {
    super(message);
  }
}
