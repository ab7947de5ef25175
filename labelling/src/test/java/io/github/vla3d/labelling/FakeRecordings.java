package io.github.vla3d.labelling;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.Provenance;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.Track;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.lerobot.LeRobotWriter;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Small LeRobotDatasets with instance pictures: two cameras look down on a table with two blocks,
 * of which one wanders.
 */
public final class FakeRecordings {
  static final int SIDE = 96;
  static final int FRAMES = 12;
  static final List<String> VIEWS = List.of("side", "top");
  private static final double FOCAL = 140;
  private static final double HALF = 0.04;
  private static final double HEIGHT = 0.05;

  private FakeRecordings() {}

  /** Where a block is, with its middle. */
  private record Block(int id, double x, double y) {
    boolean covers(Vector3 p) {
      return Math.abs(p.x() - x) <= HALF && Math.abs(p.y() - y) <= HALF;
    }
  }

  private static List<Block> blocks(int episode, int frame, boolean empty) {
    return empty
        ? List.of()
        : List.of(
            new Block(10, -0.08, 0.02 * episode / 10),
            new Block(11, 0.07 + 0.003 * frame, 0.05 - 0.002 * frame));
  }

  private static Camera camera(String view) {
    double[] down = {1, 0, 0, 0, -1, 0, 0, 0, -1};
    Vector3 place = view.equals("top") ? new Vector3(0, 0, 0.8) : new Vector3(0.1, 0.05, 0.7);
    return new Camera(
        Intrinsics.of(FOCAL, FOCAL, SIDE / 2.0, SIDE / 2.0, SIDE, SIDE),
        RigidTransform.of(down, place));
  }

  /** Ids of a picture, 5 where the table is. */
  private static byte[] ids(String view, List<Block> blocks) {
    Camera camera = camera(view);
    byte[] ids = new byte[SIDE * SIDE];
    for (int i = 0; i < ids.length; i++) {
      Pixel pixel = Pixel.centre(i % SIDE, i / SIDE);
      Vector3 p = camera.unproject(pixel, camera.worldFromCamera().translation().z() - HEIGHT);
      ids[i] = 5;
      for (Block block : blocks) {
        ids[i] = block.covers(p) ? (byte) block.id : ids[i];
      }
    }
    return ids;
  }

  private static View view(String name, List<Block> blocks) {
    Camera camera = camera(name);
    byte[] ids = ids(name, blocks);
    float[] depth = new float[ids.length];
    byte[] rgb = new byte[3 * ids.length];
    for (int i = 0; i < ids.length; i++) {
      double z = camera.worldFromCamera().translation().z() - (ids[i] >= 10 ? HEIGHT : 0);
      depth[i] = (float) z;
      rgb[3 * i + ids[i] % 3] = (byte) (20 * ids[i]);
    }
    return View.of(
        name,
        RgbImage.owning(SIDE, SIDE, rgb),
        Optional.of(DepthImage.of(depth, SIDE, SIDE)),
        Optional.of(camera));
  }

  private record Fake(int number, boolean empty) implements Episode {
    @Override
    public String name() {
      return "fake " + number;
    }

    @Override
    public String task() {
      return "touch the block";
    }

    @Override
    public int frames() {
      return FRAMES;
    }

    @Override
    public double framesPerSecond() {
      return 20;
    }

    @Override
    public List<String> viewNames() {
      return VIEWS;
    }

    @Override
    public Observation observation(int frame) {
      return new Observation(
          VIEWS.stream().map(view -> view(view, blocks(number, frame, empty))).toList(),
          new float[8],
          List.of(RigidTransform.translation(new Vector3(0, 0, 0.3))),
          task(),
          frame / framesPerSecond());
    }

    @Override
    public Track states() {
      return Track.of(FRAMES, 8, new float[8 * FRAMES]);
    }

    @Override
    public Track actions() {
      return Track.of(FRAMES, 7, new float[7 * FRAMES]);
    }

    @Override
    public Provenance provenance() {
      return new Provenance("computed", name(), Map.of());
    }
  }

  /** Writes episodes. */
  public static Path write(Path folder, int episodes) {
    return write(folder, episodes, 0);
  }

  /**
   * Writes episodes.
   *
   * @param episodes in all
   * @param empty how many of them, the last ones, show a table without blocks
   */
  static Path write(Path folder, int episodes, int empty) {
    try (LeRobotWriter writer =
        new LeRobotWriter(folder, new LeRobotWriter.Options(20, "none", false))) {
      for (int e = 0; e < episodes; e++) {
        boolean bare = e >= episodes - empty;
        writer.add(new Fake(e, bare));
        privileged(writer.folder().resolve("privileged/episode_%06d.npz".formatted(e)), e, bare);
      }
      ObjectNode ids = JsonNodeFactory.instance.objectNode();
      ids.put("5", "table").put("10", "red_block").put("11", "blue_block");
      writer.describe("segmentation_ids", ids);
      writer.finish();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void privileged(Path file, int episode, boolean empty) throws IOException {
    Files.createDirectories(file.getParent());
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String view : VIEWS) {
        ByteBuffer all = ByteBuffer.allocate(FRAMES * SIDE * SIDE);
        for (int frame = 0; frame < FRAMES; frame++) {
          all.put(ids(view, blocks(episode, frame, empty)));
        }
        array(zip, "seg_" + view, "|u1", "(%d, %d, %d)".formatted(FRAMES, SIDE, SIDE), all.array());
      }
      ByteBuffer centres =
          ByteBuffer.allocate(FRAMES * 2 * 3 * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (int frame = 0; frame < FRAMES; frame++) {
        for (Block block : blocks(episode, frame, false)) {
          centres.putDouble(block.x).putDouble(block.y).putDouble(HEIGHT / 2);
        }
      }
      array(zip, "object_center", "<f8", "(%d, 2, 3)".formatted(FRAMES), centres.array());
      List<String> names = List.of("red_block", "blue_block");
      ByteBuffer text = ByteBuffer.allocate(2 * 10 * 4).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < names.size(); i++) {
        for (int c = 0; c < names.get(i).length(); c++) {
          text.putInt(4 * (10 * i + c), names.get(i).charAt(c));
        }
      }
      array(zip, "object_names", "<U10", "(2,)", text.array());
    }
  }

  private static void array(
      ZipOutputStream zip, String name, String type, String shape, byte[] values)
      throws IOException {
    zip.putNextEntry(new ZipEntry(name + ".npy"));
    String header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(type, shape);
    int padded = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
    OutputStream out = zip;
    out.write(
        new byte[] {
          (byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) padded, (byte) (padded >> 8)
        });
    out.write(
        (header + " ".repeat(padded - header.length() - 1) + "\n")
            .getBytes(StandardCharsets.US_ASCII));
    out.write(values);
    zip.closeEntry();
  }

  /** The bytes of all files of labels, by their place; what is no label is left out. */
  public static Map<String, String> bytes(Path labels) throws IOException {
    Map<String, String> bytes = new TreeMap<>();
    List<Path> files = new ArrayList<>();
    try (var walk = Files.walk(labels)) {
      walk.filter(Files::isRegularFile).forEach(files::add);
    }
    for (Path file : files) {
      if (!file.getFileName().toString().equals("speed.json")) {
        bytes.put(
            labels.relativize(file).toString(),
            new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    }
    return bytes;
  }
}
