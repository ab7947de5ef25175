package io.github.vla3d.datasets.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What a killed process would leave behind: nothing, from the first question on. */
@EnabledOnOs(OS.LINUX)
class UnpackedLibraryTest {
  @Test
  void theLibraryIsLoadedAndItsFileIsGone() throws Exception {
    try (Parquet parquet = new Parquet()) {
      assertThat(parquet).isNotNull();
    }

    List<Path> mapped = UnpackedLibrary.mapped();

    assertThat(mapped).hasSize(1);
    String file = mapped.get(0).toString();
    assertThat(file).endsWith(" (deleted)");
    assertThat(Path.of(file.replace(" (deleted)", ""))).doesNotExist();
  }
}
