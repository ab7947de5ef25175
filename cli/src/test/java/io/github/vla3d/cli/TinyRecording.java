package io.github.vla3d.cli;

import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.tabletop.Recorder;
import io.github.vla3d.tabletop.Tasks;
import io.github.vla3d.tabletop.Variant;
import java.nio.file.Path;
import java.util.List;

/**
 * An episode of the embedded benchmark, and a policy that has not learnt from it.
 *
 * @param data the recording
 * @param base the policy
 */
record TinyRecording(Path data, Path base) {
  /** Makes both in a folder. */
  static TinyRecording in(Path folder) {
    TinyRecording made = new TinyRecording(folder.resolve("data"), folder.resolve("base"));
    Recorder.record(
        List.of(Variant.nominal("open_upper_drawer", 0)),
        made.data,
        new Recorder.Options(1, 64, false, 2),
        () -> {});
    try (Dataset dataset = Datasets.open(made.data)) {
      FreshPolicy fresh =
          FreshPolicy.test(PiFamily.PI05, dataset.episode(0).viewNames())
              .withWords(Tasks.texts(), 32);
      fresh.write(
          made.base,
          NormStats.of(dataset, ActionChunks.absolute(fresh.horizon()), NormStats.DEFAULT_BATCH),
          0);
    }
    return made;
  }
}
