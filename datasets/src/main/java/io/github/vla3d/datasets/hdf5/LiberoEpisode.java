package io.github.vla3d.datasets.hdf5;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Joints;
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
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
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

/** One {@code data/demo_N}. */
final class LiberoEpisode implements Episode {
  /** LIBERO's control rate in Hz. */
  private static final double RATE = 20;

  private static final List<String> CAMERAS = List.of("agentview", "eye_in_hand");

  /**
   * Where a depth sample lies from the centre of its pixel, in pixels of the upright picture, when
   * it was taken from the renderer's buffer of four samples.
   */
  private static final double SAMPLE_U = -1 / 8.0;

  private static final double SAMPLE_V = 3 / 8.0;

  private final Supplier<Hdf5> file;
  private final String group;
  private final ReadOptions options;
  private final int frames;
  private final String task;
  private final boolean bottomFirst;
  private final boolean offCentreDepth;
  private final Track states;
  private final Track actions;
  private final double[] positions;
  private final double[] quaternions;
  private final double[] joints;
  private final double[] fingers;
  private final Map<String, Source> sources = new LinkedHashMap<>();

  /** What is stored of one camera. K and E are null where the file has none. */
  private record Source(
      int width,
      int height,
      Optional<DepthKind> depth,
      double @Nullable [] intrinsics,
      double @Nullable [] extrinsics) {}

  LiberoEpisode(Supplier<Hdf5> file, String group, ReadOptions options) {
    this.file = file;
    this.group = group;
    this.options = options;
    Hdf5 hdf5 = file.get();
    long[] shape = hdf5.shape(group + "/actions");
    if (shape.length != 2 || shape[0] < 1 || shape[0] > Integer.MAX_VALUE) {
      throw new DataException(
          hdf5.name(), group + "/actions", -1, "frames x numbers", Arrays.toString(shape));
    }
    this.frames = (int) shape[0];
    this.actions = track(hdf5.numbers(group + "/actions", frames, shape[1]));
    this.task = task(hdf5);
    String convention = hdf5.text("data", "macros_image_convention");
    this.bottomFirst = convention == null || !convention.equals("opencv");
    String conventions = hdf5.text("data", "conventions");
    this.offCentreDepth =
        conventions != null
            && JsonFile.parse(hdf5.name(), conventions)
                .text("depth_sampling", "")
                .contains("(-1/8,+3/8)");
    this.positions = hdf5.numbers(group + "/obs/ee_pos", frames, 3);
    double[] orientation = hdf5.numbers(group + "/obs/ee_ori", frames, 3);
    double[] gripper = hdf5.numbers(group + "/obs/gripper_states", frames, 2);
    // The state that every policy of this benchmark is given.
    double[] state = new double[8 * frames];
    for (int t = 0; t < frames; t++) {
      System.arraycopy(positions, 3 * t, state, 8 * t, 3);
      System.arraycopy(orientation, 3 * t, state, 8 * t + 3, 3);
      System.arraycopy(gripper, 2 * t, state, 8 * t + 6, 2);
    }
    this.states = track(state);
    this.fingers = gripper;
    this.joints =
        hdf5.has(group + "/obs/joint_states")
            ? hdf5.numbers(group + "/obs/joint_states", frames, 7)
            : new double[0];
    double[] robot = hdf5.numbers(group + "/robot_states", frames, 9);
    this.quaternions = new double[4 * frames];
    for (int t = 0; t < frames; t++) {
      System.arraycopy(robot, 9 * t + 5, quaternions, 4 * t, 4);
    }
    for (String camera : CAMERAS) {
      if (options.wants(camera) && hdf5.has(group + "/obs/" + camera + "_rgb")) {
        sources.put(camera, source(hdf5, camera));
      }
    }
  }

  private Track track(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Track.of(frames, values.length / frames, floats);
  }

  /** The file-name text, which published numbers use, before the text of the task file. */
  private static String task(Hdf5 file) {
    String benchmark = file.text("data", "language_instruction_benchmark");
    if (benchmark != null) {
      return benchmark;
    }
    String name = Path.of(file.name()).getFileName().toString();
    if (name.endsWith("_demo.hdf5")) {
      String text = name.substring(0, name.length() - "_demo.hdf5".length());
      // LIBERO-90 and -10 put the scene in front, in capitals.
      return text.replaceFirst("^[A-Z0-9_]*SCENE\\d+_", "").replace('_', ' ');
    }
    String problem = file.text("data", "problem_info");
    return problem == null
        ? ""
        : JsonFile.parse(file.name(), problem).text("language_instruction", "");
  }

