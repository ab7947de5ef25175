package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.render.Picture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * What only a judge may see of an episode: instances in the pictures, poses of the things, success.
 * Written as {@code privileged/episode_XXXXXX.npz}, in the layout of the project's LIBERO
 * recordings.
 */
final class Truth {
  private final List<Thing> things;
  private final List<String> interest;
  private final List<String> goals;
  private final Map<String, ByteArrayOutputStream> segmentations = new LinkedHashMap<>();
  private final List<double[]> positions = new ArrayList<>();
  private final List<double[]> quaternions = new ArrayList<>();
  private final List<double[]> centres = new ArrayList<>();
  private final ByteArrayOutputStream success = new ByteArrayOutputStream();
  private final ByteArrayOutputStream pushed = new ByteArrayOutputStream();
  private int size;

  Truth(Tabletop table) {
    things = table.scenario().things();
    interest = table.task().targets();
    goals = table.task().goals().stream().map(Goal::where).distinct().toList();
  }

  /** Adds the present moment. */
  void add(Tabletop table) {
    for (Shot shot : table.shots()) {
      Picture picture = shot.picture();
      size = picture.width();
      segmentations
          .computeIfAbsent(shot.name(), name -> new ByteArrayOutputStream())
          .writeBytes(picture.ids());
    }
    double[] p = new double[3 * things.size()];
    double[] q = new double[4 * things.size()];
    double[] c = new double[3 * things.size()];
    for (int i = 0; i < things.size(); i++) {
      RigidTransform pose = table.pose(things.get(i).label());
      put(p, 3 * i, pose.translation());
      System.arraycopy(pose.quaternion(), 0, q, 4 * i, 4);
      Prop prop = things.get(i).prop();
      put(c, 3 * i, pose.apply(prop.lowest().plus(prop.highest()).times(0.5)));
    }
    positions.add(p);
    quaternions.add(q);
    centres.add(c);
    success.write(table.goalsMet() ? 1 : 0);
  }

  /** Whether the action of the moment that was added last was not the expert's alone. */
  void pushed(boolean was) {
    pushed.write(was ? 1 : 0);
  }

  private static void put(double[] into, int at, Vector3 v) {
    into[at] = v.x();
    into[at + 1] = v.y();
    into[at + 2] = v.z();
  }

  void write(Path file) {
    int frames = positions.size();
    int n = things.size();
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
        for (Map.Entry<String, ByteArrayOutputStream> e : segmentations.entrySet()) {
          array(
              zip,
              "seg_" + e.getKey(),
              "|u1",
              "(%d, %d, %d)".formatted(frames, size, size),
              e.getValue().toByteArray());
        }
        names(zip, "object_names", things.stream().map(Thing::label).toList());
        numbers(zip, "object_pos", "(%d, %d, 3)".formatted(frames, n), positions);
        numbers(zip, "object_quat", "(%d, %d, 4)".formatted(frames, n), quaternions);
        numbers(zip, "object_center", "(%d, %d, 3)".formatted(frames, n), centres);
        List<double[]> sizes = new ArrayList<>();
        for (Thing thing : things) {
          Vector3 edges = thing.prop().highest().minus(thing.prop().lowest());
          sizes.add(new double[] {edges.x(), edges.y(), edges.z()});
        }
        numbers(zip, "object_size", "(%d, 3)".formatted(n), sizes);
        array(zip, "success", "|b1", "(%d,)".formatted(frames), success.toByteArray());
        names(zip, "objects_of_interest", interest);
        array(zip, "target_ids", "|u1", "(%d,)".formatted(interest.size()), ids(interest));
        array(zip, "goal_ids", "|u1", "(%d,)".formatted(goals.size()), ids(goals));
        array(zip, "pushed", "|b1", "(%d,)".formatted(frames), pushed.toByteArray());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What they are in the instance pictures. */
  private static byte[] ids(List<String> labels) {
    byte[] ids = new byte[labels.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (byte) Ids.of(labels.get(i));
    }
    return ids;
  }

  private static void numbers(ZipOutputStream zip, String name, String shape, List<double[]> rows)
      throws IOException {
    int count = rows.stream().mapToInt(row -> row.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (double[] row : rows) {
      for (double v : row) {
        bytes.putDouble(v);
      }
    }
    array(zip, name, "<f8", shape, bytes.array());
  }

  /** NumPy's fixed-width text: four bytes a character. */
  private static void names(ZipOutputStream zip, String name, List<String> texts)
      throws IOException {
    int width = texts.stream().mapToInt(String::length).max().orElse(1);
    ByteBuffer bytes = ByteBuffer.allocate(4 * width * texts.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < texts.size(); i++) {
      for (int j = 0; j < texts.get(i).length(); j++) {
        bytes.putInt(4 * (i * width + j), texts.get(i).charAt(j));
      }
    }
    array(zip, name, "<U" + width, "(%d,)".formatted(texts.size()), bytes.array());
  }

  private static void array(
      ZipOutputStream zip, String name, String type, String shape, byte[] values)
      throws IOException {
    ZipEntry entry = new ZipEntry(name + ".npy");
    // No time of writing: the same episode gives the same file.
    entry.setTime(0);
    zip.putNextEntry(entry);
    String header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(type, shape);
    int padded = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
    String text = header + " ".repeat(padded - header.length() - 1) + "\n";
    zip.write(
        new byte[] {
          (byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) padded, (byte) (padded >> 8)
        });
    zip.write(text.getBytes(StandardCharsets.US_ASCII));
    zip.write(values);
    zip.closeEntry();
  }
}
