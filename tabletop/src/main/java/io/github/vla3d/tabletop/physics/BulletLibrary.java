package io.github.vla3d.tabletop.physics;

import com.jme3.bullet.collision.shapes.CollisionShape;
import com.jme3.bullet.util.NativeLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Loads Bullet's native library from the class path, once a process. Its objects are never freed
 * but used again (see {@link World#take}): freed in the order in which a collector finds them,
 * bodies would go before the spaces that hold them.
 */
final class BulletLibrary {
  /** Rounding of edges and room for contacts, metres. Bullet's usual 40 mm swallows a cup. */
  private static final float MARGIN = 0.001f;

  /** Kept: the logging framework itself holds its loggers weakly. */
  private static final Logger LIBRARY = Logger.getLogger("com.jme3.bullet");

  private static boolean loaded;

  private BulletLibrary() {}

  /**
   * @throws IllegalStateException if there is no library for this machine on the class path
   */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    String resource = resource();
    try (InputStream in = BulletLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(
            "tabletop: no physics library for this machine on the class path, wanted " + resource);
      }
      Path file = Files.createTempFile("vla3d-bullet", resource.substring(resource.indexOf('.')));
      file.toFile().deleteOnExit();
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      System.load(file.toString());
      unnamed(file);
      // It would greet on standard output, which may carry a document.
      NativeLibrary.setStartupMessageEnabled(false);
    } catch (IOException e) {
      throw new UncheckedIOException("tabletop: cannot unpack the physics library", e);
    }
    CollisionShape.setDefaultMargin(MARGIN);
    LIBRARY.setLevel(Level.SEVERE);
    loaded = true;
  }

  /** A process that is killed leaves nothing behind; where a loaded file is locked it stays. */
  private static void unnamed(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      // Removed at the end of the process.
    }
  }

  private static String resource() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    if (os.startsWith("windows")) {
      return "/native/windows/x86_64/bulletjme.dll";
    }
    String folder = os.startsWith("mac") ? "osx" : "linux";
    String suffix = os.startsWith("mac") ? ".dylib" : ".so";
    return "/native/%s/%s/libbulletjme%s".formatted(folder, arm ? "arm64" : "x86_64", suffix);
  }
}
