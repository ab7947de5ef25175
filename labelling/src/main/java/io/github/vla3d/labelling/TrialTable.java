package io.github.vla3d.labelling;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.DepthImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The changes with which a teacher is tried on a data set, beside the recordings as they are. What
 * a data set does not have - a second view, lossy depth, joints - cannot be taken away.
 *
 * @param changes as {@link Disturbance#parse} reads them, {@code none} first
 * @param omitted those that this data set cannot be tried with, with the reason
 */
public record TrialTable(List<String> changes, Map<String, String> omitted) {
  /** What the word on the command line is. */
  public static final String ALL = "all";

  private static final List<String> NOISE = List.of("noise:1", "noise:2", "noise:3");
  private static final String CALIBRATION = "calibration:5:0.3";
  private static final String LOSSY = "lossy";
  private static final String JOINTS = "no-joints";

  public TrialTable {
    changes = List.copyOf(changes);
    omitted = new LinkedHashMap<>(omitted);
  }

  /** Of the data set of a job; its first frame tells. */
  public static TrialTable of(LabelJob job) {
    List<String> changes = new ArrayList<>(List.of("none"));
    Map<String, String> omitted = new LinkedHashMap<>();
    Observation first = first(job, ReadOptions.ALL);
    List<String> views = first.views().stream().map(View::name).toList();
    if (views.size() > 1) {
      views.forEach(view -> changes.add("view:" + view));
    } else {
      omitted.put("view:NAME", "there is one view only");
    }
    if (hasLossy(job, first)) {
      changes.add(LOSSY);
    } else {
      omitted.put(LOSSY, "no depth in lossy videos");
    }
    changes.addAll(NOISE);
    changes.add(CALIBRATION);
    if (first.joints().arm().length > 0) {
      changes.add(JOINTS);
    } else {
      omitted.put(JOINTS, "no joints are recorded");
    }
    return new TrialTable(changes, omitted);
  }

  /** Whether the lossy depth of a data set is another than the one that is read otherwise. */
  static boolean hasLossy(LabelJob job) {
    return hasLossy(job, first(job, ReadOptions.ALL));
  }

  private static boolean hasLossy(LabelJob job, Observation clean) {
    List<String> views = clean.views().stream().map(View::name).toList();
    Optional<ReadOptions> other = Disturbance.parse(LOSSY).shown(views);
    return other.isPresent() && !Arrays.deepEquals(depths(first(job, other.get())), depths(clean));
  }

  /** Metres of each view. */
  private static float[][] depths(Observation seen) {
    return seen.views().stream()
        .map(view -> view.depth().map(DepthImage::toArray).orElse(new float[0]))
        .toArray(float[][]::new);
  }

  private static Observation first(LabelJob job, ReadOptions options) {
    try (Dataset dataset = Recordings.open(job.dataset(), options)) {
      return dataset.episode(0).observation(0);
    }
  }
}
