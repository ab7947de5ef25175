package io.github.vla3d.datasets;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** The recordings beside the repository, which a fresh clone does not have. */
public final class Shared {
  private Shared() {}

  /** A folder under {@code ../shared/data/libero}; the test is skipped where there is none. */
  public static Path libero(String name) {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null) {
      for (String place : new String[] {"shared", "../shared"}) {
        Path found = folder.resolve(place).resolve("data/libero").resolve(name).normalize();
        if (Files.exists(found)) {
          return found;
        }
      }
      folder = folder.getParent();
    }
    assumeTrue(false, "no ../shared/data/libero/" + name + " beside the repository");
    throw new AssertionError();
  }
}
