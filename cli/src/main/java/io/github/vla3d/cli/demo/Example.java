package io.github.vla3d.cli.demo;

import io.github.vla3d.cli.scene.SceneShot;
import io.github.vla3d.evaluation.EpisodeRow;
import java.awt.image.BufferedImage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An episode that the page shows.
 *
 * @param heading who did better
 * @param instruction what the robot was told
 * @param seen both views at the beginning
 * @param shot what the plug-in made of them; null if it made nothing
 * @param endings of the policies, in their order
 */
public record Example(
    String heading,
    String instruction,
    List<BufferedImage> seen,
    @Nullable SceneShot shot,
    List<Ending> endings) {
  public Example {
    seen = List.copyOf(seen);
    endings = List.copyOf(endings);
  }

  /**
   * How a policy did.
   *
   * @param row of the table
   * @param strip moments of the episode as seen by the scene camera, side by side; null if it was
   *     not kept
   */
  public record Ending(EpisodeRow row, @Nullable BufferedImage strip) {}
}
