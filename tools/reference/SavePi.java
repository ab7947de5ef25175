import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Loads a folder and saves it again in a layout, for pi_saved.py.
 *
 * <pre>java -cp cli/target/vla3d.jar tools/reference/SavePi.java FOLDER OUT lerobot|openpi name=size ...</pre>
 */
public final class SavePi {
  public static void main(String[] args) throws IOException {
    Map<String, Long> sizes = new HashMap<>();
    for (String size : List.of(args).subList(3, args.length)) {
      sizes.put(size.split("=")[0], Long.valueOf(size.split("=")[1]));
    }
    Path out = Path.of(args[1]);
    Files.createDirectories(out);
    try (PiPolicy policy =
        PiCheckpoint.load(Path.of(args[0]), PiCheckpoint.Options.DEFAULT.with(sizes))) {
      PiCheckpoint.Layout layout = PiCheckpoint.Layout.valueOf(args[2].toUpperCase(Locale.ROOT));
      PiCheckpoint.save(policy, Path.of(args[0]), out, layout);
    }
  }
}
