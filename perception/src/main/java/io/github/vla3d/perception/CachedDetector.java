package io.github.vla3d.perception;

import io.github.vla3d.data.RgbImage;
import io.github.vla3d.torch.io.HashedFolder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps detections in a folder, under a hash of the picture, the names and all that the detector
 * says its answers depend on. Several processes may share the folder.
 */
public final class CachedDetector implements Detector {
  private static final int FORMAT = 1;

  private final Detector inner;
  private final HashedFolder known;

  /**
   * @param inner is closed with this
   * @param folder is made if missing
   */
  public CachedDetector(Detector inner, Path folder) {
    this.inner = inner;
    this.known = new HashedFolder(folder, ".detections");
  }

  @Override
  public List<Detection> detect(RgbImage picture, List<String> names) {
    Path file = file(picture, names);
    List<Detection> kept = read(file, picture);
    if (kept == null) {
      kept = inner.detect(picture, names);
      write(file, kept);
    }
    return kept;
  }

  private Path file(RgbImage picture, List<String> names) {
    StringBuilder head = new StringBuilder();
    head.append(FORMAT).append(' ').append(picture.width()).append(' ').append(picture.height());
    names.forEach(name -> head.append('\n').append(name));
    new TreeMap<>(inner.provenance())
        .forEach((key, value) -> head.append("\n=").append(key).append('=').append(value));
    return known.file(
        head.append('\0').toString().getBytes(StandardCharsets.UTF_8), picture.toArray());
  }

  /** Null if it is not there, or damaged: then the picture is looked at again. */
  private @Nullable List<Detection> read(Path file, RgbImage picture) {
    byte[] content = known.read(file);
    if (content == null) {
      return null;
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content))) {
      int count = in.readInt();
      List<Detection> detections = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String name = in.readUTF();
        double score = in.readDouble();
        BitSet pixels = BitSet.valueOf(in.readNBytes(in.readInt()));
        detections.add(
            new Detection(name, score, new ObjectMask(picture.width(), picture.height(), pixels)));
      }
      return in.read() < 0 ? List.copyOf(detections) : null;
    } catch (IOException | IllegalArgumentException e) {
      return null;
    }
  }

  private void write(Path file, List<Detection> detections) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(detections.size());
      for (Detection detection : detections) {
        out.writeUTF(detection.name());
        out.writeDouble(detection.score());
        byte[] pixels = detection.mask().pixels().toByteArray();
        out.writeInt(pixels.length);
        out.write(pixels);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": a name that is too long to be kept", e);
    }
    known.write(file, bytes.toByteArray());
  }

  @Override
  public Map<String, String> provenance() {
    return inner.provenance();
  }

  @Override
  public void close() {
    inner.close();
  }
}
