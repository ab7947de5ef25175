package io.github.vla3d.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessGroupTest {
  private static final ProcessGroup.Timeouts IMPATIENT =
      new ProcessGroup.Timeouts(Duration.ofMillis(1500), Duration.ofMillis(1500));

  @Test
  void allReduceSumsOverRanks() {
    List<float[]> sums =
        Ranks.run(
            3,
            group -> {
              Tensor t = Tensors.of(new float[] {group.rank() + 1, 10 * group.rank()}, 2);
              group.allReduce(t);
              return t.toFloats();
            });
    assertThat(sums).allSatisfy(sum -> assertThat(sum).containsExactly(6, 30));
  }

  @Test
  void broadcastAllGatherAndOtherTypes() {
    List<Boolean> ok =
        Ranks.run(
            2,
            group -> {
              Tensor b = Tensors.full(group.rank(), DType.BF16, Device.CPU, 4);
              group.broadcast(b, 1);
              assertThat(b.toFloats()).containsOnly(1);
              Tensor u8 = Tensors.of(new byte[] {(byte) (5 + group.rank()), 2}, 2);
              Tensor all = group.allGather(u8);
              assertThat(all.shape()).containsExactly(2, 2);
              assertThat(all.toInts()).containsExactly(5, 2, 6, 2);
              Tensor half = Tensors.full(0.5 + group.rank(), DType.BF16, Device.CPU, 3);
              group.allReduce(half);
              assertThat(half.toFloats()).containsOnly(2);
              Tensor longs = Tensors.of(new long[] {1L << 40}, 1);
              group.allReduce(longs);
              assertThat(longs.itemLong()).isEqualTo(1L << 41);
              return true;
            });
    assertThat(ok).containsExactly(true, true);
  }

  @Test
  void operationsUnderWayMayOverlap() {
    List<Double> sums =
        Ranks.run(
            2,
            group -> {
              Tensor a = Tensors.full(1, DType.F32, Device.CPU, 1 << 18);
              Tensor b = Tensors.full(2, DType.F32, Device.CPU, 1 << 10);
              var first = group.allReduceAsync(a);
              var second = group.allReduceAsync(b);
              second.await();
              first.await();
              first.await();
              return a.mean().item() + b.mean().item();
            });
    assertThat(sums).containsExactly(6.0, 6.0);
  }

  @Test
  void aGroupOfOneNeedsNoNetwork() {
    try (ProcessGroup group = ProcessGroup.single()) {
      Scope.run(
          () -> {
            Tensor t = Tensors.ones(2);
            group.allReduce(t);
            group.broadcast(t, 0);
            group.barrier();
            assertThat(t.toFloats()).containsExactly(1, 1);
            assertThat(group.allGather(t).shape()).containsExactly(1, 2);
          });
    }
  }

  @Test
  void aMissingPeerIsNamedInTime() {
    long start = System.nanoTime();
    assertThatThrownBy(
            () ->
                ProcessGroup.join(
                    Rendezvous.loopback(0, 3, Ranks.freePort()), Device.CPU, IMPATIENT))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("rank 0 of 3: waited 1.5 s")
        .hasMessageContaining("missing: rank 1, rank 2")
        .message()
        .hasLineCount(1);
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
  }

  @Test
  void aMissingRankZeroIsAnErrorInTime() {
    long start = System.nanoTime();
    assertThatThrownBy(
            () ->
                ProcessGroup.join(
                    Rendezvous.loopback(1, 2, Ranks.freePort()), Device.CPU, IMPATIENT))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("rank 1 of 2: rank 0 does not listen at 127.0.0.1:")
        .message()
        .hasLineCount(1);
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void aMissingPeerAtAFileIsNamed(@TempDir Path folder) {
    assertThatThrownBy(
            () ->
                ProcessGroup.join(
                    new Rendezvous(1, 2, 1, "127.0.0.1", 1, Optional.of(folder.resolve("meeting"))),
                    Device.CPU,
                    IMPATIENT))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("missing: rank 0");
  }

  @Test
  void aPeerThatDoesNotAnswerBreaksTheGroup() throws Exception {
    int port = Ranks.freePort();
    FutureTask<ProcessGroup> idle =
        new FutureTask<>(
            () -> ProcessGroup.join(Rendezvous.loopback(1, 2, port), Device.CPU, IMPATIENT));
    new Thread(idle).start();
    try (ProcessGroup group =
        ProcessGroup.join(Rendezvous.loopback(0, 2, port), Device.CPU, IMPATIENT)) {
      Scope.run(
          () -> {
            long start = System.nanoTime();
            Throwable first = catchThrowable(() -> group.allReduce(Tensors.ones(4)));
            assertThat(first)
                .isInstanceOf(TorchException.class)
                .hasMessageContaining(
                    "rank 0 of 2: all-reduce: a peer did not answer within 1.5 s");
            assertThat(first.getMessage()).hasLineCount(1);
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
            assertThatThrownBy(() -> group.barrier())
                .hasMessageContaining("barrier: the group broke before: rank 0 of 2: all-reduce");
          });
    }
    idle.get().close();
  }

  @Test
  void aPeerThatLeavesIsSeenAtOnce() {
    long start = System.nanoTime();
    int port = Ranks.freePort();
    Thread leaver =
        new Thread(
            () ->
                ProcessGroup.join(Rendezvous.loopback(1, 2, port), Device.CPU, Ranks.SHORT)
                    .close());
    leaver.start();
    try (ProcessGroup group =
        ProcessGroup.join(Rendezvous.loopback(0, 2, port), Device.CPU, Ranks.SHORT)) {
      assertThatThrownBy(() -> Scope.run(() -> group.allReduce(Tensors.ones(4))))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("rank 0 of 2: all-reduce: a peer has ended");
    }
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
  }

  @Test
  void wrongTensorsAreRefused() {
    try (ProcessGroup group = ProcessGroup.single()) {
      Scope.run(
          () -> {
            assertThatThrownBy(() -> group.allReduce(Tensors.ones(2, 3).transpose(0, 1)))
                .hasMessageContaining("contiguous");
            assertThatThrownBy(() -> group.broadcast(Tensors.ones(1), 1))
                .hasMessageContaining("root");
          });
    }
  }

  @Test
  void theEnvironmentIsChecked() {
    assertThat(Rendezvous.from(Map.of())).isEmpty();
    assertThat(
            Rendezvous.from(
                Map.of(
                    "RANK",
                    "3",
                    "WORLD_SIZE",
                    "4",
                    "LOCAL_RANK",
                    "1",
                    "MASTER_ADDR",
                    "node-0",
                    "MASTER_PORT",
                    "29500")))
        .contains(new Rendezvous(3, 4, 1, "node-0", 29500, Optional.empty()));
    assertThatThrownBy(() -> Rendezvous.from(Map.of("RANK", "0")))
        .hasMessageContaining("WORLD_SIZE is not set");
    assertThatThrownBy(
            () -> Rendezvous.from(Map.of("RANK", "x", "WORLD_SIZE", "2", "MASTER_PORT", "1")))
        .hasMessageContaining("RANK: wanted a number, got 'x'");
    assertThatThrownBy(
            () -> Rendezvous.from(Map.of("RANK", "2", "WORLD_SIZE", "2", "MASTER_PORT", "1")))
        .hasMessageContaining("RANK: wanted 0 to WORLD_SIZE - 1 = 1, got 2");
  }
}
