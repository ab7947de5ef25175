package io.github.vla3d.torch.io;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files that tools/reference/files.py made, and archives made here. */
final class Fixtures {
  private Fixtures() {}

  static Path file(String name) {
    URL url = Objects.requireNonNull(Fixtures.class.getResource("/io/" + name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The values of every tensor of files.py. */
  static Tensor ramp(DType dtype, long... shape) {
    long n = 1;
    for (long size : shape) {
      n *= size;
    }
    float[] values = new float[(int) n];
    for (int j = 0; j < n; j++) {
      int value = j % 251 - 100;
      values[j] =
          dtype == DType.U8 ? Math.abs(value) : dtype == DType.BOOL ? Math.abs(value % 2) : value;
    }
    return Tensors.of(values, shape).to(dtype).to(Device.CPU);
  }

  /** An archive with uncompressed entries, as torch.save writes it. */
  static byte[] stored(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        CRC32 crc = new CRC32();
        crc.update(e.getValue());
        ZipEntry entry = new ZipEntry(e.getKey());
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(e.getValue().length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(e.getValue());
        zip.closeEntry();
      }
    }
    return out.toByteArray();
  }
}
