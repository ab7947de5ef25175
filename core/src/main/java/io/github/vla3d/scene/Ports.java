package io.github.vla3d.scene;

import io.github.vla3d.scene.input.SceneException;

/**
 * What of a policy the method must fit.
 *
 * @param tokenWidth C: channels of the tokens of its views
 * @param outputWidth T: channels of the tokens that it is handed
 * @param arms end-effectors of its robot, 1 or 2
 */
public record Ports(int tokenWidth, int outputWidth, int arms) {
  public Ports {
    if (tokenWidth < 1 || outputWidth < 1 || arms < 1 || arms > 2) {
      throw new SceneException(
          "ports: wanted widths >= 1 and 1 or 2 arms, got %d, %d and %d"
              .formatted(tokenWidth, outputWidth, arms));
    }
  }
}
