package io.github.vla3d.labelling;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.labelling.truth.Truths;
import io.github.vla3d.perception.Teacher;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * For work on a teacher: {@code ScoreTeacher DATASET TEACHER_CLASS|oracle [EPISODE,EPISODE...]}.
 */
final class ScoreTeacher {
  private ScoreTeacher() {}

  public static void main(String[] args) throws ReflectiveOperationException {
    Path data = Path.of(args[0]);
    try (Dataset recordings = Recordings.open(data, ReadOptions.ALL);
        Truth truth = Truths.open(data).orElseThrow();
        Teacher teacher =
            args[1].equals("oracle")
                ? new OracleLabels(Truths.open(data).orElseThrow())
                : (Teacher) Class.forName(args[1]).getDeclaredConstructor().newInstance()) {
      List<Integer> episodes = new ArrayList<>();
      if (args.length > 2) {
        for (String number : args[2].split(",", -1)) {
          episodes.add(Integer.parseInt(number));
        }
      } else {
        for (int i = 0; i < recordings.size(); i++) {
          episodes.add(i);
        }
      }
      Scores scores =
          Trial.run(recordings, truth, teacher, episodes, Trial.AS_RECORDED, frame -> {});
      System.out.println(scores.toJson().toPrettyString());
    }
  }
}
