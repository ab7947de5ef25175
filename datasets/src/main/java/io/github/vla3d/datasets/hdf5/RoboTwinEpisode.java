package io.github.vla3d.datasets.hdf5;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.JsonFile;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.Provenance;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.Track;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.io.Cameras;
import io.github.vla3d.datasets.io.Depths;
import io.github.vla3d.datasets.io.Pictures;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One file. What was seen at t goes with the joint targets of t + 1, as in both layouts' own
 * converters; the first layout's last picture has no action and is left out.
 */
final class RoboTwinEpisode implements Episode {
  /** Simulation steps per second; a frame is kept every so many of them. */
  private static final double STEPS_PER_SECOND = 250;

  private static final double STEPS_PER_FRAME = 15;
  private static final double METRES = 1e-3;
  private static final double RADIANS = 1e-2;

  private final Supplier<Hdf5> file;
  private final Path path;
  private final ReadOptions options;
  private final boolean first;
  private final int frames;
  private final double fps;
  private final String task;
  private final Track states;
  private final Track actions;
  private final double[] left;
  private final double[] right;
  private final Map<String, Source> sources = new LinkedHashMap<>();

  /** What is stored of one camera, with one matrix for every frame. */
  private record Source(
      String group, int width, int height, @Nullable String depth, List<Camera> cameras) {}

  RoboTwinEpisode(Supplier<Hdf5> file, Path path, ReadOptions options) {
    this.file = file;
    this.path = path;
    this.options = options;
    Hdf5 hdf5 = file.get();
    this.first = hdf5.has("observation");
    double steps = STEPS_PER_FRAME;
    if (first) {
      int rows = Math.toIntExact(hdf5.shape("joint_action/vector")[0]);
      if (rows < 2) {
        throw new DataException(
            hdf5.name(), "joint_action/vector", -1, "at least 2 rows", String.valueOf(rows));
      }
      this.frames = rows - 1;
      double[] vector = hdf5.numbers("joint_action/vector", rows, -1);
      this.states = track(vector, 0);
      this.actions = track(vector, vector.length / rows);
      this.left = hdf5.numbers("endpose/left_endpose", rows, 7);
      this.right = hdf5.numbers("endpose/right_endpose", rows, 7);
      this.task = firstInstruction(path);
    } else {
      String version = hdf5.texts("data_format_version")[0];
      if (!version.equals("v1.0")) {
        throw new DataException(hdf5.name(), "data_format_version", -1, "v1.0", version);
      }
      this.frames = Math.toIntExact(hdf5.shape("state/left_arm_joint_states")[0]);
      this.states = joints(hdf5, "state");
      this.actions = joints(hdf5, "action");
      this.left = hdf5.numbers("state/left_ee_poses", frames, 7);
      this.right = hdf5.numbers("state/right_ee_poses", frames, 7);
      List<JsonFile> texts = JsonFile.parse(hdf5.name(), hdf5.texts("instructions")[0]).elements();
      this.task = texts.isEmpty() ? "" : texts.get(0).node().asText();
      if (hdf5.has("additional_info/frequency")) {
        // Named a frequency, it counts the simulation steps from frame to frame.
        steps = hdf5.numbers("additional_info/frequency")[0];
      }
    }
    if (!(steps > 0)) {
      throw new DataException(
          hdf5.name(), "additional_info/frequency", -1, "steps above 0", String.valueOf(steps));
    }
    this.fps = STEPS_PER_SECOND / steps;
    String cameras = first ? "observation" : "vision";
    for (String camera : hdf5.children(cameras)) {
      if (options.wants(camera)) {
        sources.put(camera, source(hdf5, cameras + "/" + camera));
      }
    }
  }

