package io.github.vla3d.torch.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class LargeFileTest {
  /** Two matrices of 2.5 GiB: more than an int can count in bytes. */
  private static final long ROWS = 65_536;

  private static final long COLUMNS = 20_480;

  @TempDir Path folder;

  @Test
  void fiveGigabytesOpenInATenthOfASecondAndTakeNoMemory() throws Exception {
    Path file = sparse(folder.resolve("large.safetensors"));
    assertThat(Files.size(file)).isGreaterThan(5_000_000_000L);
    Path status = Path.of("/proc/self/status");
    Assumptions.assumeTrue(Files.exists(status), "resident memory is known on Linux only");
    Path small = folder.resolve("small.safetensors");
    Scope.run(() -> SafetensorsWriter.write(small, Map.of("a", Tensors.ones(4))));
    // The first opening pays for loading classes.
    try (Safetensors read = Safetensors.open(small)) {
      read.get("a").shape();
    }
    long before = residentKilobytes(status);
    long start = System.nanoTime();
    try (Safetensors read = Safetensors.open(file)) {
      Tensor a = read.get("a");
      Tensor b = read.get("b");
      double milliseconds = (System.nanoTime() - start) / 1e6;
      long grown = residentKilobytes(status) - before;
      System.out.printf(
          "%d bytes: opened and mapped in %.1f ms, resident memory grew by %d kB%n",
          Files.size(file), milliseconds, grown);
      assertThat(a.shape()).containsExactly(ROWS, COLUMNS);
      Scope.run(
          () -> {
            assertThat(a.select(0, 0).select(0, 0).item()).isEqualTo(1);
            assertThat(b.select(0, ROWS - 1).select(0, COLUMNS - 1).item()).isEqualTo(2);
          });
      assertThat(milliseconds).isLessThan(100);
      assertThat(grown).isLessThan(4_000);
    }
  }

  @Test
  void aTensorOfMoreThanTwoGibibytesIsWrittenAndRead() {
    Path file = folder.resolve("large.safetensors");
    Assumptions.assumeTrue(folder.toFile().getUsableSpace() > 8L << 30, "wants 8 GiB of disk");
    Scope.run(
        () -> {
          Tensor large = Tensors.empty(DType.U8, Device.CPU, (2L << 30) + 10);
          large.fill_(7);
          large.narrow(0, (2L << 30) + 9, 1).fill_(9);
          SafetensorsWriter.write(file, Map.of("a", large));
          try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.get("a").equal(large)).isTrue();
            assertThat(read.verifyContent()).isEqualTo(Safetensors.Content.INTACT);
          }
        });
  }

  /** BF16 a and b, with holes but for a 1 at the start of a and a 2 at the end of b. */
  private static Path sparse(Path file) throws IOException {
    long bytes = ROWS * COLUMNS * 2;
    String entry = "\"%s\":{\"dtype\":\"BF16\",\"shape\":[%d,%d],\"data_offsets\":[%d,%d]}";
    String header =
        "{"
            + entry.formatted("a", ROWS, COLUMNS, 0, bytes)
            + ","
            + entry.formatted("b", ROWS, COLUMNS, bytes, 2 * bytes)
            + "}";
    header += " ".repeat(-header.length() & 7);
    ByteBuffer start = ByteBuffer.allocate(8 + header.length() + 2).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    start.putShort((short) 0x3f80).flip();
    ByteBuffer end = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
    end.putShort((short) 0x4000).flip();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.WRITE)) {
      channel.write(start, 0);
      channel.write(end, 8 + header.length() + 2 * bytes - 2);
    }
    return file;
  }

  private static long residentKilobytes(Path status) throws IOException {
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no VmRSS");
  }
}
