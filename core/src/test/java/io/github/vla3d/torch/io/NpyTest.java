package io.github.vla3d.torch.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"stored.npz", "deflated.npz"})
  void everyTypeAndOrderOfNumPyIsRead(String name) {
    Map<String, NpyArray> arrays = Npz.read(Fixtures.file(name));
    Map<String, DType> types = new LinkedHashMap<>();
    types.put("f2", DType.F16);
    types.put("f4", DType.F32);
    types.put("f8", DType.F64);
    types.put("i1", DType.I8);
    types.put("i2", DType.I16);
    types.put("i4", DType.I32);
    types.put("i8", DType.I64);
    types.put("u1", DType.U8);
    types.put("u2", DType.I32);
    types.put("u4", DType.I64);
    types.put("u8", DType.I64);
    types.put("b1", DType.BOOL);
    types.forEach(
        (code, dtype) -> {
          double[] wanted = new double[24];
          for (int j = 0; j < 24; j++) {
            int value = j - 100;
            wanted[j] =
                code.startsWith("u") ? -value : code.startsWith("b") ? Math.abs(value % 2) : value;
          }
          for (String order : new String[] {"little.", "big."}) {
            for (String memory : new String[] {"", ".fortran"}) {
              NpyArray got = array(arrays, order + code + memory);
              assertThat(got.spec()).isEqualTo(TensorSpec.of(dtype, 2, 3, 4));
              assertThat(got.toDoubles()).as(order + code + memory).isEqualTo(wanted);
              Scope.run(() -> assertThat(got.toTensor().toDoubles()).isEqualTo(wanted));
            }
          }
        });
    assertThat(array(arrays, "scalar").spec()).isEqualTo(TensorSpec.of(DType.F64));
    assertThat(array(arrays, "scalar").toDoubles()).containsExactly(2.5);
    assertThat(array(arrays, "empty").spec()).isEqualTo(TensorSpec.of(DType.F32, 0, 3));
    assertThat(array(arrays, "vector").toLongs()).containsExactly(0, 1, 2, 3, 4);
    NpyArray half = array(arrays, "half");
    Scope.run(() -> assertThat(half.toFloats()).isEqualTo(half.toTensor().toFloats()));
    assertThat(half.toDoubles()[4]).isEqualTo(65504);
    assertThat(half.toDoubles()[6]).isEqualTo(0x1p-24);
    assertThat(arrays).hasSize(12 * 4 + 4);
  }

  private static NpyArray array(Map<String, NpyArray> arrays, String name) {
    return Objects.requireNonNull(arrays.get(name), name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1.npy", "v2.npy", "v3.npy"})
  void allVersionsAreRead(String name) {
    NpyArray array = Npy.read(Fixtures.file(name));
    assertThat(array).isEqualTo(NpyArray.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3));
  }

  @Test
  void weWriteTheBytesThatNumPyWrites() throws Exception {
    Path file = folder.resolve("a.npy");
    Npy.write(file, NpyArray.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3));
    assertThat(file).hasSameBinaryContentAs(Fixtures.file("v1.npy"));
  }

  @Test
  void tensorsGoThereAndBack() {
    Scope.run(
        () -> {
          Map<String, NpyArray> arrays = new LinkedHashMap<>();
          for (DType dtype : DType.values()) {
            if (dtype != DType.BF16) {
              for (long[] shape : new long[][] {{}, {7}, {0, 2}, {2, 3, 4}}) {
                arrays.put(dtype + "." + shape.length, NpyArray.of(Fixtures.ramp(dtype, shape)));
              }
            }
          }
          Path file = folder.resolve("a.npz");
          Npz.write(file, arrays);
          assertThat(Npz.read(file)).isEqualTo(arrays);
          arrays.forEach(
              (name, array) -> {
                Npy.write(folder.resolve("a.npy"), array);
                NpyArray read = Npy.read(folder.resolve("a.npy"));
                assertThat(read).isEqualTo(array);
                Tensor tensor = read.toTensor();
                assertThat(NpyArray.of(tensor)).isEqualTo(array);
              });
          assertThatThrownBy(
                  () ->
                      Npy.write(folder.resolve("b.npy"), NpyArray.of(Fixtures.ramp(DType.BF16, 2))))
              .hasMessage("NumPy has no type for BF16");
        });
  }

  @ParameterizedTest
  @CsvSource({
    "object.npy, \"type: wanted f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 or b1, got '|O'\"",
    "text.npy, got '<U1'",
    "record.npy, 'header: wanted descr, fortran_order and shape'",
    "unsigned.npy, 9223372036854775808 does not fit",
    "legacy.pth, not an npy file"
  })
  void otherArraysAreRefused(String name, String message) {
    Path file = Fixtures.file(name);
    assertThatThrownBy(() -> Npy.read(file))
        .isInstanceOf(TorchException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message.replaceAll("^\"|\"$", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      textBlock =
          """
          {'descr': '<f4', 'fortran_order': False, 'shape': (3,)}                     ; wanted at most 8 bytes
          {'descr': '<f4', 'fortran_order': False, 'shape': (1,)}                     ; bytes after the last value
          {'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999)} ; is too large
          {'descr': '<f4', 'fortran_order': False, 'shape': (0, 9999999999, 9999999999)} ; is too large
          {'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}  ; shape (9
          {'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}                    ; wanted descr
          {'descr': '<f4', 'fortran_order': False, 'shape': (2,,)}                    ; shape (2,,)
          {'descr': '<f4', 'fortran_order': False, 'shape': 2}                        ; wanted descr
          {'descr': '<f4', 'fortran_order': 1, 'shape': (2,)}                         ; wanted descr
          {'descr': '<f4', 'fortran_order': '<f4', 'shape': (2,)}                     ; is wrong or comes twice
          {'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}     ; is wrong or comes twice
          {'descr': '<f4', 'shape': (2,)}                                             ; wanted descr
          {'descr': '<f4' 'fortran_order': False, 'shape': (2,)}                      ; wanted a comma
          {'descr': '|b1', 'fortran_order': False, 'shape': (8,)}                     ; wanted 0 or 1, got 7
          not a dict                                                                  ; wanted a dict
          """)
  void aWrongHeaderIsRefused(String header, String message) throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate(10 + header.length() + 8);
    bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    bytes.put((byte) header.length()).put((byte) 0);
    bytes.put(header.getBytes(StandardCharsets.US_ASCII)).put((byte) 7);
    Path file = Files.write(folder.resolve("a.npy"), bytes.array());
    assertThatThrownBy(() -> Npy.read(file))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anArchiveUnpacksNoMoreThanItsLimit() throws Exception {
    Path file = folder.resolve("a.npz");
    Npz.write(file, Map.of("zeros", NpyArray.of(new byte[10_000_000], 10_000_000)));
    assertThat(Files.size(file)).isLessThan(20_000);
    assertThatThrownBy(() -> Npz.read(file, 9_000_000))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("wanted at most 9000000 bytes");
    assertThat(Npz.read(file, 11_000_000)).hasSize(1);
  }

  @Test
  void anEntryThatIsLongerThanItsArrayIsRefused() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] array = Files.readAllBytes(Fixtures.file("v1.npy"));
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("a.npy"));
      zip.write(array);
      zip.write(new byte[1000]);
      zip.closeEntry();
    }
    Path file = Files.write(folder.resolve("a.npz"), out.toByteArray());
    assertThatThrownBy(() -> Npz.read(file)).hasMessageContaining("more bytes than wanted");
  }

  @Test
  void aDamagedArchiveIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("stored.npz"));
    bytes[230] ^= 1;
    Path file = Files.write(folder.resolve("a.npz"), bytes);
    assertThatThrownBy(() -> Npz.read(file))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("'little.f2.npy': damaged, its check sum differs");
  }
}
