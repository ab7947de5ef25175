package io.github.vla3d.datasets.scene;

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
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.NpyArray;
import io.github.vla3d.torch.io.Npz;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** One scene; its arrays are read when its only frame is. */
final class FrozenScene implements Episode {
  private static final long MAX_BYTES = 512L << 20;
  private static final Set<String> ARRAYS =
      Set.of("rgb", "depth_mm", "K", "E", "eef_pos", "eef_quat", "state", "joint_pos", "gripper");

  private final Path file;
  private final ReadOptions options;
  private final JsonFile json;
  private final List<String> names;
  private final Track states;

  FrozenScene(Path file, ReadOptions options) {
    this.file = file;
    this.options = options;
    String name = file.getFileName().toString();
    this.json = JsonFile.read(file.resolveSibling(name.substring(0, name.length() - 4) + ".json"));
    this.names = views(json);
    Map<String, NpyArray> arrays = arrays(Set.of("state"));
    float[] state = numbers(arrays, "state", -1);
    this.states = Track.of(1, state.length, state);
  }

  /** Names of the views, in the order of the arrays. */
  static List<String> views(JsonFile json) {
    return json.get("views").elements().stream().map(view -> view.text("name")).toList();
  }

  private Map<String, NpyArray> arrays(Set<String> wanted) {
    try {
      return Npz.read(file, wanted, MAX_BYTES);
    } catch (TorchException e) {
      throw new DataException(
          file.toString(),
          null,
          -1,
          "an npz file with " + wanted,
          String.valueOf(e.getMessage()),
          e);
    }
  }

  private NpyArray array(Map<String, NpyArray> arrays, String name, DType dtype, long... shape) {
    NpyArray array = arrays.get(name);
    if (array == null) {
      throw new DataException(file.toString(), name, -1, "the array", "arrays " + arrays.keySet());
    }
    List<Long> got = array.spec().shape();
    boolean fits = got.size() == shape.length && array.spec().dtype() == dtype;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = got.get(i) > 0 && (shape[i] < 0 || shape[i] == got.get(i));
    }
    if (!fits) {
      throw new DataException(
          file.toString(),
          name,
          -1,
          dtype + " " + Arrays.toString(shape).replace("-1", "any"),
          array.spec().dtype() + " " + got);
    }
    return array;
  }

  private float[] numbers(Map<String, NpyArray> arrays, String name, long length) {
    float[] values = array(arrays, name, DType.F64, length).toFloats();
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new DataException(file.toString(), name, -1, "finite numbers", "" + value);
      }
    }
    return values;
  }

  @Override
  public String name() {
    return file.getFileName().toString().replace(".npz", "");
  }

  @Override
  public String task() {
    return json.text("language", "");
  }

  @Override
  public int frames() {
    return 1;
  }

  @Override
  public double framesPerSecond() {
    return 1;
  }

  @Override
  public List<String> viewNames() {
    return names.stream().filter(options::wants).toList();
  }

  @Override
  public Track states() {
    return states;
  }

  @Override
  public Track actions() {
    return Track.empty(1);
  }

  @Override
  public Provenance provenance() {
    return new Provenance(
        "frozen scene",
        file.toString(),
        Map.of("suite", json.text("suite", ""), "mujoco_version", json.text("mujoco_version", "")));
  }

  @Override
  public Observation observation(int frame) {
    Objects.checkIndex(frame, 1);
    Map<String, NpyArray> arrays = arrays(ARRAYS);
    int count = names.size();
    NpyArray rgb = array(arrays, "rgb", DType.U8, count, -1, -1, 3);
    int height = Math.toIntExact(rgb.spec().shape().get(1));
    int width = Math.toIntExact(rgb.spec().shape().get(2));
    NpyArray depth = array(arrays, "depth_mm", DType.I32, count, height, width);
    double[] k = array(arrays, "K", DType.F64, count, 3, 3).toDoubles();
    double[] e = array(arrays, "E", DType.F64, count, 4, 4).toDoubles();
    List<View> views = new ArrayList<>();
    for (int v = 0; v < count; v++) {
      if (options.wants(names.get(v))) {
        byte[] pixels = new byte[3 * width * height];
        rgb.values().position(v * pixels.length).get(pixels);
        Camera camera = camera(v, k, e, width, height);
        Optional<DepthImage> map =
            options.depth()
                ? Optional.of(depth(depth, v, width, height, camera))
                : Optional.empty();
        views.add(
            View.of(
                names.get(v), RgbImage.owning(width, height, pixels), map, Optional.of(camera)));
      }
    }
    float[] p = numbers(arrays, "eef_pos", 3);
    float[] q = numbers(arrays, "eef_quat", 4);
    double[] position = {p[0], p[1], p[2]};
    RigidTransform effector =
        Cameras.effector(
            file.toString(),
            "eef_quat",
            0,
            "a unit quaternion x y z w",
            position,
            q[0],
            q[1],
            q[2],
            q[3]);
    Joints joints = new Joints(recorded(arrays, "joint_pos"), recorded(arrays, "gripper"));
    return new Observation(views, states.row(0), List.of(effector), task(), 0, joints);
  }

  private double[] recorded(Map<String, NpyArray> arrays, String name) {
    return arrays.containsKey(name)
        ? array(arrays, name, DType.F64, -1).toDoubles()
        : new double[0];
  }

  private Camera camera(int view, double[] k, double[] e, int width, int height) {
    return Cameras.checked(
        file.toString(),
        "K and E",
        view,
        "a regular K and a rotation with a translation",
        () ->
            new Camera(
                Intrinsics.fromRowMajor(
                    Arrays.copyOfRange(k, 9 * view, 9 * view + 9), width, height),
                RigidTransform.fromRowMajor(Arrays.copyOfRange(e, 16 * view, 16 * view + 16))));
  }

  private DepthImage depth(NpyArray stored, int view, int width, int height, Camera camera) {
    int pixels = width * height;
    int[] all = new int[pixels];
    stored.values().asIntBuffer().position(view * pixels).get(all);
    short[] millimetres = new short[pixels];
    for (int i = 0; i < pixels; i++) {
      millimetres[i] = (short) all[i];
    }
    return Depths.of(
        DepthKind.MILLIMETRES,
        millimetres,
        width,
        height,
        Optional.of(camera.intrinsics()),
        new Pictures.Origin(file.toString(), "depth_mm", view));
  }
}