  private Source source(Hdf5 file, String camera) {
    String prefix = group + "/obs/" + camera;
    long[] shape = file.shape(prefix + "_rgb");
    if (shape.length != 4
        || shape[0] != frames
        || shape[3] != 3
        || !Pictures.possible(shape[2], shape[1])
        || file.elementSize(prefix + "_rgb") != 1) {
      throw new DataException(
          file.name(),
          prefix + "_rgb",
          -1,
          frames + " pictures of 3 bytes a pixel, " + Pictures.sizes(),
          Arrays.toString(shape));
    }
    Optional<DepthKind> depth = Optional.empty();
    String depthPath = prefix + "_depth";
    if (options.depth() && file.has(depthPath)) {
      long[] got = file.shape(depthPath);
      if (!Arrays.equals(got, new long[] {frames, shape[1], shape[2], 1})
          || file.elementSize(depthPath) != 4
          || !file.isFloat(depthPath)) {
        throw new DataException(
            file.name(),
            depthPath,
            -1,
            "a float of 4 bytes for each pixel of " + Arrays.toString(shape),
            Arrays.toString(got));
      }
      double near = plane(file, depthPath, "znear");
      double far = plane(file, depthPath, "zfar");
      double extent = plane(file, depthPath, "extent");
      depth =
          Optional.of(
              Cameras.checked(
                  file.name(),
                  depthPath,
                  -1,
                  "znear, zfar and extent",
                  () -> DepthKind.mujoco(near, far, extent)));
    }
    boolean calibrated = file.has(prefix + "_intrinsics") && file.has(prefix + "_extrinsics");
    return new Source(
        (int) shape[2],
        (int) shape[1],
        depth,
        calibrated ? file.numbers(prefix + "_intrinsics", 3, 3) : null,
        calibrated ? file.numbers(prefix + "_extrinsics", frames, 4, 4) : null);
  }

  private double plane(Hdf5 file, String dataset, String name) {
    double here = file.number(dataset, name);
    double value = Double.isNaN(here) ? file.number(group, name) : here;
    if (Double.isNaN(value)) {
      throw new DataException(
          file.name(), dataset + "@" + name, -1, "the planes of the z-buffer", "none");
    }
    return value;
  }

  @Override
  public String name() {
    Path path = Path.of(file.get().name());
    Path suite = path.getParent() == null ? null : path.getParent().getFileName();
    String stem = path.getFileName().toString().replaceFirst("\\.[^.]*$", "");
    return (suite == null ? "" : suite + "/") + stem + "/" + group.substring("data/".length());
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
    return RATE;
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
    Hdf5 hdf5 = file.get();
    Map<String, String> notes = new LinkedHashMap<>();
    for (String key : List.of("env_name", "conventions", "mujoco_version", "source")) {
      String text = hdf5.text("data", key);
      if (text != null) {
        notes.put(key, text);
      }
    }
    return new Provenance("libero hdf5", hdf5.name(), notes);
  }

  @Override
  public Observation observation(int frame) {
    Objects.checkIndex(frame, frames);
    Hdf5 hdf5 = file.get();
    List<View> views = new ArrayList<>();
    for (Map.Entry<String, Source> source : sources.entrySet()) {
      views.add(view(hdf5, source.getKey(), source.getValue(), frame));
    }
    int q = 4 * frame;
    RigidTransform effector =
        Cameras.effector(
            hdf5.name(),
            group + "/robot_states",
            frame,
            "a unit quaternion in columns 5 to 8",
            Arrays.copyOfRange(positions, 3 * frame, 3 * frame + 3),
            quaternions[q],
            quaternions[q + 1],
            quaternions[q + 2],
            quaternions[q + 3]);
    int arm = joints.length / frames;
    Joints measured =
        new Joints(
            Arrays.copyOfRange(joints, arm * frame, arm * (frame + 1)),
            Arrays.copyOfRange(fingers, 2 * frame, 2 * frame + 2));
    return new Observation(
        views, states.row(frame), List.of(effector), task, frame / RATE, measured);
  }

  private View view(Hdf5 hdf5, String name, Source source, int frame) {
    int width = source.width();
    int height = source.height();
    String prefix = group + "/obs/" + name;
    byte[] pixels = hdf5.frame(prefix + "_rgb", frame, 3L * width * height).array();
    Optional<Camera> camera = camera(hdf5, prefix, source, frame, false);
    Optional<Camera> depthCamera =
        offCentreDepth ? camera(hdf5, prefix, source, frame, true) : camera;
    Optional<DepthImage> depth = Optional.empty();
    if (source.depth().isPresent()) {
      float[] stored = new float[width * height];
      hdf5.frame(prefix + "_depth", frame, 4L * width * height).asFloatBuffer().get(stored);
      depth =
          Optional.of(
              Depths.of(
                  source.depth().get(),
                  stored,
                  width,
                  height,
                  depthCamera.map(Camera::intrinsics),
                  new Pictures.Origin(hdf5.name(), prefix + "_depth", frame)));
    }
    return new View(name, RgbImage.owning(width, height, pixels), depth, camera, depthCamera);
  }

  /** The camera of the picture as it is stored. */
  private Optional<Camera> camera(
      Hdf5 hdf5, String prefix, Source source, int frame, boolean depth) {
    double[] k = source.intrinsics();
    double[] e = source.extrinsics();
    if (k == null || e == null) {
      return Optional.empty();
    }
    double[] upright = k.clone();
    if (depth) {
      upright[2] -= SAMPLE_U;
      upright[5] -= SAMPLE_V;
    }
    Intrinsics intrinsics =
        Cameras.checked(
            hdf5.name(),
            prefix + "_intrinsics",
            frame,
            "a regular K",
            () -> Intrinsics.fromRowMajor(upright, source.width(), source.height()));
    RigidTransform pose =
        Cameras.checked(
            hdf5.name(),
            prefix + "_extrinsics",
            frame,
            "a rotation and a translation",
            () -> RigidTransform.fromRowMajor(Arrays.copyOfRange(e, 16 * frame, 16 * frame + 16)));
    Camera camera = new Camera(intrinsics, pose);
    return Optional.of(
        bottomFirst
            ? camera.transformed(ImageTransform.reverseRows(source.width(), source.height()))
            : camera);
  }
}
