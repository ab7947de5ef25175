package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.vla3d.data.DataException;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.labelling.truth.Truths;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.scene.config.Preset;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Labels never read {@code privileged/} or a segmentation: copies of the recordings without them
 * are labelled with the same bytes.
 */
class WithoutTruthTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"lerobot_v3, 3", "libero_hdf5, 3", "camera_shift, 4"})
  void depth(String name, int episode) throws IOException {
    labelsAreTheSame(name, episode);
  }

  /** The episode that is labelled as v3 above, in the layout of v2.1. */
  @Test
  @Tag("long")
  void depthOfTheOlderLayout() throws IOException {
    labelsAreTheSame("lerobot_v21", 3);
  }

  private void labelsAreTheSame(String name, int episode) throws IOException {
    Path data = Shared.libero(name);
    Path copy = folder.resolve(name);
    copy(data, copy);
    assertTruthIsGone(copy);
    Path from = folder.resolve("with");
    Path without = folder.resolve("without");
    assumeTrue(builtIn(data), "skipped: the teacher is not built in");
    label(data, from, episode);
    label(copy, without, episode);
    assertThat(FakeRecordings.bytes(without)).isEqualTo(FakeRecordings.bytes(from));
    try (StoredLabels labels = new StoredLabels(new LabelFolder(without))) {
      assertThat(labels.frame(episode, 0).labels()).isNotEmpty();
    }
  }

  private static boolean builtIn(Path data) {
    try (Teacher teacher = Teachers.of("depth", data, Map.of())) {
      return teacher.name().equals("depth");
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("not built in");
      return false;
    }
  }

  private static void label(Path data, Path out, int episode) {
    LabelJob job =
        new LabelJob(data, new LabelFolder(out), "depth", Map.of(), "mirror", Preset.of("default"));
    LabellingTest.run(job, 1, episode);
  }

  private static void assertTruthIsGone(Path copy) {
    Optional<Truth> truth;
    try {
      truth = Truths.open(copy);
    } catch (DataException e) {
      return;
    }
    if (truth.isPresent()) {
      try (Truth left = truth.get()) {
        assertThatThrownBy(() -> left.pictures(0, 0, Set.of("agentview", "wrist")))
            .isInstanceOf(DataException.class);
        assertThatThrownBy(() -> left.centres(0, 0)).isInstanceOf(DataException.class);
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    List<Path> files;
    try (var walk = Files.walk(from)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      Path relative = from.relativize(file);
      Path target = to.resolve(relative.toString());
      String name = file.getFileName().toString();
      if (relative.startsWith("privileged")) {
        continue;
      }
      Files.createDirectories(target.getParent());
      if (name.endsWith(".npz")) {
        copyWithout(file, target, "seg.npy", "object_");
      } else if (name.endsWith(".hdf5")) {
        // Names of the same length that nobody looks for.
        byte[] bytes = Files.readAllBytes(file);
        int renamed = 0;
        for (String word : List.of("_segmentation\0", "privileged\0", "segmentation_id_table\0")) {
          renamed += rename(bytes, word);
        }
        assertThat(renamed).isGreaterThanOrEqualTo(6);
        Files.write(target, bytes);
      } else {
        Files.copy(file, target);
      }
    }
  }

  private static void copyWithout(Path from, Path to, String... prefixes) throws IOException {
    try (ZipFile zip = new ZipFile(from.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to))) {
      for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(e -> (ZipEntry) e)::iterator) {
        if (Arrays.stream(prefixes).noneMatch(entry.getName()::startsWith)) {
          out.putNextEntry(new ZipEntry(entry.getName()));
          zip.getInputStream(entry).transferTo(out);
          out.closeEntry();
        }
      }
    }
  }

  /** Changes the last letter of a word wherever it stands; how often it did. */
  private static int rename(byte[] bytes, String word) {
    byte[] wanted = word.getBytes(StandardCharsets.US_ASCII);
    int found = 0;
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        bytes[i + wanted.length - 2]++;
        found++;
      }
    }
    return found;
  }
}
