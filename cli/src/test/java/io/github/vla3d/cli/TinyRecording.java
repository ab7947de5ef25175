package io.github.vla3d.cli;

import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.tabletop.Recorder;
import io.github.vla3d.tabletop.Tasks;
import io.github.vla3d.tabletop.Variant;
import io.github.vla3d.training.BaseOptions;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  /**
   * A short training of the policy, without the plug-in.
   *
   * @param frames folder for prepared frames
   * @param choices keys of the preset, instead of small ones
   */
  BaseOptions training(Path frames, Path to, Map<String, String> choices, long saveEvery) {
    Map<String, String> all = new HashMap<>();
    all.put("base.batch", "2");
    all.put("base.steps", "6");
    all.put("base.warmup", "2");
    all.put("base.peak", "1.0e-3");
    all.putAll(choices);
    return new BaseOptions(
        List.of(data),
        List.of(),
        base,
        to,
        frames,
        Preset.of("test").with(all),
        AgentOptions.DEFAULTS,
        3,
        saveEvery);
  }
}
