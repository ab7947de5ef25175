package io.github.vla3d.cli;

import io.github.vla3d.evaluation.Arena;
import io.github.vla3d.tabletop.Tabletop;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Keeps every second picture of an episode and writes them as a GIF when it is over. */
final class Film implements Consumer<Arena> {
  private static final int EVERY = 2;

  private final Path folder;
  private final String policy;
  private final String episode;
  private final List<BufferedImage> frames = new ArrayList<>();

  Film(Path folder, String policy, String episode) {
    this.folder = folder;
    this.policy = policy;
    this.episode = episode;
  }

  @Override
  public void accept(Arena arena) {
    Arena.Standing standing = arena.standing();
    if (standing.steps() % EVERY == 0 || standing.done()) {
      frames.add(TabletopPlayCommand.pair(arena.observe()));
    }
    if (standing.done()) {
      String name =
          "%s_%s_%s.gif"
              .formatted(policy, episode, standing.success() ? "success" : "failure")
              .replaceAll("[#@]", "_");
      try {
        Files.createDirectories(folder);
        Gif.write(folder.resolve(name), frames, EVERY * 100 / Tabletop.RATE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
