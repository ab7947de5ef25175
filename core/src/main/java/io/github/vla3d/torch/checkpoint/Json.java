package io.github.vla3d.torch.checkpoint;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Records from and to JSON: a key that is unknown, missing, doubled or null is an error. */
final class Json {
  /** A larger file is none of ours: it is refused before it fills the memory. */
  private static final long LARGEST = 64L << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .build();

  private Json() {}

  static byte[] bytes(Object value) {
    try {
      return (MAPPER.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be JSON: " + value, e);
    }
  }

  static void write(Path file, Object value) throws IOException {
    Files.write(file, bytes(value));
  }

  /**
   * All bytes of a file of bounded size.
   *
   * @throws TorchException if it cannot be read or is larger
   */
  static byte[] readBytes(Path file) {
    try {
      long size = Files.size(file);
      if (size > LARGEST) {
        throw new TorchException(file + ": wanted at most " + LARGEST + " bytes, got " + size);
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new TorchException(file + ": cannot be read: " + e, e);
    }
  }

  /**
   * @throws TorchException if the file cannot be read or is not exactly such a record
   */
  static <T> T read(Path file, Class<T> type) {
    byte[] bytes = readBytes(file);
    try {
      return MAPPER.readValue(bytes, type);
    } catch (JacksonException e) {
      throw new TorchException(
          file + ": " + String.valueOf(e.getOriginalMessage()).replace('\n', ' '), e);
    } catch (IOException e) {
      throw new TorchException(file + ": cannot be read: " + e, e);
    }
  }
}
