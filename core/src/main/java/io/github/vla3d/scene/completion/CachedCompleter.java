package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.torch.io.HashedFolder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps whole clouds in a folder, under a hash of what they were made of, so that labelling the
 * same recordings again does not compute them again. A cloud comes back to the last bit. Several
 * processes may share the folder.
 */
public final class CachedCompleter implements CloudCompleter {
  /** Bytes before the points: their number, and the bytes of a coordinate. */
  private static final int HEAD = 2 * Integer.BYTES;

  private final CloudCompleter inner;
  private final byte[] identity;
  private final HashedFolder kept;

  /**
   * @param inner is closed with this
   * @param identity of the inner one, with all that its clouds depend on: name, hash of weights
   * @param folder is made if missing
   */
  public CachedCompleter(CloudCompleter inner, String identity, Path folder) {
    this.inner = inner;
    this.identity = identity.getBytes(StandardCharsets.UTF_8);
    this.kept = new HashedFolder(folder, ".cloud");
  }

  @Override
  public int mostPoints() {
    return inner.mostPoints();
  }

  @Override
  public PointCloud complete(PointCloud observed, Vector3 camera) {
    return complete(List.of(new Partial(observed, camera))).get(0);
  }

  /** Those that are missing go to the inner one together. */
  @Override
  public List<PointCloud> complete(List<Partial> partials) {
    List<PointCloud> all = new ArrayList<>();
    List<Partial> missing = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (Partial partial : partials) {
      PointCloud cloud = read(file(partial));
      if (cloud == null) {
        places.add(all.size());
        missing.add(partial);
        cloud = partial.observed();
      }
      all.add(cloud);
    }
    if (!missing.isEmpty()) {
      List<PointCloud> made = inner.complete(missing);
      for (int i = 0; i < missing.size(); i++) {
        write(file(missing.get(i)), made.get(i));
        all.set(places.get(i), made.get(i));
      }
    }
    return List.copyOf(all);
  }

  private Path file(Partial partial) {
    double[] xyz = partial.observed().toArray();
    ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * (xyz.length + 3));
    Vector3 camera = partial.camera();
    bytes.putDouble(camera.x()).putDouble(camera.y()).putDouble(camera.z());
    for (double value : xyz) {
      bytes.putDouble(value);
    }
    return kept.file(
        ByteBuffer.allocate(Integer.BYTES).putInt(identity.length).array(),
        identity,
        bytes.array());
  }

  /** Null if it is not there, or damaged: then it is made again. */
  private @Nullable PointCloud read(Path file) {
    byte[] content = kept.read(file);
    if (content == null || content.length < HEAD) {
      return null;
    }
    ByteBuffer bytes = ByteBuffer.wrap(content);
    int points = bytes.getInt();
    int width = bytes.getInt();
    boolean known = width == Float.BYTES || width == Double.BYTES;
    if (!known || points < 0 || bytes.remaining() != 3L * points * width) {
      return null;
    }
    double[] xyz = new double[3 * points];
    for (int i = 0; i < xyz.length; i++) {
      xyz[i] = width == Float.BYTES ? bytes.getFloat() : bytes.getDouble();
    }
    return PointCloud.of(xyz);
  }

  private void write(Path file, PointCloud cloud) {
    double[] xyz = cloud.toArray();
    boolean narrow = true;
    for (double value : xyz) {
      narrow &= (float) value == value;
    }
    int width = narrow ? Float.BYTES : Double.BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(HEAD + xyz.length * width);
    bytes.putInt(cloud.size()).putInt(width);
    for (double value : xyz) {
      if (narrow) {
        bytes.putFloat((float) value);
      } else {
        bytes.putDouble(value);
      }
    }
    kept.write(file, bytes.array());
  }

  @Override
  public void close() {
    inner.close();
  }
}
