package io.github.vla3d.datasets;

import io.github.vla3d.data.JsonFile;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.torch.io.NpyArray;
import io.github.vla3d.torch.io.Npz;
import io.jhdf.HdfFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.zip.ZipFile;

/**
 * What only the simulator knows: instance ids per pixel and the boxes of the objects. The id maps
 * are in the order of the stored picture.
 */
final class Truth {
  /** A box with its id: pose of its centre and half its edges in metres. */
  record Box(int id, RigidTransform worldFromBox, Vector3 half) {
    boolean contains(Vector3 world, double margin) {
      Vector3 p = worldFromBox.inverse().apply(world);
      return Math.abs(p.x()) <= half.x() + margin
          && Math.abs(p.y()) <= half.y() + margin
          && Math.abs(p.z()) <= half.z() + margin;
    }
  }

  private final Map<String, byte[]> ids;
  private final int pixels;
  private final List<Integer> objects;
  private final double[] quaternions;
  private final double[] centres;
  private final double[] sizes;

  private Truth(
      Map<String, byte[]> ids,
      int pixels,
      List<Integer> objects,
      double[] quaternions,
      double[] centres,
      double[] sizes) {
    this.ids = ids;
    this.pixels = pixels;
    this.objects = objects;
    this.quaternions = quaternions;
    this.centres = centres;
    this.sizes = sizes;
  }

  /** Ids of one frame of a view. */
  byte[] ids(String view, int frame) {
    byte[] all = Objects.requireNonNull(ids.get(view), view);
    return Arrays.copyOfRange(all, frame * pixels, (frame + 1) * pixels);
  }

  List<Box> boxes(int frame) {
    List<Box> boxes = new ArrayList<>();
    int n = objects.size();
    for (int i = 0; i < n; i++) {
      int at = frame * n + i;
      double[] q = Arrays.copyOfRange(quaternions, 4 * at, 4 * at + 4);
      Vector3 centre = vector(centres, at);
      boxes.add(
          new Box(
              objects.get(i),
              RigidTransform.fromQuaternion(q[0], q[1], q[2], q[3], centre),
              vector(sizes, i).times(0.5)));
    }
    return boxes;
  }

  private static Vector3 vector(double[] values, int i) {
    return new Vector3(values[3 * i], values[3 * i + 1], values[3 * i + 2]);
  }

  /** From {@code scene_XX.npz}: one frame, the views by name. */
  static Truth ofScene(Path npz, List<String> views) throws IOException {
    Map<String, NpyArray> arrays = arrays(npz, Set.of("seg"));
    byte[] seg = bytes(array(arrays, "seg"));
    int pixels = seg.length / views.size();
    Map<String, byte[]> ids = new HashMap<>();
    for (int v = 0; v < views.size(); v++) {
      ids.put(views.get(v), Arrays.copyOfRange(seg, v * pixels, (v + 1) * pixels));
    }
    return of(npz, arrays, ids, pixels);
  }

  /** From {@code privileged/episode_XXXXXX.npz} of the LeRobot layouts. */
  static Truth ofEpisode(Path npz) throws IOException {
    Map<String, NpyArray> arrays = arrays(npz, Set.of("seg_agentview", "seg_wrist"));
    Map<String, byte[]> ids =
        Map.of(
            "agentview", bytes(array(arrays, "seg_agentview")),
            "wrist", bytes(array(arrays, "seg_wrist")));
    List<Long> shape = array(arrays, "seg_wrist").spec().shape();
    return of(npz, arrays, ids, (int) (shape.get(1) * shape.get(2)));
  }

  private static Map<String, NpyArray> arrays(Path npz, Set<String> more) {
    Set<String> names = new HashSet<>(Set.of("object_quat", "object_center", "object_size"));
    names.addAll(more);
    return Npz.read(npz, names, 1L << 30);
  }

  private static Truth of(
      Path npz, Map<String, NpyArray> arrays, Map<String, byte[]> ids, int pixels)
      throws IOException {
    return new Truth(
        ids,
        pixels,
        table(names(npz)),
        array(arrays, "object_quat").toDoubles(),
        array(arrays, "object_center").toDoubles(),
        array(arrays, "object_size").toDoubles());
  }

  /** From {@code privileged} of the HDF5 layout. */
  static Truth ofHdf5(Path file, String demo) {
    try (HdfFile hdf5 = new HdfFile(file)) {
      String group = "data/" + demo + "/";
      Map<String, byte[]> ids = new HashMap<>();
      int pixels = 0;
      for (String camera : List.of("agentview", "eye_in_hand")) {
        var data = hdf5.getDatasetByPath(group + "obs/" + camera + "_segmentation");
        int[] flat = (int[]) data.getDataFlat();
        pixels = data.getDimensions()[1] * data.getDimensions()[2];
        byte[] seg = new byte[flat.length];
        for (int i = 0; i < seg.length; i++) {
          seg[i] = (byte) flat[i];
        }
        ids.put(camera, seg);
      }
      String privileged = group + "privileged/";
      String[] names = (String[]) hdf5.getDatasetByPath(privileged + "object_names").getData();
      return new Truth(
          ids,
          pixels,
          table(List.of(names)),
          (double[]) hdf5.getDatasetByPath(privileged + "object_quat").getDataFlat(),
          (double[]) hdf5.getDatasetByPath(privileged + "object_center").getDataFlat(),
          (double[]) hdf5.getDatasetByPath(privileged + "object_size").getDataFlat());
    }
  }

  private static List<Integer> table(List<String> names) {
    JsonFile json = JsonFile.read(Shared.libero("segmentation_ids.json"));
    Map<String, Integer> ids = new HashMap<>();
    for (String key : json.keys()) {
      ids.put(json.text(key), Integer.parseInt(key));
    }
    return names.stream().map(name -> Objects.requireNonNull(ids.get(name), name)).toList();
  }

  private static NpyArray array(Map<String, NpyArray> arrays, String name) {
    return Objects.requireNonNull(arrays.get(name), name);
  }

  private static byte[] bytes(NpyArray array) {
    byte[] bytes = new byte[array.values().remaining()];
    array.values().get(bytes);
    return bytes;
  }

  /** {@code object_names}: fixed-length UTF-32, which the product has no need to read. */
  private static List<String> names(Path npz) throws IOException {
    try (ZipFile zip = new ZipFile(npz.toFile());
        InputStream in = zip.getInputStream(zip.getEntry("object_names.npy"))) {
      byte[] bytes = in.readAllBytes();
      int header = 10 + ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort(8);
      String text = new String(bytes, 0, header, StandardCharsets.ISO_8859_1);
      int width = Integer.parseInt(text.replaceAll("(?s).*<U(\\d+).*", "$1"));
      List<String> names = new ArrayList<>();
      for (int at = header; at < bytes.length; at += 4 * width) {
        String padded = new String(bytes, at, 4 * width, Charset.forName("UTF-32LE"));
        names.add(padded.replace("\0", ""));
      }
      return names;
    }
  }
}
