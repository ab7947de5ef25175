package io.github.vla3d.labelling;

import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.scene.completion.MirrorCompleter;
import java.util.List;

/** What makes clouds whole, by the names that the command line gives it. */
public final class Completers {
  public static final List<String> NAMES = List.of("mirror", "pointattn");

  private Completers() {}

  /**
   * @param name one of {@link #NAMES}
   * @throws IllegalArgumentException if there is none of this name
   */
  public static CloudCompleter of(String name) {
    return switch (name) {
      case "mirror" -> new MirrorCompleter();
      case "pointattn" ->
          throw new IllegalArgumentException("completion pointattn: not built in; wanted mirror");
      default ->
          throw new IllegalArgumentException(
              "--completion: wanted one of %s, got %s".formatted(NAMES, name));
    };
  }
}
