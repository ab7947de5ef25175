package io.github.vla3d.perception.onnx;

import io.github.vla3d.data.Observation;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.perception.TeacherContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

class OnnxTeacherContractTest {
  @TempDir static Path folder;

  @BeforeAll
  static void write() throws IOException {
    TinyModels.write(folder);
  }

  @Nested
  class Plain extends Contract {
    Plain() {
      super(Map.of());
    }
  }

  /** In two dimensions no place is said. */
  @Nested
  class InTwoDimensions extends Contract {
    InTwoDimensions() {
      super(Map.of("association", "2d"));
    }
  }

  /** Of two teachers the second one looks nothing up by itself. */
  @Nested
  class Cached extends Contract {
    Cached() {
      super(Map.of("cache", folder.resolve("cache").toString()));
    }
  }

  private abstract static class Contract extends TeacherContract {
    private final Map<String, String> options;

    Contract(Map<String, String> options) {
      this.options = options;
    }

    @Override
    protected Teacher open() {
      Map<String, String> all = new HashMap<>(TinyModels.options(folder));
      all.putAll(options);
      return OnnxTeacher.of(all, path -> TinyModels.WORDS, note -> {});
    }

    private static Observation seen(int light, String words) {
      return TinyModels.observation(
          words, TinyModels.view("front", light, true), TinyModels.view("wrist", light, true));
    }

    @Override
    protected List<Observation> frames(int episode) {
      return Collections.nCopies(
          3,
          seen(
              128,
              episode == 0 ? "pick up the cup and place it in the bowl" : "move a pot to a pan"));
    }

    @Override
    protected int things() {
      return 2;
    }

    @Override
    protected Map<String, Shown> nothing() {
      return Map.of(
          "a dark picture", new Shown(0, seen(0, "pick up the cup and place it in the bowl")),
          "no names", new Shown(0, seen(128, "")));
    }

    @Override
    protected boolean needsDepth() {
      return true;
    }
  }
}
