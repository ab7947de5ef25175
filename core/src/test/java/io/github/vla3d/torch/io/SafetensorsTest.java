package io.github.vla3d.torch.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.Safetensors.Content;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  /** One tensor of every type, a scalar, an empty one and one that is not contiguous. */
  static Map<String, Tensor> zoo() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (DType dtype : DType.values()) {
      Tensor values = Tensors.arange(-3, 4, 1, DType.F32, Device.CPU);
      tensors.put("of." + dtype, (dtype == DType.U8 ? values.abs() : values).to(dtype).view(7, 1));
    }
    tensors.put("scalar", Tensors.scalar(2.5));
    tensors.put("empty", Tensors.zeros(0, 3));
    tensors.put("turned", Tensors.arange(6).view(2, 3).transpose(0, 1));
    tensors.put("Größe \"1\"\\", Tensors.ones(2));
    return tensors;
  }

  static void assertSame(Map<String, Tensor> wanted, Safetensors got) {
    assertThat(got.specs()).hasSameSizeAs(wanted);
    wanted.forEach(
        (name, tensor) -> {
          assertThat(got.specs()).containsEntry(name, TensorSpec.of(tensor));
          assertThat(got.get(name).toBytes()).as(name).isEqualTo(tensor.toBytes());
          assertThat(TensorSpec.of(got.get(name))).isEqualTo(TensorSpec.of(tensor));
        });
  }

  @Test
  void whatIsWrittenIsRead() {
    Path file = folder.resolve("a.safetensors");
    Scope.run(
        () -> {
          Map<String, Tensor> tensors = zoo();
          SafetensorsWriter.write(file, tensors, Map.of("step", "12"));
          try (Safetensors read = Safetensors.open(file)) {
            assertSame(tensors, read);
            assertThat(read.metadata()).containsEntry("step", "12").containsEntry("format", "pt");
            assertThat(read.verifyContent()).isEqualTo(Content.INTACT);
            assertThat(read.get("scalar")).isSameAs(read.get("scalar"));
            assertThatThrownBy(() -> read.get("scolar"))
                .isInstanceOf(TorchException.class)
                .hasMessageContaining("no tensor 'scolar' (did you mean 'scalar'?)");
          }
        });
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void filesOfTheReferenceImplementationAreRead() {
    Scope.run(
        () -> {
          Map<String, Tensor> wanted = new LinkedHashMap<>();
          for (DType dtype : DType.values()) {
            wanted.put("of." + dtype, Fixtures.ramp(dtype, 3, 5));
          }
          wanted.put("scalar", Tensors.scalar(2.5));
          wanted.put("empty", Tensors.zeros(0, 3));
          try (Safetensors read = Safetensors.open(Fixtures.file("python.safetensors"))) {
            assertSame(wanted, read);
            assertThat(read.metadata()).containsEntry("note", "größer \"1\"\n");
            assertThat(read.verifyContent()).isEqualTo(Content.UNMARKED);
          }
          assertThatThrownBy(() -> Safetensors.open(Fixtures.file("float8.safetensors")))
              .hasMessageContaining("'f8': dtype: wanted one of")
              .hasMessageEndingWith("got 'F8_E5M2'");
        });
  }

  @Test
  void tensorsAreMappedAndGoWithTheirFile() {
    Path file = folder.resolve("a.safetensors");
    Scope.run(
        () -> {
          SafetensorsWriter.write(
              file, Map.of("a", Tensors.ones(4), "b", Tensors.zeros(DType.BF16, Device.CPU, 4)));
          Safetensors read = Safetensors.open(file);
          Tensor a = read.get("a");
          assertThat(a.sharesStorageWith(read.get("b"))).isTrue();
          read.close();
          assertThatThrownBy(a::shape).hasMessageContaining("store closed");
        });
  }

  @Test
  void misalignedValuesAreCopied() throws Exception {
    Path file =
        file(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}",
            9);
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 8, 1.5f);
    Files.write(file, bytes);
    try (Safetensors read = Safetensors.open(file)) {
      assertThat(read.get("b").toFloats()).containsExactly(1.5f, 0);
      assertThat(read.verifyContent()).isEqualTo(Content.UNMARKED);
    }
  }

  @Test
  void aFlippedBitIsFound() throws Exception {
    Path file = folder.resolve("a.safetensors");
    Scope.run(() -> SafetensorsWriter.write(file, Map.of("a", Tensors.ones(4))));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    try (Safetensors read = Safetensors.open(file)) {
      assertThat(read.verifyContent()).isEqualTo(Content.DAMAGED);
    }
  }

  @Test
  void shardsAreWrittenAndRead() {
    Scope.run(
        () -> {
          Map<String, Tensor> tensors = zoo();
          SafetensorsWriter.writeSharded(folder, tensors, Map.of(), 100);
          assertThat(folder.resolve("model.safetensors.index.json")).exists();
          try (Safetensors read = Safetensors.open(folder)) {
            assertSame(tensors, read);
            assertThat(read.verifyContent()).isEqualTo(Content.INTACT);
          }
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "a": "b.safetensors", "b": "a.safetensors"                         | 'a' is not in b
          "a": "a.safetensors", "b": "b.safetensors", "c": "a.safetensors"   | 'c' is not in a
          "a": "a.safetensors", "b": "c.safetensors"                         | c.safetensors: no such file
          "a": "a.safetensors", "b": "twice.safetensors"                     | 'a' is in twice.safetensors
          "a": "a.safetensors", "b": "../b.safetensors"                      | wanted the name of a .safetensors file
          "a": "a.safetensors", "b": "/b.safetensors"                        | wanted the name of a .safetensors file
          "a": "a.safetensors", "a": "b.safetensors"                         | Duplicate field 'a'
          "a": 1                                                             | wanted value_string
          """)
  void anIndexThatLiesIsRefused(String map, String message) throws Exception {
    Scope.run(
        () -> {
          Tensor one = Tensors.ones(1);
          SafetensorsWriter.write(folder.resolve("a.safetensors"), Map.of("a", one));
          SafetensorsWriter.write(folder.resolve("b.safetensors"), Map.of("b", one));
          SafetensorsWriter.write(folder.resolve("twice.safetensors"), Map.of("a", one, "b", one));
        });
    Files.writeString(
        folder.resolve("model.safetensors.index.json"), "{\"weight_map\": {" + map + "}}");
    assertThatThrownBy(() -> Safetensors.open(folder))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``            | wanted start_object at character 0, got nothing
          []            | wanted start_object at character 0, got start_array
          {}            | wanted a weight_map, got none
          {"files": {}} | wanted metadata and weight_map, got 'files'
          """)
  void anIndexOfAnotherFormIsRefused(String text, String message) throws Exception {
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, text);
    assertThatThrownBy(() -> Safetensors.open(index))
        .isInstanceOf(TorchException.class)
        .hasMessage(index + ": " + message);
  }

  @Test
  void aFolderWithBothOrNeitherIsRefused() throws Exception {
    assertThatThrownBy(() -> Safetensors.open(folder)).hasMessageContaining("got neither");
    Files.createFile(folder.resolve("model.safetensors"));
    Files.createFile(folder.resolve("model.safetensors.index.json"));
    assertThatThrownBy(() -> Safetensors.open(folder)).hasMessageContaining("got both");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a":{"dtype":"F8_E5M2","shape":[4],"data_offsets":[0,4]}} | 'a': dtype: wanted one of
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}     | 'a': wanted 8 bytes for F32[2]
          {"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}    | 'a': wanted a number >= 0, got -1
          {"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}   | 'a': wanted value_number_int
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}     | 'a': wanted values from byte 0
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}     | data_offsets: wanted [start, end]
          {"a":{"dtype":"F32","shape":[1]}}                          | one is missing
          {"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}     | wanted 0 bytes of values by the header, got 4
          {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}} | without gap or overlap
          {"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}} | is too large
          {"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}} | is too large
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}} | out of range
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} | Duplicate field 'a'
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}} | got 'more'
          {"__metadata__":{"a":1}}                                   | '__metadata__': wanted value_string
          {"a":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}                | 'a': wanted start_object
          {} {}                                                      | text after the closing brace
          [1]                                                        | wanted a '{'
          {"a":                                                      | Unexpected end-of-input
          """)
  void aWrongHeaderIsRefused(String header, String message) throws Exception {
    Path file = file(header, 4);
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOf(TorchException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }

  @Test
  void aHeaderLongerThanItsFileIsRefused() throws Exception {
    for (long length : new long[] {-1, 0, 3, 99_999_999, 100_000_001, Long.MAX_VALUE}) {
      Path file = folder.resolve("a.safetensors");
      ByteBuffer bytes = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      Files.write(file, bytes.put((byte) '{').put((byte) '}').array());
      assertThatThrownBy(() -> Safetensors.open(file)).hasMessageContaining("header length");
    }
  }

  @Test
  void aReplacedFileIsNotMixedWithItsOldHeader() {
    Path file = folder.resolve("a.safetensors");
    Scope.run(
        () -> {
          SafetensorsWriter.write(file, Map.of("a", Tensors.ones(4)));
          try (Safetensors read = Safetensors.open(file)) {
            SafetensorsWriter.write(file, Map.of("a", Tensors.ones(40)));
            assertThatThrownBy(() -> read.get("a")).hasMessageContaining("has changed");
          }
        });
  }

  @Test
  void nothingIsLeftOfAFileThatCannotBeWritten() throws Exception {
    Path taken = folder.resolve("a.safetensors");
    Files.createDirectories(taken.resolve("full"));
    Scope.run(
        () ->
            assertThatThrownBy(() -> SafetensorsWriter.write(taken, Map.of("a", Tensors.ones(4))))
                .isInstanceOf(TorchException.class)
                .hasMessageContaining("cannot be written"));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(taken);
    }
  }

  private Path file(String header, int dataBytes) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + dataBytes);
    bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
    return Files.write(folder.resolve("made.safetensors"), bytes.array());
  }
}
