package io.github.vla3d.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class ScopeTest {
  @Test
  void resultMovesToTheEnclosingScopeAndIntermediatesAreFreed() {
    Tensor[] leaked = new Tensor[1];
    double sum =
        Scope.call(
            outer -> {
              Tensor y =
                  Scope.tensor(
                      () -> {
                        leaked[0] = Tensors.ones(2, 3);
                        return leaked[0].add(1);
                      });
              assertThatThrownBy(() -> leaked[0].sum())
                  .isInstanceOf(TorchException.class)
                  .hasMessageContaining("after its scope closed");
              return y.sum().item();
            });
    assertThat(sum).isEqualTo(12);
  }

  @Test
  void tensorsNeedAScope() {
    assertThatThrownBy(() -> Tensors.ones(1))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("no scope is open");
  }

  @Test
  void nothingLeavesTheOutermostScope() {
    assertThatThrownBy(() -> Scope.tensor(() -> Tensors.ones(1)))
        .hasMessageContaining("outermost scope");
  }

  @Test
  void aScopeClosesBehindAnException() {
    Tensor[] leaked = new Tensor[1];
    assertThatThrownBy(
            () ->
                Scope.run(
                    () -> {
                      leaked[0] = Tensors.ones(1);
                      throw new IllegalStateException("boom");
                    }))
        .hasMessage("boom");
    assertThatThrownBy(leaked[0]::shape).hasMessageContaining("after its scope closed");
    assertThatThrownBy(Scope::current).hasMessageContaining("no scope is open");
  }

  @Test
  void aStoreOutlivesScopesAndServesOtherThreads() throws Exception {
    try (Store store = new Store()) {
      Tensor[] kept = new Tensor[1];
      Scope.run(() -> kept[0] = store.put(Tensors.ones(4)));
      FutureTask<Double> task = new FutureTask<>(() -> Scope.call(s -> kept[0].sum().item()));
      new Thread(task).start();
      assertThat(task.get()).isEqualTo(4);
      assertThat(store.size()).isEqualTo(1);
      store.free(kept[0]);
      assertThatThrownBy(() -> kept[0].shape()).hasMessageContaining("freed by its store");
    }
  }

  @Test
  void closingAStoreFreesItsTensors() {
    Tensor[] kept = new Tensor[1];
    try (Store store = new Store()) {
      Scope.run(() -> kept[0] = store.put(Tensors.ones(4)));
    }
    assertThatThrownBy(() -> kept[0].shape()).hasMessageContaining("store closed");
  }

  @Test
  void tensorsOfAScopeStayWithTheirThread() {
    Scope.run(
        () -> {
          Tensor mine = Tensors.ones(1);
          FutureTask<Boolean> task =
              new FutureTask<>(
                  () -> {
                    mine.shape();
                    return true;
                  });
          new Thread(task, "other").start();
          assertThatThrownBy(task::get)
              .isInstanceOf(ExecutionException.class)
              .hasMessageContaining("used by thread 'other'");
        });
  }

  @Test
  void errorsOfTheEngineAreOneLine() {
    Scope.run(
        () ->
            assertThatThrownBy(() -> Tensors.ones(2, 3).matmul(Tensors.ones(4, 5)))
                .isInstanceOf(TorchException.class)
                .hasMessage("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"));
  }
}
