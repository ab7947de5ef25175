package io.github.vla3d.labelling;

import io.github.vla3d.perception.OracleTeacher;
import io.github.vla3d.perception.Teacher;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds the labels that a training takes. */
public final class TrainingLabels {
  private TrainingLabels() {}

  /**
   * Stored labels of a folder that is named, else those of the data set, else what a simulator
   * recorded beside it.
   *
   * @param labels null if none is named
   * @throws IllegalArgumentException if there is nothing of that
   * @throws io.github.vla3d.data.DataException if the named folder has no labels
   */
  public static Teacher of(Path dataset, @Nullable Path labels) {
    if (labels != null) {
      return new StoredLabels(new LabelFolder(labels));
    }
    LabelFolder beside = LabelFolder.of(dataset);
    if (beside.exists()) {
      return new StoredLabels(beside);
    }
    if (OracleTeacher.has(dataset)) {
      return new OracleTeacher(dataset);
    }
    throw new IllegalArgumentException(
        "labels: wanted those that 'vla3d label %s' makes, --labels DIR, or instance pictures of a"
                .formatted(dataset)
            + " simulator; got none");
  }
}
