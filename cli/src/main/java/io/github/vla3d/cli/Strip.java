package io.github.vla3d.cli;

import io.github.vla3d.data.Observation;
import io.github.vla3d.evaluation.Arena;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.imageio.ImageIO;

/** A few moments of an episode as the first view sees them, side by side in one picture. */
final class Strip implements Consumer<Arena> {
  private static final int EVERY = 24;
  private static final int MOMENTS = 5;

  private final Path file;
  private final List<BufferedImage> frames = new ArrayList<>();

  Strip(Path file) {
    this.file = file;
  }

  /** Where the strip of an episode lies. */
  static Path file(Path folder, String policy, String episode) {
    return folder.resolve((policy + "_" + episode + ".png").replaceAll("[#@]", "_"));
  }

  @Override
  public void accept(Arena arena) {
    Arena.Standing standing = arena.standing();
    if (standing.steps() % EVERY == 0 || standing.done()) {
      Observation seen = arena.observe();
      frames.add(TabletopPlayCommand.picture(seen.views().get(0).rgb()));
    }
    if (standing.done()) {
      try {
        Files.createDirectories(file.toAbsolutePath().getParent());
        ImageIO.write(joined(), "png", file.toFile());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private BufferedImage joined() {
    int n = Math.min(MOMENTS, frames.size());
    int width = frames.get(0).getWidth();
    BufferedImage strip =
        new BufferedImage(n * width, frames.get(0).getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = strip.createGraphics();
    for (int i = 0; i < n; i++) {
      int frame = n == 1 ? 0 : (int) Math.round((double) i * (frames.size() - 1) / (n - 1));
      g.drawImage(frames.get(frame), i * width, 0, null);
    }
    g.dispose();
    return strip;
  }
}
