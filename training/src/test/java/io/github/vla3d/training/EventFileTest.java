package io.github.vla3d.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  @TempDir Path folder;

  @Test
  void beginsAsEveryEventFileAndHoldsTheValues() throws Exception {
    try (EventFile file = new EventFile(folder)) {
      file.add("base/", 300, Map.of("action", 0.25));
    }
    byte[] bytes;
    try (var files = Files.list(folder)) {
      bytes = Files.readAllBytes(files.findFirst().orElseThrow());
    }
    // The length 24 with its checksum, as TensorFlow writes it.
    assertThat(HexFormat.of().formatHex(bytes, 0, 12)).isEqualTo("1800000000000000a37f4b22");
    assertThat(new String(bytes, 12 + 11, 13, StandardCharsets.UTF_8)).isEqualTo("brain.Event:2");
    ByteBuffer second = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(12 + 24 + 4);
    int length = (int) second.getLong();
    assertThat(second.remaining()).isEqualTo(4 + length + 4);
    second.position(second.position() + 4 + 9);
    // step (field 2): 300 as a varint; summary (5) of one value (1): tag (1), number (2)
    byte[] rest = new byte[length - 9];
    second.get(rest);
    assertThat(HexFormat.of().formatHex(rest, 0, 9)).isEqualTo("10ac022a140a120a0b");
    assertThat(new String(rest, 9, 11, StandardCharsets.UTF_8)).isEqualTo("base/action");
    assertThat(ByteBuffer.wrap(rest, 21, 4).order(ByteOrder.LITTLE_ENDIAN).getFloat())
        .isEqualTo(0.25f);
  }
}
