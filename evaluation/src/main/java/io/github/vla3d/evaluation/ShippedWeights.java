package io.github.vla3d.evaluation;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The small policies that come with the program, in a folder {@code weights} of the checkout or
 * beside the program's jar.
 */
public final class ShippedWeights {
  /** Which of them. */
  public enum Part {
    /** Trained on nominal data, without the plug-in. */
    BASELINE("baseline"),
    /** The baseline, trained on for as many steps as the plug-in. */
    TWIN("twin"),
    /** The plug-in on the baseline. */
    PLUGIN("3dvla");

    private final String folder;

    Part(String folder) {
      this.folder = folder;
    }

    /** Name of its folder within {@code weights}. */
    public String folder() {
      return folder;
    }
  }

  private static final String FOLDER = "weights";

  private ShippedWeights() {}

  /** The folder of a policy, if it is there. */
  public static Optional<Path> find(Part part) {
    for (Path root : roots()) {
      Path folder = root.resolve(FOLDER).resolve(part.folder);
      if (Files.isDirectory(folder)) {
        return Optional.of(folder);
      }
    }
    return Optional.empty();
  }

  /** Folders above the program and above the present folder, nearest first. */
  private static Set<Path> roots() {
    Set<Path> roots = new LinkedHashSet<>();
    @Nullable CodeSource source = ShippedWeights.class.getProtectionDomain().getCodeSource();
    if (source != null) {
      try {
        above(Path.of(source.getLocation().toURI()), roots);
      } catch (URISyntaxException | IllegalArgumentException e) {
        // Not from a file: there is nothing beside it.
        return roots;
      }
    }
    above(Path.of("").toAbsolutePath(), roots);
    return roots;
  }

  /** As far as a checkout goes up from its jars: lib, target, cli, and the checkout itself. */
  private static void above(Path from, Set<Path> into) {
    @Nullable Path folder = from;
    for (int i = 0; i < 5 && folder != null; i++) {
      if (Files.isDirectory(folder)) {
        into.add(folder);
      }
      folder = folder.getParent();
    }
  }
}
