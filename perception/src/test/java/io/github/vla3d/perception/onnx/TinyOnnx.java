package io.github.vla3d.perception.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes small graphs: the few fields of ONNX's protobuf that they need. */
final class TinyOnnx {
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final long OPSET = 17;

  private final ByteArrayOutputStream graph = new ByteArrayOutputStream();

  /** Sizes below 0 are open. */
  TinyOnnx input(String name, boolean whole, long... shape) {
    bytes(graph, 11, port(name, whole ? INT64 : FLOAT, shape));
    return this;
  }

  TinyOnnx output(String name, long... shape) {
    bytes(graph, 12, port(name, FLOAT, shape));
    return this;
  }

  TinyOnnx floats(String name, float[] values, long... shape) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    bytes(graph, 5, tensor(name, FLOAT, raw.array(), shape));
    return this;
  }

  TinyOnnx longs(String name, long... values) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    bytes(graph, 5, tensor(name, INT64, raw.array(), values.length));
    return this;
  }

  /** An operation without an attribute. */
  TinyOnnx node(String op, List<String> inputs, String output) {
    return node(op, inputs, output, "", 0);
  }

  /** An operation with a whole number. */
  TinyOnnx node(String op, List<String> inputs, String output, String attribute, long value) {
    ByteArrayOutputStream node = new ByteArrayOutputStream();
    inputs.forEach(input -> text(node, 1, input));
    text(node, 2, output);
    text(node, 4, op);
    if (!attribute.isEmpty()) {
      ByteArrayOutputStream a = new ByteArrayOutputStream();
      text(a, 1, attribute);
      number(a, 3, value);
      number(a, 20, 2); // INT
      bytes(node, 5, a.toByteArray());
    }
    bytes(graph, 1, node.toByteArray());
    return this;
  }

  /** The whole model. */
  byte[] model() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    number(all, 1, 8);
    text(graph, 2, "tiny");
    bytes(all, 7, graph.toByteArray());
    ByteArrayOutputStream opset = new ByteArrayOutputStream();
    text(opset, 1, "");
    number(opset, 2, OPSET);
    bytes(all, 8, opset.toByteArray());
    return all.toByteArray();
  }

  private static byte[] port(String name, int type, long... shape) {
    ByteArrayOutputStream dims = new ByteArrayOutputStream();
    for (long size : shape) {
      ByteArrayOutputStream dim = new ByteArrayOutputStream();
      if (size < 0) {
        text(dim, 2, "open" + -size);
      } else {
        number(dim, 1, size);
      }
      bytes(dims, 1, dim.toByteArray());
    }
    ByteArrayOutputStream tensor = new ByteArrayOutputStream();
    number(tensor, 1, type);
    bytes(tensor, 2, dims.toByteArray());
    ByteArrayOutputStream kind = new ByteArrayOutputStream();
    bytes(kind, 1, tensor.toByteArray());
    ByteArrayOutputStream port = new ByteArrayOutputStream();
    text(port, 1, name);
    bytes(port, 2, kind.toByteArray());
    return port.toByteArray();
  }

  private static byte[] tensor(String name, int type, byte[] raw, long... shape) {
    ByteArrayOutputStream tensor = new ByteArrayOutputStream();
    for (long size : shape) {
      number(tensor, 1, size);
    }
    number(tensor, 2, type);
    text(tensor, 8, name);
    bytes(tensor, 9, raw);
    return tensor.toByteArray();
  }

  private static void text(ByteArrayOutputStream to, int field, String value) {
    bytes(to, field, value.getBytes(StandardCharsets.UTF_8));
  }

  private static void bytes(ByteArrayOutputStream to, int field, byte[] value) {
    varint(to, (long) field << 3 | 2);
    varint(to, value.length);
    to.writeBytes(value);
  }

  private static void number(ByteArrayOutputStream to, int field, long value) {
    varint(to, (long) field << 3);
    varint(to, value);
  }

  private static void varint(ByteArrayOutputStream to, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      to.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    to.write((int) rest);
  }
}
