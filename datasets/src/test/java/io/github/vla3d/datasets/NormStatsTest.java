package io.github.vla3d.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.NormStats;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against openpi's own code, see {@code tools/reference/norm_stats.py}. */
class NormStatsTest {
  @ParameterizedTest
  @CsvSource({"openpi_norm_stats, 10, true", "openpi_norm_stats_absolute, 50, false"})
  void equalThoseOfOpenpi(String reference, int horizon, boolean delta) throws IOException {
    JsonMapper mapper = new JsonMapper();
    JsonNode wanted;
    try (InputStream in =
        NormStatsTest.class.getResourceAsStream("/reference/" + reference + ".json")) {
      wanted = mapper.readTree(in);
    }
    ActionChunks chunks =
        new ActionChunks(horizon, delta ? new boolean[] {true, true, true} : new boolean[0]);
    try (Dataset dataset = Datasets.open(Shared.libero("lerobot_v3"))) {
      JsonNode got =
          mapper.readTree(NormStats.of(dataset, chunks, NormStats.DEFAULT_BATCH).toJson());
      for (String key : new String[] {"state", "actions"}) {
        for (String name : new String[] {"mean", "std", "q01", "q99"}) {
          JsonNode a = wanted.get("norm_stats").get(key).get(name);
          JsonNode b = got.get("norm_stats").get(key).get(name);
          assertThat(b.size()).isEqualTo(a.size());
          for (int i = 0; i < a.size(); i++) {
            assertThat(b.get(i).asDouble())
                .as("%s %s %d", key, name, i)
                .isCloseTo(a.get(i).asDouble(), within(1e-6));
          }
        }
      }
    }
  }
}
