package io.github.vla3d.labelling;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The recordings beside the repository, which a fresh clone does not have. */
final class Shared {
  private Shared() {}

  /** A folder under {@code ../shared/data/libero}; the test is skipped where there is none. */
  static Path libero(String name) {
    Path found =
        Stream.of("../../shared", "../../../shared")
            .map(shared -> Path.of(shared, "data", "libero", name))
            .filter(Files::exists)
            .findFirst()
            .orElse(null);
    assumeTrue(found != null, "skipped: no ../shared/data/libero/" + name);
    return found;
  }
}
