package io.github.vla3d.torch.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Ranks;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RankZeroTest {
  private static <T> Optional<T> makes(ProcessGroup group, RankZero.Making<T> making) {
    try {
      return new RankZero(group).makes(making);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Longer than a pause between two signals. */
  @Test
  void theOthersWaitUntilRankZeroIsDone() {
    AtomicInteger made = new AtomicInteger();
    List<String> results =
        Ranks.run(
            3,
            group -> {
              Optional<Integer> one =
                  makes(
                      group,
                      () -> {
                        sleep(6000);
                        return made.incrementAndGet();
                      });
              return one.isPresent() + " " + made.get();
            });
    assertThat(results).containsExactly("true 1", "false 1", "false 1");
  }

  private static void sleep(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFailureOfRankZeroIsOneOfAll() {
    List<String> results =
        Ranks.run(
            2,
            group -> {
              try {
                new RankZero(group)
                    .does(
                        () -> {
                          throw new IOException("no space");
                        });
                return "nothing";
              } catch (IOException | TorchException e) {
                return String.valueOf(e.getMessage());
              }
            });
    assertThat(results).containsExactly("no space", "rank 1 of 2: rank 0 has failed");
  }

  @Test
  void whatOneSaysAllHear() {
    List<String> results =
        Ranks.run(
            2,
            group -> {
              RankZero rankZero = new RankZero(group);
              boolean second = group.rank() == 1;
              return rankZero.any(second)
                  + " "
                  + rankZero.any(false)
                  + " "
                  + Arrays.toString(rankZero.any(new boolean[] {false, second, true}));
            });
    assertThat(results).containsOnly("true false [false, true, true]");
    assertThat(new RankZero(ProcessGroup.single()).any(false)).isFalse();
  }

  @Test
  void aDifferenceIsSeenByAll() {
    List<String> results =
        Ranks.run(
            2,
            group -> {
              RankZero rankZero = new RankZero(group);
              rankZero.same("seed", 7);
              try {
                rankZero.same("step", group.rank());
                return "same";
              } catch (TorchException e) {
                return String.valueOf(e.getMessage());
              }
            });
    assertThat(results).containsOnly("step: wanted the same in all processes, got 0 and 1");
  }
}
