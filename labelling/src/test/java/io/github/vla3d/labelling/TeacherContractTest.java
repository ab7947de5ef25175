package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.labelling.truth.Truths;
import io.github.vla3d.perception.OracleTeacher;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.perception.TeacherContract;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** Teachers that look at more than they are shown keep to the contract of all. */
class TeacherContractTest {
  private static final int FRAMES = 4;
  private static final int EMPTY = 2;

  @TempDir static Path folder;
  static Path data = Path.of("");
  static Path labels = Path.of("");
  static List<List<Observation>> seen = List.of();

  @BeforeAll
  static void once() {
    data = FakeRecordings.write(folder.resolve("data"), 3, 1);
    labels = folder.resolve("labels");
    LabellingTest.run(LabellingTest.job(data, labels), 2);
    List<List<Observation>> all = new ArrayList<>();
    try (Dataset recordings = Recordings.open(data, ReadOptions.ALL)) {
      for (int episode = 0; episode <= EMPTY; episode++) {
        List<Observation> frames = new ArrayList<>();
        for (int frame = 0; frame < FRAMES; frame++) {
          frames.add(recordings.episode(episode).observation(frame));
        }
        all.add(frames);
      }
    }
    seen = List.copyOf(all);
    assertThat(seen).hasSize(EMPTY + 1);
  }

  @Nested
  class Oracle extends Contract {
    @Override
    protected Teacher open() {
      return new OracleLabels(Truths.open(data).orElseThrow());
    }
  }

  /** The one that training takes where nobody has labelled. */
  @Nested
  class OracleOfLeRobot extends Contract {
    @Override
    protected Teacher open() {
      return new OracleTeacher(data);
    }
  }

  @Nested
  class Stored extends Contract {
    @Override
    protected Teacher open() {
      return new StoredLabels(new LabelFolder(labels));
    }
  }

  private abstract static class Contract extends TeacherContract {
    @Override
    protected List<Observation> frames(int episode) {
      return seen.get(episode);
    }

    @Override
    protected int things() {
      return 2;
    }

    @Override
    protected Map<String, Shown> nothing() {
      return Map.of("an empty table", new Shown(EMPTY, seen.get(EMPTY).get(0)));
    }

    @Override
    protected boolean needsDepth() {
      return false;
    }
  }
}
