package io.github.vla3d.labelling;

import io.github.vla3d.labelling.truth.Truths;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.perception.depth.DepthTeacher;
import io.github.vla3d.perception.onnx.OnnxTeacher;
import io.github.vla3d.policy.processing.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Teachers by the names that the command line gives them. */
public final class Teachers {
  public static final List<String> NAMES = List.of("depth", "onnx", "oracle");

  private Teachers() {}

  /**
   * @param name one of {@link #NAMES}
   * @param dataset that is labelled; only the oracle looks at more than it is shown
   * @param options of this teacher, by name: files of an onnx teacher, say
   * @throws IllegalArgumentException if there is no such teacher, or it has no such option
   * @throws io.github.vla3d.data.DataException if a file that it needs is missing or another's
   */
  public static Teacher of(String name, Path dataset, Map<String, String> options) {
    return of(name, dataset, options, note -> {});
  }

  /**
   * As above.
   *
   * @param notes is told what the teacher has to say: why a GPU is not used, say
   */
  public static Teacher of(
      String name, Path dataset, Map<String, String> options, Consumer<String> notes) {
    return switch (name) {
      case "depth" -> {
        none(name, options);
        yield new DepthTeacher();
      }
      case OnnxTeacher.NAME ->
          OnnxTeacher.of(options, tokenizer -> Tokenizer.open(tokenizer)::encode, notes);
      case "oracle" -> {
        none(name, options);
        yield new OracleLabels(
            Truths.open(dataset)
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            ("teacher oracle: wanted a data set with instance pictures, got none in"
                                    + " %s")
                                .formatted(dataset))));
      }
      default ->
          throw new IllegalArgumentException(
              "--teacher: wanted one of %s, got %s".formatted(NAMES, name));
    };
  }

  private static void none(String name, Map<String, String> options) {
    if (!options.isEmpty()) {
      throw new IllegalArgumentException(
          "teacher %s: wanted no options, got %s".formatted(name, options.keySet()));
    }
  }
}
