package io.github.vla3d.datasets;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** The fixtures made by {@code tools/reference/tiny.py}, {@code robotwin.py} and LeRobot itself. */
public final class Tiny {
  private Tiny() {}

  /** The folder of a fixture. */
  public static Path of(String name) {
    return resource("/tiny/" + name);
  }

  static Path resource(String name) {
    try {
      return Path.of(Tiny.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
