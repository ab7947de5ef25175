package io.github.vla3d.torch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Ranks;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataParallelTest {
  /** One parameter a bucket. */
  private static final long TINY = 1;

  private static Tensor batch(long step, int rank) {
    try (Generator generator = new Generator(1000 * step + rank)) {
      return generator.randn(DType.F32, 4, 6);
    }
  }

  /** Whether a rank uses the rare layer: in some steps all do, in some one, in some none. */
  private static boolean rarely(long step, int rank) {
    return step % 4 == 0 || (step % 4 == 1 && rank == 0) || (step % 4 == 2 && rank == 1);
  }

  private static Map<String, float[]> grads(TinyNet net) {
    Map<String, float[]> grads = new LinkedHashMap<>();
    net.tensors()
        .forEach(
            (name, p) -> {
              Tensor grad = p.grad();
              if (grad != null) {
                grads.put(name, grad.toFloats());
              }
            });
    return grads;
  }

  /** Averages of the gradients that each rank computes for itself. */
  private static Map<String, float[]> reference(long step, int size, boolean checkpointed) {
    return Scope.call(
        scope -> {
          Map<String, float[]> sum = new LinkedHashMap<>();
          try (TinyNet net = new TinyNet(7, checkpointed)) {
            for (int rank = 0; rank < size; rank++) {
              net.tensors().values().forEach(p -> p.value().grad(null));
              net.loss(batch(step, rank), rarely(step, rank)).backward();
              grads(net)
                  .forEach(
                      (name, grad) ->
                          sum.merge(
                              name,
                              grad,
                              (a, b) -> {
                                for (int i = 0; i < a.length; i++) {
                                  a[i] += b[i];
                                }
                                return a;
                              }));
            }
          }
          sum.values()
              .forEach(
                  grad -> {
                    for (int i = 0; i < grad.length; i++) {
                      grad[i] /= size;
                    }
                  });
          return sum;
        });
  }

  private static void same(Map<String, float[]> got, Map<String, float[]> wanted, float within) {
    assertThat(got.keySet()).isEqualTo(wanted.keySet());
    got.forEach(
        (name, grad) ->
            assertThat(grad).as(name).containsExactly(wanted.get(name), Offset.offset(within)));
  }

  @ParameterizedTest
  @CsvSource({"2,1,false", "2,1,true", "2,700,true", "2,26214400,false", "3,700,true"})
  void gradientsAreTheAverages(int size, long bucketBytes, boolean checkpointed) {
    List<List<Map<String, float[]>>> all =
        Ranks.run(
            size,
            group -> {
              List<Map<String, float[]>> steps = new ArrayList<>();
              try (TinyNet net = new TinyNet(group.rank() == 0 ? 7 : 99, checkpointed);
                  DataParallel parallel = new DataParallel(group, net, bucketBytes)) {
                for (long step = 0; step < 8; step++) {
                  net.tensors().values().forEach(p -> p.value().grad(null));
                  net.loss(batch(step, group.rank()), rarely(step, group.rank())).backward();
                  parallel.finish();
                  steps.add(grads(net));
                }
              }
              return steps;
            });
    for (int step = 0; step < 8; step++) {
      Map<String, float[]> wanted = reference(step, size, checkpointed);
      assertThat(wanted.keySet()).doesNotContain("unused.weight", "frozen.weight");
      assertThat(wanted.containsKey("rare.weight")).isEqualTo(step % 4 != 3);
      for (List<Map<String, float[]>> rank : all) {
        // Two summands have one order only: not a bit may differ. Three of up to 3 in another
        // order:
        // three roundings of 2^-24 each.
        same(rank.get(step), wanted, size == 2 ? 0 : 6e-7f);
        same(rank.get(step), all.get(0).get(step), 0);
      }
    }
  }

  @Test
  void accumulatedGradientsAreAveragedOnce() {
    List<Map<String, float[]>> got =
        Ranks.run(
            2,
            group -> {
              try (TinyNet net = new TinyNet(7, false);
                  DataParallel parallel = new DataParallel(group, net, TINY)) {
                parallel.withoutSync(
                    () -> {
                      net.loss(batch(0, group.rank()), true).backward();
                      assertThat(parallel.launched()).isZero();
                      assertThatThrownBy(parallel::finish).hasMessageContaining("withoutSync");
                    });
                net.loss(batch(4, group.rank()), true).backward();
                net.loss(batch(8, group.rank()), true).backward(); // late for all buckets
                parallel.finish();
                return grads(net);
              }
            });
    Map<String, float[]> wanted =
        Scope.call(
            scope -> {
              try (TinyNet net = new TinyNet(7, false)) {
                List<Map<String, float[]>> ranks = new ArrayList<>();
                for (int rank = 0; rank < 2; rank++) {
                  net.tensors().values().forEach(p -> p.value().grad(null));
                  for (long step = 0; step <= 8; step += 4) {
                    net.loss(batch(step, rank), true).backward();
                  }
                  ranks.add(grads(net));
                }
                ranks
                    .get(0)
                    .forEach(
                        (name, grad) -> {
                          float[] other = ranks.get(1).getOrDefault(name, new float[0]);
                          for (int i = 0; i < grad.length; i++) {
                            grad[i] = (grad[i] + other[i]) / 2;
                          }
                        });
                return ranks.get(0);
              }
            });
    same(got.get(0), wanted, 0);
    same(got.get(1), wanted, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bucketsLeaveWhileThePassStillRuns(boolean checkpointed) {
    List<List<Integer>> launchedWhenFirstLayerArrives =
        Ranks.run(
            2,
            group -> {
              List<Integer> seen = new ArrayList<>();
              try (TinyNet net = new TinyNet(7, checkpointed);
                  DataParallel parallel = new DataParallel(group, net, TINY);
                  Autograd.Hook hook =
                      Autograd.onGradient(
                          net.first.weight().value(), g -> seen.add(parallel.launched()))) {
                assertThat(parallel.buckets()).isEqualTo(net.trainable().size());
                for (int step = 0; step < 2; step++) {
                  net.tensors().values().forEach(p -> p.value().grad(null));
                  net.loss(batch(step, group.rank()), true).backward();
                  if (step == 1) {
                    assertThat(parallel.launched()).isEqualTo(parallel.buckets());
                  }
                  parallel.finish();
                  assertThat(parallel.launched()).isZero();
                }
              }
              return seen;
            });
    // First pass: last and rare (4 tensors) leave at once, then the unused layer is waited for.
    // Second pass: it is known as unused; last, rare, unused, shared have left.
    assertThat(launchedWhenFirstLayerArrives)
        .allSatisfy(
            seen -> {
              assertThat(seen.get(0)).isEqualTo(4);
              assertThat(seen.get(1)).isGreaterThanOrEqualTo(8);
            });
  }

  @Test
  void allStartFromRankZero() {
    List<double[]> values =
        Ranks.run(
            2,
            group -> {
              try (TinyNet net = new TinyNet(group.rank(), false);
                  DataParallel parallel = new DataParallel(group, net)) {
                assertThat(parallel.buckets()).isEqualTo(1);
                return net.values();
              }
            });
    try (TinyNet net = new TinyNet(0, false)) {
      assertThat(values).allSatisfy(v -> assertThat(v).containsExactly(net.values()));
    }
  }

  @Test
  void anotherModuleIsNamed() {
    List<String> messages =
        Ranks.run(
            2,
            group -> {
              try (TinyNet net = new TinyNet(0, false)) {
                if (group.rank() == 1) {
                  net.freeze(name -> name.equals("rare.bias"));
                }
                return message(() -> new DataParallel(group, net).close());
              }
            });
    assertThat(messages.get(0)).contains("ranks [1] train another module than rank 0");
    assertThat(messages.get(1))
        .contains("rank 1 of 2", "wanted 'rare.bias F32[16]', got 'rare.bias F32[16] frozen'");
  }

  private static String message(Runnable body) {
    try {
      body.run();
      return "";
    } catch (TorchException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void changedParametersAreNoticed() {
    try (ProcessGroup group = ProcessGroup.single();
        TinyNet net = new TinyNet(0, false);
        DataParallel parallel = new DataParallel(group, net)) {
      parallel.finish();
      net.to(DType.F64);
      assertThatThrownBy(parallel::finish)
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("make DataParallel afterwards");
    }
  }

  @Test
  void closingTakesTheHooksOff() {
    Ranks.run(
        2,
        group -> {
          try (TinyNet net = new TinyNet(7, false)) {
            DataParallel parallel = new DataParallel(group, net, TINY);
            parallel.close();
            net.loss(batch(0, group.rank()), true).backward();
            assertThat(parallel.launched()).isZero();
            Parameter weight = net.last.weight();
            assertThat(weight.grad()).isNotNull();
            return Tensors.ones(1).item();
          }
        });
  }
}
