package io.github.vla3d.training;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Joints;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Samples as bytes, and back without the loss of a bit. */
final class SampleCodec {
  /** Changes with the format. */
  static final int VERSION = 1;

  private ByteBuffer buffer;

  private SampleCodec(ByteBuffer buffer) {
    this.buffer = buffer.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The bytes of a sample; they say all but its number. */
  static ByteBuffer write(SceneSource.Item item) {
    SampleCodec codec = new SampleCodec(ByteBuffer.allocate(1 << 16));
    codec.put(item.observation());
    codec.put(item.actions());
    codec.putAll(item.objects(), codec::put);
    return codec.buffer.flip();
  }

  /** The sample of some bytes. */
  static SceneSource.Item read(SampleOrder.Sample sample, ByteBuffer bytes) {
    SampleCodec codec = new SampleCodec(bytes);
    return new SceneSource.Item(
        sample, codec.observation(), codec.chunk(), codec.all(codec::object));
  }

  /** The buffer with room for so many bytes more. */
  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      int more = Math.max(buffer.capacity(), Math.addExact(buffer.position(), bytes));
      buffer =
          ByteBuffer.allocate(Math.addExact(more, buffer.position()))
              .order(ByteOrder.LITTLE_ENDIAN)
              .put(buffer.flip());
    }
    return buffer;
  }

  // ---------------------------------------- plain values

  private void put(int value) {
    room(Integer.BYTES).putInt(value);
  }

  private void put(double value) {
    room(Double.BYTES).putDouble(value);
  }

  private void put(boolean value) {
    room(1).put((byte) (value ? 1 : 0));
  }

  private boolean flag() {
    return buffer.get() != 0;
  }

  private void put(byte[] values) {
    put(values.length);
    room(values.length).put(values);
  }

  private byte[] bytes() {
    byte[] values = new byte[buffer.getInt()];
    buffer.get(values);
    return values;
  }

  private void put(String text) {
    put(text.getBytes(StandardCharsets.UTF_8));
  }

  private String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  private void put(float[] values) {
    put(values.length);
    int bytes = values.length * Float.BYTES;
    room(bytes).asFloatBuffer().put(values);
    buffer.position(buffer.position() + bytes);
  }

  private float[] floats() {
    float[] values = new float[buffer.getInt()];
    buffer.asFloatBuffer().get(values);
    buffer.position(buffer.position() + values.length * Float.BYTES);
    return values;
  }

  private void put(double[] values) {
    put(values.length);
    for (double value : values) {
      put(value);
    }
  }

  private double[] doubles() {
    double[] values = new double[buffer.getInt()];
    for (int i = 0; i < values.length; i++) {
      values[i] = buffer.getDouble();
    }
    return values;
  }

  private <T> void putAll(List<T> values, Consumer<T> each) {
    put(values.size());
    values.forEach(each);
  }

  private <T> List<T> all(Supplier<T> each) {
    List<T> values = new ArrayList<>();
    for (int left = buffer.getInt(); left > 0; left--) {
      values.add(each.get());
    }
    return values;
  }

  private <T> void put(Optional<T> value, Consumer<T> there) {
    put(value.isPresent());
    value.ifPresent(there);
  }

  private <T> Optional<T> optional(Supplier<T> there) {
    return flag() ? Optional.of(there.get()) : Optional.empty();
  }

  // ---------------------------------------- observations

  private void put(Observation observation) {
    putAll(observation.views(), this::put);
    put(observation.state());
    putAll(observation.worldFromEffectors(), this::put);
    put(observation.instruction());
    put(observation.seconds());
    put(observation.joints().arm());
    put(observation.joints().fingers());
  }

  private Observation observation() {
    return new Observation(
        all(this::view),
        floats(),
        all(this::transform),
        text(),
        buffer.getDouble(),
        new Joints(doubles(), doubles()));
  }

  private void put(View view) {
    put(view.name());
    put(view.rgb().width());
    put(view.rgb().height());
    put(view.rgb().toArray());
    put(view.depth(), depth -> put(depth.toArray()));
    put(view.camera(), this::put);
    put(view.depthCamera(), this::put);
  }

  private View view() {
    String name = text();
    int width = buffer.getInt();
    int height = buffer.getInt();
    return new View(
        name,
        RgbImage.owning(width, height, bytes()),
        optional(() -> DepthImage.of(floats(), width, height)),
        optional(this::camera),
        optional(this::camera));
  }

  private void put(Camera camera) {
    put(camera.intrinsics().width());
    put(camera.intrinsics().height());
    put(camera.intrinsics().matrix());
    put(camera.worldFromCamera());
  }

  private Camera camera() {
    int width = buffer.getInt();
    int height = buffer.getInt();
    return new Camera(Intrinsics.fromRowMajor(doubles(), width, height), transform());
  }

  private void put(RigidTransform transform) {
    put(transform.toRowMajor());
  }

  private RigidTransform transform() {
    return RigidTransform.restored(doubles());
  }

  // ---------------------------------------- actions and labels

  private void put(ActionChunks.Chunk chunk) {
    put(chunk.actions().length);
    for (int h = 0; h < chunk.actions().length; h++) {
      put(chunk.actions()[h]);
      put(chunk.padded()[h]);
    }
  }

  private ActionChunks.Chunk chunk() {
    float[][] actions = new float[buffer.getInt()][];
    boolean[] padded = new boolean[actions.length];
    for (int h = 0; h < actions.length; h++) {
      actions[h] = floats();
      padded[h] = flag();
    }
    return new ActionChunks.Chunk(actions, padded);
  }

  private void put(LabelledObject object) {
    put(object.identity());
    put(object.name());
    put(object.score());
    put(object.masks().size());
    object
        .masks()
        .forEach(
            (view, mask) -> {
              put(view);
              put(mask.width());
              put(mask.height());
              put(mask.pixels().toByteArray());
            });
    put(
        object.place(),
        place -> {
          put(place.centroid());
          put(place.extent());
        });
  }

  private LabelledObject object() {
    int identity = buffer.getInt();
    String name = text();
    double score = buffer.getDouble();
    Map<String, ObjectMask> masks = new LinkedHashMap<>();
    for (int left = buffer.getInt(); left > 0; left--) {
      String view = text();
      int width = buffer.getInt();
      int height = buffer.getInt();
      masks.put(view, new ObjectMask(width, height, BitSet.valueOf(bytes())));
    }
    return new LabelledObject(
        identity, name, score, masks, optional(() -> new LabelledObject.Place(vector(), vector())));
  }

  private void put(Vector3 v) {
    put(v.x());
    put(v.y());
    put(v.z());
  }

  private Vector3 vector() {
    return new Vector3(buffer.getDouble(), buffer.getDouble(), buffer.getDouble());
  }
}
