package io.github.vla3d.labelling.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.labelling.FakeRecordings;
import io.github.vla3d.labelling.LabelEngine;
import io.github.vla3d.labelling.LabelFolder;
import io.github.vla3d.labelling.LabelJob;
import io.github.vla3d.labelling.LabelListener;
import io.github.vla3d.labelling.Labelling;
import io.github.vla3d.scene.config.Preset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparkEngineTest {
  private static final int EPISODES = 3;

  @TempDir Path folder;

  private Labelling.Result label(Path data, String engine, String name, int stopAfter) {
    LabelJob job =
        new LabelJob(
            data,
            new LabelFolder(folder.resolve(name)),
            "oracle",
            Map.of(),
            "mirror",
            Preset.of("default"));
    AtomicInteger frames = new AtomicInteger();
    Labelling.Result result =
        Labelling.run(
            job,
            Labelling.plan(job, List.of()),
            LabelEngine.of(engine),
            2,
            new LabelListener() {
              @Override
              public void frames(int count) {
                frames.addAndGet(count);
              }

              @Override
              public boolean stop() {
                return frames.get() >= stopAfter;
              }
            });
    assertThat(result.frames()).isEqualTo(frames.get());
    return result;
  }

  @Test
  void writesTheSameBytesAsTheLocalEngine() throws IOException {
    Path data = FakeRecordings.write(folder.resolve("data"), EPISODES);
    Labelling.Result local = label(data, "local", "local", Integer.MAX_VALUE);
    Labelling.Result spark = label(data, "spark", "spark", Integer.MAX_VALUE);
    assertThat(spark.frames()).isEqualTo(local.frames()).isPositive();
    assertThat(spark.done()).isTrue();
    assertThat(FakeRecordings.bytes(folder.resolve("spark")))
        .isEqualTo(FakeRecordings.bytes(folder.resolve("local")));
    // Episodes that end while a run is being stopped are written, but no longer counted.
    label(data, "spark", "stopped", 0);
    assertThat(label(data, "spark", "stopped", Integer.MAX_VALUE).done()).isTrue();
    assertThat(FakeRecordings.bytes(folder.resolve("stopped")))
        .isEqualTo(FakeRecordings.bytes(folder.resolve("local")));
  }
}
