package io.github.vla3d.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Episodes that are kept for judging are never drawn, and the others keep their numbers. */
class ChosenEpisodesTest {
  /** Three episodes of 2, 3 and 4 frames. */
  private static Dataset three() {
    return new Dataset() {
      @Override
      public String name() {
        return "three";
      }

      @Override
      public int size() {
        return 3;
      }

      @Override
      public Episode episode(int index) {
        throw new AssertionError("only lengths are asked for");
      }

      @Override
      public int frames(int index) {
        return 2 + index;
      }

      @Override
      public void close() {}
    };
  }

  @Test
  void onlyChosenFramesAreDrawnAndAllOfThem() {
    for (List<Integer> chosen : List.of(List.of(0, 2), List.of(1), List.of(2), List.of(0, 1))) {
      Dataset some = ChosenEpisodes.of(three(), chosen);
      int frames = chosen.stream().mapToInt(e -> 2 + e).sum();
      SampleOrder order = new SampleOrder(List.of(some), new double[] {1}, 3, 0, 1);
      Set<SampleOrder.Sample> drawn = new HashSet<>();
      for (int i = 0; i < frames; i++) {
        drawn.add(order.next());
      }
      assertThat(drawn).as("%s", chosen).hasSize(frames);
      assertThat(drawn).allMatch(s -> chosen.contains(s.episode()) && s.frame() < 2 + s.episode());
    }
  }

  @Test
  void noListIsAllAndAStrangerIsNamed() {
    Dataset all = three();
    assertThat(ChosenEpisodes.of(all, List.of())).isSameAs(all);
    assertThatThrownBy(() -> ChosenEpisodes.of(all, List.of(0, 3)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("0 to 2")
        .hasMessageContaining("3");
  }
}
