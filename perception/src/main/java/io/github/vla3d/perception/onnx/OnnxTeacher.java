package io.github.vla3d.perception.onnx;

import io.github.vla3d.perception.Association;
import io.github.vla3d.perception.CachedDetector;
import io.github.vla3d.perception.DetectingTeacher;
import io.github.vla3d.perception.Detector;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.torch.io.HashedFolder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/** The teacher {@code onnx} from its options. */
public final class OnnxTeacher {
  /** What it is called on the command line. */
  public static final String NAME = "onnx";

  private static final Set<String> NEEDED = Set.of("detector", "encoder", "decoder", "tokenizer");
  private static final Set<String> OTHER =
      Set.of("vocabulary", "cache", "device", "threshold", "association");

  private OnnxTeacher() {}

  /**
   * @param options files: detector, encoder, decoder, tokenizer; and, if wanted, vocabulary, cache
   *     (a folder), device (cpu, cuda), threshold (0.3), association (3d, 2d)
   * @param tokenizer opens a {@code tokenizer.json}
   * @param notes is told why a GPU is not used
   * @throws IllegalArgumentException if an option is missing or unknown
   * @throws io.github.vla3d.data.DataException if a file is missing, no graph, or another model's
   */
  public static Teacher of(
      Map<String, String> options, Function<Path, TextIds> tokenizer, Consumer<String> notes) {
    Set<String> all = new TreeSet<>(NEEDED);
    all.addAll(OTHER);
    if (!options.keySet().containsAll(NEEDED) || !all.containsAll(options.keySet())) {
      throw new IllegalArgumentException(
          "teacher onnx: wanted the options %s and any of %s, got %s"
              .formatted(
                  new TreeSet<>(NEEDED), new TreeSet<>(OTHER), new TreeSet<>(options.keySet())));
    }
    Association.Space space =
        switch (options.getOrDefault("association", "3d")) {
          case "3d" -> Association.Space.THREE_D;
          case "2d" -> Association.Space.TWO_D;
          default -> throw wrong("association", "3d or 2d", options);
        };
    Path words = Path.of(options.getOrDefault("tokenizer", ""));
    TextIds text = tokenizer.apply(words);
    Detector detector =
        new GroundedSam(
            new GroundedSam.Graphs(
                Path.of(options.getOrDefault("detector", "")),
                Path.of(options.getOrDefault("encoder", "")),
                Path.of(options.getOrDefault("decoder", ""))),
            text,
            HashedFolder.sha256(words),
            run(options),
            notes);
    try {
      String cache = options.get("cache");
      return new DetectingTeacher(
          NAME,
          cache == null ? detector : new CachedDetector(detector, Path.of(cache)),
          Optional.ofNullable(options.get("vocabulary")).map(Path::of),
          space);
    } catch (RuntimeException e) {
      detector.close();
      throw e;
    }
  }

  private static OnnxOptions run(Map<String, String> options) {
    OnnxOptions plain = OnnxOptions.DEFAULT;
    boolean cuda =
        switch (options.getOrDefault("device", "cpu")) {
          case "cpu" -> false;
          case "cuda" -> true;
          default -> throw wrong("device", "cpu or cuda", options);
        };
    try {
      double threshold =
          Double.parseDouble(options.getOrDefault("threshold", "" + plain.threshold()));
      return new OnnxOptions(cuda, threshold, plain.shortEdge(), plain.longEdge());
    } catch (NumberFormatException e) {
      throw wrong("threshold", "a number", options);
    }
  }

  private static IllegalArgumentException wrong(
      String option, String wanted, Map<String, String> options) {
    return new IllegalArgumentException(
        "teacher onnx: %s: wanted %s, got %s".formatted(option, wanted, options.get(option)));
  }
}
