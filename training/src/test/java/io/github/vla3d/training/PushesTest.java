package io.github.vla3d.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.io.NpyArray;
import io.github.vla3d.torch.io.Npz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PushesTest {
  @TempDir Path data;

  @Test
  void actionsBehindAPushAreNotTrainedOn() throws IOException {
    Files.createDirectories(data.resolve("privileged"));
    byte[] flags = {0, 0, 1, 0, 0};
    Npz.write(
        data.resolve("privileged/episode_000003.npz"), Map.of("pushed", NpyArray.of(flags, 5)));
    Pushes pushes = Pushes.of(data, 3, 5);
    // The frame of the push itself shows what the expert wants then.
    assertThat(trains(pushes, 0)).containsExactly(true, true, true, false, false, false);
    assertThat(trains(pushes, 2)).containsExactly(true, false, false, false, false, false);
    assertThat(trains(pushes, 3)).containsOnly(true);
  }

  @Test
  void withoutARecordNobodyWasPushed() {
    assertThat(trains(Pushes.of(data, 0, 5), 0)).containsOnly(true);
  }

  private static boolean[] trains(Pushes pushes, int frame) {
    boolean[] trains = new boolean[6];
    for (int h = 0; h < trains.length; h++) {
      trains[h] = pushes.trains(frame, h);
    }
    return trains;
  }
}
