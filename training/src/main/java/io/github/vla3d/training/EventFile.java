package io.github.vla3d.training;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars for TensorBoard: records (length, its checksum, message, its checksum) of TensorFlow's
 * {@code Event} messages, of which time, step and simple values are written. Each run has a file of
 * its own, as TensorBoard expects.
 */
public final class EventFile implements AutoCloseable {
  private static final int MASK = 0xa282ead8;

  private final OutputStream out;

  /**
   * @param folder that gets a file of this run
   * @throws IOException if it cannot be written
   */
  public EventFile(Path folder) throws IOException {
    Files.createDirectories(folder);
    long millis = System.currentTimeMillis();
    Path file = folder.resolve("events.out.tfevents.%d.%d".formatted(millis / 1000, millis % 1000));
    this.out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    ByteBuffer version = message(64);
    bytes(version, 3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
    write(version);
  }

  /**
   * Adds the values of a step.
   *
   * @param prefix of their names
   */
  public void add(String prefix, long step, Map<String, Double> values) throws IOException {
    ByteBuffer summary = ByteBuffer.allocate(values.size() * 256).order(ByteOrder.LITTLE_ENDIAN);
    for (Map.Entry<String, Double> value : values.entrySet()) {
      byte[] name = (prefix + value.getKey()).getBytes(StandardCharsets.UTF_8);
      ByteBuffer one = ByteBuffer.allocate(name.length + 16).order(ByteOrder.LITTLE_ENDIAN);
      bytes(one, 1, name);
      one.put((byte) (2 << 3 | 5)).putFloat(value.getValue().floatValue());
      bytes(summary, 1, taken(one));
    }
    ByteBuffer event = message(summary.position() + 64);
    event.put((byte) (2 << 3));
    varint(event, step);
    bytes(event, 5, taken(summary));
    write(event);
    out.flush();
  }

  /** An event that has its time. */
  private static ByteBuffer message(int size) {
    ByteBuffer event = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    event.put((byte) (1 << 3 | 1)).putDouble(System.currentTimeMillis() / 1000.0);
    return event;
  }

  private static void bytes(ByteBuffer into, int field, byte[] value) {
    into.put((byte) (field << 3 | 2));
    varint(into, value.length);
    into.put(value);
  }

  private static void varint(ByteBuffer into, long value) {
    long left = value;
    while (left >= 128) {
      into.put((byte) (left & 127 | 128));
      left >>>= 7;
    }
    into.put((byte) left);
  }

  private static byte[] taken(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.position()];
    buffer.flip();
    buffer.get(bytes);
    return bytes;
  }

  private void write(ByteBuffer message) throws IOException {
    byte[] data = taken(message);
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(checksum(record.array(), 8));
    record.put(data).putInt(checksum(data, data.length));
    out.write(record.array());
  }

  /** CRC-32C, turned and shifted as TFRecord does. */
  private static int checksum(byte[] data, int length) {
    CRC32C crc = new CRC32C();
    crc.update(data, 0, length);
    int value = (int) crc.getValue();
    return Integer.rotateRight(value, 15) + MASK;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