  private Track track(double[] values, int from) {
    int columns = values.length / (frames + 1);
    float[] floats = new float[frames * columns];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[from + i];
    }
    return Track.of(frames, columns, floats);
  }

  private Track joints(Hdf5 hdf5, String group) {
    List<double[]> parts = new ArrayList<>();
    int columns = 0;
    for (String side : List.of("left", "right")) {
      for (String part : List.of("_arm_joint_states", "_ee_joint_states")) {
        String name = group + "/" + side + part;
        double[] values =
            hdf5.shape(name).length == 1
                ? hdf5.numbers(name, frames)
                : hdf5.numbers(name, frames, -1);
        parts.add(values);
        columns += values.length / frames;
      }
    }
    float[] values = new float[frames * columns];
    int i = 0;
    for (int t = 0; t < frames; t++) {
      for (double[] part : parts) {
        int width = part.length / frames;
        for (int c = 0; c < width; c++) {
          values[i++] = (float) part[t * width + c];
        }
      }
    }
    return Track.of(frames, columns, values);
  }

  private static String firstInstruction(Path path) {
    Path data = path.toAbsolutePath().getParent();
    Path parent = data == null ? null : data.getParent();
    if (parent == null) {
      return "";
    }
    String name = path.getFileName().toString().replaceFirst("\\.[^.]*$", "") + ".json";
    Path texts = parent.resolve("instructions").resolve(name);
    if (!Files.isRegularFile(texts)) {
      return "";
    }
    List<JsonFile> seen = JsonFile.read(texts).get("seen").elements();
    return seen.isEmpty() ? "" : seen.get(0).node().asText();
  }

  private Source source(Hdf5 hdf5, String group) {
    String rgb = group + (first ? "/rgb" : "/colors");
    int[] size = Pictures.size(jpeg(hdf5, rgb, 0), new Pictures.Origin(hdf5.name(), rgb, 0));
    int width = size[0];
    int height = size[1];
    int rows = Math.toIntExact(hdf5.shape(rgb)[0]);
    if (rows < frames) {
      throw new DataException(hdf5.name(), rgb, -1, frames + " pictures", String.valueOf(rows));
    }
    String k = group + (first ? "/intrinsic_cv" : "/intrinsic_matrix");
    double[] intrinsics = hdf5.numbers(k, -1, 3, 3);
    List<Camera> cameras = new ArrayList<>();
    String poses = extrinsics(hdf5, group);
    long[] shape = hdf5.shape(poses);
    boolean worldToCamera = shape.length == 3 && shape[1] == 3;
    double[] e = hdf5.numbers(poses, -1, worldToCamera ? 3 : 4, 4);
    double[] other =
        first && !worldToCamera && hdf5.has(group + "/extrinsic_cv")
            ? hdf5.numbers(group + "/extrinsic_cv", shape[0], 3, 4)
            : null;
    if (shape[0] < frames || intrinsics.length < 9 * frames) {
      throw new DataException(
          hdf5.name(), poses, -1, frames + " matrices", String.valueOf(shape[0]));
    }
    for (int t = 0; t < frames; t++) {
      int row = t;
      Intrinsics pinhole =
          Cameras.checked(
              hdf5.name(),
              k,
              t,
              "a regular K",
              () ->
                  Intrinsics.fromRowMajor(
                      Arrays.copyOfRange(intrinsics, 9 * row, 9 * row + 9), width, height));
      Camera camera =
          worldToCamera ? fromCv(hdf5, poses, e, t, pinhole) : fromGl(hdf5, poses, e, t, pinhole);
      if (other != null) {
        Camera again = fromCv(hdf5, group + "/extrinsic_cv", other, t, pinhole);
        if (!camera.worldFromCamera().near(again.worldFromCamera(), METRES, RADIANS)) {
          throw new DataException(
              hdf5.name(), poses, t, "the pose of extrinsic_cv", "a camera elsewhere");
        }
      }
      cameras.add(camera);
    }
    String depth = group + (first ? "/depth" : "/depths");
    boolean deep = options.depth() && hdf5.has(depth);
    return new Source(group, width, height, deep ? depth : null, cameras);
  }

  /** Camera to world where there is one; the name lost an s in one of the converters. */
  private String extrinsics(Hdf5 hdf5, String group) {
    for (String name :
        first
            ? List.of("cam2world_gl", "extrinsic_cv")
            : List.of("extrinsics_matrix", "extrinsic_matrix")) {
      if (hdf5.has(group + "/" + name)) {
        return group + "/" + name;
      }
    }
    throw new DataException(hdf5.name(), group, -1, "the pose of the camera", "none");
  }

  /** A 3 x 4 matrix maps the world into the camera, axes right, down, forward. */
  private static Camera fromCv(Hdf5 hdf5, String name, double[] e, int t, Intrinsics k) {
    double[] full = Arrays.copyOf(Arrays.copyOfRange(e, 12 * t, 12 * t + 12), 16);
    full[15] = 1;
    return Cameras.checked(
        hdf5.name(),
        name,
        t,
        "a rotation and a translation",
        () -> Camera.fromCameraFromWorld(k, RigidTransform.fromRowMajor(full)));
  }

  /** A 4 x 4 matrix maps the camera, with OpenGL axes, into the world, where it is above ground. */
  private static Camera fromGl(Hdf5 hdf5, String name, double[] e, int t, Intrinsics k) {
    Camera camera =
        Cameras.checked(
            hdf5.name(),
            name,
            t,
            "a rotation and a translation",
            () ->
                Camera.fromOpenGl(
                    k, RigidTransform.fromRowMajor(Arrays.copyOfRange(e, 16 * t, 16 * t + 16))));
    if (!(camera.worldFromCamera().translation().z() > 0)) {
      throw new DataException(
          hdf5.name(),
          name,
          t,
          "camera to world, above the ground",
          "a camera at height " + camera.worldFromCamera().translation().z());
    }
    return camera;
  }

  /** The bytes of a picture without the zeros that fill its field. */
  private static byte[] jpeg(Hdf5 hdf5, String path, int frame) {
    byte[] field = hdf5.frame(path, frame, hdf5.elementSize(path)).array();
    for (int i = field.length - 1; i > 0; i--) {
      if ((field[i] & 0xff) == 0xd9 && (field[i - 1] & 0xff) == 0xff) {
        return Arrays.copyOf(field, i + 1);
      }
    }
    throw new DataException(hdf5.name(), path, frame, "a whole JPEG", "one without an end");
  }

  @Override
  public String name() {
    return path.getFileName().toString().replaceFirst("\\.[^.]*$", "");
  }

  @Override
  public String task() {
    return task;
  }

  @Override
  public int frames() {
    return frames;
  }

  @Override
  public double framesPerSecond() {
    return fps;
  }

  @Override
  public List<String> viewNames() {
    return List.copyOf(sources.keySet());
  }

  @Override
  public Track states() {
    return states;
  }

  @Override
  public Track actions() {
    return actions;
  }

  @Override
  public Provenance provenance() {
    return new Provenance(
        first ? "robotwin hdf5" : "robotwin hdf5 v1.0",
        path.toString(),
        Map.of("actions", "absolute joint targets, left then right, gripper after each arm"));
  }

  @Override
  public Observation observation(int frame) {
    Objects.checkIndex(frame, frames);
    Hdf5 hdf5 = file.get();
    List<View> views = new ArrayList<>();
    for (Map.Entry<String, Source> source : sources.entrySet()) {
      views.add(view(hdf5, source.getKey(), source.getValue(), frame));
    }
    return new Observation(
        views,
        states.row(frame),
        List.of(effector(left, "left", frame), effector(right, "right", frame)),
        task,
        frame / fps);
  }

  private RigidTransform effector(double[] poses, String side, int frame) {
    int p = 7 * frame;
    return Cameras.checked(
        path.toString(),
        side + " end pose",
        frame,
        "x y z and a unit quaternion w x y z",
        () ->
            RigidTransform.fromQuaternion(
                poses[p + 4],
                poses[p + 5],
                poses[p + 6],
                poses[p + 3],
                new Vector3(poses[p], poses[p + 1], poses[p + 2])));
  }

  private View view(Hdf5 hdf5, String name, Source source, int frame) {
    String rgb = source.group() + (first ? "/rgb" : "/colors");
    // The writer hands RGB to an encoder that expects BGR.
    RgbImage picture =
        Pictures.rgb(
            jpeg(hdf5, rgb, frame),
            source.width(),
            source.height(),
            true,
            new Pictures.Origin(hdf5.name(), rgb, frame));
    Camera camera = source.cameras().get(frame);
    Optional<DepthImage> depth = Optional.empty();
    String map = source.depth();
    if (map != null) {
      depth =
          Optional.of(
              Depths.of(
                  DepthKind.MILLIMETRES,
                  millimetres(hdf5, map, source.width() * source.height(), frame),
                  source.width(),
                  source.height(),
                  Optional.of(camera.intrinsics()),
                  new Pictures.Origin(hdf5.name(), map, frame)));
    }
    return View.of(name, picture, depth, Optional.of(camera));
  }

  private static float[] millimetres(Hdf5 hdf5, String path, int pixels, int frame) {
    int size = hdf5.elementSize(path);
    boolean real = hdf5.isFloat(path);
    if (!(real && (size == 8 || size == 4)) && !(!real && size == 2)) {
      throw new DataException(hdf5.name(), path, frame, "f8, f4 or u2", (real ? "f" : "u") + size);
    }
    ByteBuffer stored = hdf5.frame(path, frame, (long) size * pixels);
    float[] values = new float[pixels];
    for (int i = 0; i < pixels; i++) {
      values[i] =
          real
              ? (size == 8 ? (float) stored.getDouble() : stored.getFloat())
              : stored.getShort() & 0xffff;
    }
    return values;
  }
}
