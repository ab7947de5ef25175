package io.github.vla3d.geometry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The reference values of geometry.safetensors (made by tools/reference/extract_geometry.py). */
final class Golden {
  private final ByteBuffer data;
  private final JsonNode header;

  Golden() throws IOException {
    try (InputStream in = Golden.class.getResourceAsStream("/geometry/geometry.safetensors")) {
      byte[] bytes = Objects.requireNonNull(in).readAllBytes();
      ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int length = (int) all.getLong();
      header = new ObjectMapper().readTree(bytes, 8, length);
      data = all.position(8 + length).slice().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private ByteBuffer bytes(String name) {
    JsonNode offsets = header.required(name).required("data_offsets");
    int from = offsets.get(0).intValue();
    return data.slice(from, offsets.get(1).intValue() - from).order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean has(String name) {
    return header.has(name);
  }

  long[] shape(String name) {
    List<Long> shape = new ArrayList<>();
    header.required(name).required("shape").forEach(size -> shape.add(size.longValue()));
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  float[] floats(String name) {
    ByteBuffer bytes = bytes(name);
    float[] values = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  double[] doubles(String name, int from, int n) {
    float[] floats = floats(name);
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = floats[from + i];
    }
    return values;
  }

  int[] indices(String name) {
    ByteBuffer bytes = bytes(name);
    boolean wide = header.required(name).required("dtype").textValue().equals("I64");
    int[] values = new int[bytes.remaining() / (wide ? 8 : 4)];
    for (int i = 0; i < values.length; i++) {
      values[i] = wide ? (int) bytes.getLong() : bytes.getInt();
    }
    return values;
  }

  boolean[] booleans(String name) {
    ByteBuffer bytes = bytes(name);
    boolean[] values = new boolean[bytes.remaining()];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes.get(i) != 0;
    }
    return values;
  }
}
