package io.github.vla3d.torch.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.JavaChild;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.checkpoint.CheckpointFolder.Search;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointFolderTest {
  @TempDir Path checkpoints;

  private CheckpointFolder open(Retention retention) {
    return CheckpointFolder.open(checkpoints, retention);
  }

  private static Checkpoint save(CheckpointFolder folder, long step, double loss) {
    return folder.save(
        step,
        Map.of("loss", loss),
        aside -> {
          Files.createDirectories(aside.resolve("pretrained_model"));
          Files.writeString(aside.resolve("pretrained_model/config.json"), "{}");
          Files.writeString(aside.resolve("step.txt"), "step " + step);
        });
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(checkpoints)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(name -> !name.equals(".lock"))
          .sorted()
          .toList();
    }
  }

  private Search search() {
    return CheckpointFolder.newestWhole(checkpoints);
  }

  @Test
  void anEmptyOrMissingFolderHasNone() {
    assertThat(search().newest()).isEmpty();
    assertThat(CheckpointFolder.newestWhole(checkpoints.resolve("missing")).newest()).isEmpty();
  }

  @Test
  void theNewestIsFoundByItsNumber() throws IOException {
    try (CheckpointFolder folder = open(Retention.ALL)) {
      save(folder, 999_999, 1);
      save(folder, 1_000_000, 2);
      save(folder, 5, 3);
    }
    assertThat(names()).containsExactly("000005", "1000000", "999999", "last");
    assertThat(search().newest().orElseThrow())
        .isEqualTo(new Checkpoint(checkpoints.resolve("1000000"), 1_000_000, Map.of("loss", 2.0)));
    assertThat(checkpoints.resolve("last").toRealPath().getFileName()).hasToString("000005");
    Checkpoint last = CheckpointFolder.whole(checkpoints.resolve("last"));
    assertThat(last.step()).isEqualTo(5);
  }

  @Test
  void theLastOnesAndTheBestStay() throws IOException {
    try (CheckpointFolder folder = open(Retention.lastAndBest(2, "loss", Retention.Order.LOWER))) {
      double[] losses = {5, 1, 4, 3, 1, 2, 6, 7};
      for (int i = 0; i < losses.length; i++) {
        save(folder, i, losses[i]);
      }
    }
    assertThat(names()).containsExactly("000004", "000006", "000007", "last");
  }

  @Test
  void higherMayBeBetter() throws IOException {
    try (CheckpointFolder folder = open(Retention.lastAndBest(1, "loss", Retention.Order.HIGHER))) {
      save(folder, 1, 5);
      save(folder, 2, 9);
      save(folder, 3, 1);
      folder.save(4, Map.of("other", 100.0), aside -> {});
    }
    assertThat(names()).containsExactly("000002", "000004", "last");
  }

  @Test
  void damagedOnesCountForNothingAndStay() throws IOException {
    try (CheckpointFolder folder = open(Retention.last(2))) {
      save(folder, 1, 1);
      save(folder, 2, 1);
      Files.delete(checkpoints.resolve("000002/manifest.json"));
      save(folder, 3, 1);
      assertThat(names()).containsExactly("000001", "000002", "000003", "last");
      save(folder, 4, 1);
    }
    assertThat(names()).containsExactly("000002", "000003", "000004", "last");
  }

  @Test
  void theOneJustWrittenStaysThoughOthersAreNewer() throws IOException {
    try (CheckpointFolder folder = open(Retention.last(1))) {
      save(folder, 30, 1);
      save(folder, 20, 1);
    }
    assertThat(names()).containsExactly("000020", "000030", "last");
  }

  @Test
  void damagedOnesAreSkippedAndReported() throws IOException {
    try (CheckpointFolder folder = open(Retention.ALL)) {
      for (int step = 1; step <= 6; step++) {
        save(folder, step, 1);
      }
    }
    Files.writeString(checkpoints.resolve("000006/step.txt"), "step 5"); // same size
    Files.delete(checkpoints.resolve("000005/step.txt"));
    Files.writeString(checkpoints.resolve("000004/step.txt"), "step");
    Files.delete(checkpoints.resolve("000003/manifest.sha256"));
    Files.move(checkpoints.resolve("000002"), checkpoints.resolve("000007"));
    Search search = search();
    assertThat(search.newest().orElseThrow().step()).isEqualTo(1);
    assertThat(search.broken())
        .extracting(b -> b.folder().getFileName().toString())
        .containsExactly("000007", "000006", "000005", "000004", "000003");
    assertThat(search.broken().get(0).reason()).contains("its manifest is that of step 2");
    assertThat(search.broken().get(1).reason()).contains("step.txt: damaged: its SHA-256");
    assertThat(search.broken().get(2).reason()).contains("step.txt: missing");
    assertThat(search.broken().get(3).reason()).contains("step.txt: wanted 6 bytes, got 4");
    assertThat(search.broken().get(4).reason()).contains("no manifest");
  }

  @Test
  void whereThereAreNoLinksAFileNamesTheLast() throws IOException {
    try (CheckpointFolder folder = open(Retention.ALL)) {
      save(folder, 7, 1);
    }
    Path last = checkpoints.resolve("last");
    Files.delete(last);
    Files.writeString(last, "000007\n");
    assertThat(CheckpointFolder.whole(last).step()).isEqualTo(7);
    Files.writeString(last, "../000007\n");
    assertThatThrownBy(() -> CheckpointFolder.whole(last))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("wanted a folder, or a file with the name of one");
  }

  @ParameterizedTest
  @CsvSource({
    "a, true", "a/b, true", "a..b/.c/d.e, true", "..., true", "/a, false", "../a, false",
    "a/../b, false", "a/.., false", "., false", "./a, false", "a//b, false", "a/, false",
    "'a\\b', false", "'', false", "C:/x, false"
  })
  void aManifestReachesNoFurtherThanItsFolder(String path, boolean good) {
    var files = Map.of(path, new Manifest.Entry(1, "0".repeat(64)));
    if (good) {
      assertThat(new Manifest(1, 0, Map.of(), files).files()).hasSize(1);
    } else {
      assertThatThrownBy(() -> new Manifest(1, 0, Map.of(), files))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("no path of a file in the folder");
    }
  }

  @Test
  void aFlippedMetricIsDamage() throws IOException {
    try (CheckpointFolder folder = open(Retention.ALL)) {
      save(folder, 1, 0.25);
    }
    Path manifest = checkpoints.resolve("000001/manifest.json");
    Files.writeString(manifest, Files.readString(manifest).replace("0.25", "0.35"));
    assertThat(search().broken().get(0).reason()).contains("manifest.json: damaged");
  }

  @Test
  void theManifestIsCheckedByCommonTools() throws IOException {
    try (CheckpointFolder folder = open(Retention.ALL)) {
      save(folder, 1, 1);
    }
    String line = Files.readString(checkpoints.resolve("000001/manifest.sha256"));
    assertThat(line).matches("[0-9a-f]{64}  manifest\\.json\n");
  }

  @Test
  void anOlderOneOfTheSameStepIsReplaced() throws IOException {
    try (CheckpointFolder folder = open(Retention.ALL)) {
      save(folder, 1, 1);
      save(folder, 1, 2);
    }
    assertThat(search().newest().orElseThrow().metrics()).containsEntry("loss", 2.0);
    assertThat(names()).containsExactly("000001", "last");
  }

  @Test
  void leftoversOfCrashesAreCleanedAway() throws IOException {
    try (CheckpointFolder folder = open(Retention.ALL)) {
      save(folder, 1, 1);
      save(folder, 2, 2);
      save(folder, 3, 3);
    }
    Files.createDirectories(checkpoints.resolve(".new-000004/training_state"));
    Files.move(checkpoints.resolve("000001"), checkpoints.resolve(".trash-000001"));
    // Between the two renames of a replacement: the old one is the only one of its step.
    Files.move(checkpoints.resolve("000003"), checkpoints.resolve(".replaced-000003"));
    assertThat(search().newest().orElseThrow().step()).isEqualTo(3);
    open(Retention.ALL).close();
    assertThat(names()).containsExactly("000002", "000003", "last");
    assertThat(search().newest().orElseThrow().step()).isEqualTo(3);
  }

  @Test
  void aSecondWriterIsRefused() {
    try (CheckpointFolder folder = open(Retention.ALL)) {
      assertThatThrownBy(() -> open(Retention.ALL))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("another run writes its checkpoints there");
      save(folder, 1, 1);
    }
    open(Retention.ALL).close();
  }

  @Test
  void aFailingWriterLeavesWhatWasThere() throws IOException {
    try (CheckpointFolder folder = open(Retention.last(1))) {
      save(folder, 1, 1);
      assertThatThrownBy(
              () ->
                  folder.save(
                      2,
                      Map.of(),
                      aside -> {
                        Files.writeString(aside.resolve("half"), "half");
                        throw new IOException("disk on fire");
                      }))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("000002: not written, earlier checkpoints are as they were")
          .hasMessageContaining("disk on fire");
      assertThatThrownBy(() -> save(folder, 2, Double.NaN))
          .hasMessageContaining("metric 'loss': wanted a finite number, got NaN");
      assertThatThrownBy(() -> save(folder, -1, 1)).hasMessageContaining("step >= 0");
      assertThat(names()).containsExactly("000001", "last");
    }
    assertThat(search().newest().orElseThrow().step()).isEqualTo(1);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void linksAreRefused(@TempDir Path elsewhere) throws IOException {
    Path file = Files.writeString(elsewhere.resolve("weights"), "x");
    try (CheckpointFolder folder = open(Retention.ALL)) {
      assertThatThrownBy(
              () ->
                  folder.save(
                      1, Map.of(), aside -> Files.createSymbolicLink(aside.resolve("w"), file)))
          .hasMessageContaining("a checkpoint holds its files itself");
    }
    assertThat(file).exists();
  }

  /** The limit stands for a full disk: the same calls fail, in the middle of a file. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aDiskThatTakesNoMoreLeavesThePreviousState() throws Exception {
    Path errors = checkpoints.resolve("errors.txt");
    Path folder = checkpoints.resolve("checkpoints");
    try (TinyTraining training = new TinyTraining(0);
        CheckpointFolder open = CheckpointFolder.open(folder, Retention.ALL)) {
      training.step();
      training.save(open);
    }
    List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"));
    command.addAll(JavaChild.command(CheckpointProgram.class, folder.toString(), "5"));
    command.add(5, "-XX:-UsePerfData");
    Process child =
        new ProcessBuilder(command)
            .redirectError(errors.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(child.waitFor(180, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(Files.readString(errors)).isEqualTo(3);
    assertThat(Files.readAllLines(errors))
        .filteredOn(line -> line.startsWith("error: "))
        .singleElement()
        .asString()
        .contains("000002: not written, earlier checkpoints are as they were", "File too large");
    Search search = CheckpointFolder.newestWhole(folder);
    assertThat(search.broken()).isEmpty();
    assertThat(search.newest().orElseThrow().step()).isEqualTo(1);
    try (var files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder(".lock", "000001", "last");
    }
  }
}
