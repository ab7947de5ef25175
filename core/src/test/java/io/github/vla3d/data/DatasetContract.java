package io.github.vla3d.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.vla3d.geometry.DepthImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What every reader promises, whatever the format. */
public final class DatasetContract {
  private DatasetContract() {}

  /** Reads everything forwards and then backwards. */
  public static void check(Dataset dataset) {
    assertThat(dataset.size()).isPositive();
    Set<String> names = new HashSet<>();
    for (int e = 0; e < dataset.size(); e++) {
      Episode episode = dataset.episode(e);
      assertThat(names.add(episode.name())).as("episode named once: %s", episode.name()).isTrue();
      assertThat(episode.frames()).isPositive().isEqualTo(dataset.frames(e));
      assertThat(episode.framesPerSecond()).isPositive();
      assertThat(episode.states().rows()).isEqualTo(episode.frames());
      assertThat(episode.actions().rows()).isEqualTo(episode.frames());
      List<Observation> forwards = new ArrayList<>();
      for (int f = 0; f < episode.frames(); f++) {
        Observation observation = episode.observation(f);
        check(episode, observation, f);
        if (f > 0) {
          assertThat(observation.seconds()).isGreaterThan(forwards.get(f - 1).seconds());
        }
        forwards.add(observation);
      }
      for (int f = episode.frames() - 1; f >= 0; f--) {
        same(episode.observation(f), forwards.get(f));
      }
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> episode.observation(episode.frames()));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> episode.observation(-1));
    }
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> dataset.episode(dataset.size()));
  }

  private static void check(Episode episode, Observation observation, int frame) {
    assertThat(observation.views().stream().map(View::name)).isEqualTo(episode.viewNames());
    assertThat(observation.state()).containsExactly(episode.states().row(frame));
    assertThat(observation.seconds()).isGreaterThanOrEqualTo(0);
    for (View view : observation.views()) {
      if (view.depth().isPresent()) {
        float[] metres = view.depth().get().toArray();
        int valid = 0;
        for (float z : metres) {
          valid += z > 0 ? 1 : 0;
        }
        assertThat(valid).as("pixels of %s with a depth", view.name()).isPositive();
      }
    }
  }

  private static void same(Observation a, Observation b) {
    assertThat(a.seconds()).isEqualTo(b.seconds());
    for (int v = 0; v < a.views().size(); v++) {
      View x = a.views().get(v);
      View y = b.views().get(v);
      assertThat(x.rgb()).isEqualTo(y.rgb());
      assertThat(x.camera()).isEqualTo(y.camera());
      assertThat(x.depth().map(DepthImage::toArray).orElse(new float[0]))
          .containsExactly(y.depth().map(DepthImage::toArray).orElse(new float[0]));
    }
  }
}
