package io.github.vla3d.datasets.lerobot;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Joints;
import io.github.vla3d.data.JsonFile;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.Provenance;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.Track;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.io.Cameras;
import io.github.vla3d.datasets.io.Depths;
import io.github.vla3d.datasets.io.Parquet.Numbers;
import io.github.vla3d.datasets.io.Pictures;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An episode: its numbers in memory, its pictures wherever they lie. */
final class LeRobotEpisode implements Episode {
  private static final String STATE = "observation.state";
  private static final String ACTION = "action";
  private static final String JOINTS = "observation.joint_pos";
  private static final String FINGERS = "observation.gripper";
  private static final List<String> ARMS = List.of("", ".left", ".right");

  private final LeRobotDataset dataset;
  private final EpisodeEntry entry;
  private final Map<String, Integer> offsets = new LinkedHashMap<>();
  private final double[][] rows;
  private final Track states;
  private final Track actions;
  private final List<String> arms = new ArrayList<>();

  LeRobotEpisode(LeRobotDataset dataset, EpisodeEntry entry) {
    this.dataset = dataset;
    this.entry = entry;
    List<Numbers> columns = new ArrayList<>();
    columns.add(new Numbers("timestamp", 0));
    columns.add(new Numbers("task_index", 0));
    LeRobotInfo info = dataset.info();
    for (String key : List.of(STATE, ACTION, JOINTS, FINGERS)) {
      add(columns, info.features().get(key));
    }
    for (String arm : ARMS) {
      Feature position = info.features().get("observation.eef_pos" + arm);
      Feature quaternion = info.features().get("observation.eef_quat" + arm);
      if (position != null && quaternion != null) {
        arms.add(arm);
        columns.add(new Numbers(position.key(), 3));
        columns.add(new Numbers(quaternion.key(), 4));
      }
    }
    for (LeRobotView view : dataset.views()) {
      add(columns, view.intrinsics());
      add(columns, view.extrinsics());
      add(columns, view.depthIntrinsics());
    }
    int offset = 0;
    for (Numbers column : columns) {
      offsets.put(column.name(), offset);
      offset += Math.max(1, column.length());
    }
    rows = dataset.numbers(entry, columns);
    states = track(info.features().get(STATE));
    actions = track(info.features().get(ACTION));
  }

  private static void add(List<Numbers> columns, @Nullable Feature feature) {
    if (feature != null) {
      columns.add(LeRobotDataset.column(feature));
    }
  }

  private Track track(@Nullable Feature feature) {
    if (feature == null) {
      return Track.empty(rows.length);
    }
    int width = feature.elements();
    float[] values = new float[rows.length * width];
    int from = offset(feature.key());
    for (int r = 0; r < rows.length; r++) {
      for (int c = 0; c < width; c++) {
        values[r * width + c] = (float) rows[r][from + c];
      }
    }
    return Track.of(rows.length, width, values);
  }

  private int offset(String column) {
    return Objects.requireNonNull(offsets.get(column), column);
  }

  private double[] values(String column, int frame, int length) {
    double[] values = new double[length];
    System.arraycopy(rows[frame], offset(column), values, 0, length);
    return values;
  }

  @Override
  public String name() {
    return "episode_%06d".formatted(entry.index());
  }

  @Override
  public String task() {
    return entry.task().isEmpty() ? task(0) : entry.task();
  }

  private String task(int frame) {
    return dataset.task((int) rows[frame][offset("task_index")], entry, frame);
  }

  @Override
  public int frames() {
    return rows.length;
  }

  @Override
  public double framesPerSecond() {
    return dataset.info().fps();
  }

  @Override
  public List<String> viewNames() {
    return dataset.views().stream().map(LeRobotView::name).toList();
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
    LeRobotInfo info = dataset.info();
    Map<String, String> notes = new LinkedHashMap<>();
    for (String key :
        List.of("robot_type", "simulator", "camera_convention", "image_orientation")) {
      if (info.json().has(key)) {
        var node = info.json().get(key).node();
        notes.put(key, node.isTextual() ? node.asText() : node.toString());
      }
    }
    return new Provenance(
        "lerobot " + info.json().text("codebase_version"), info.root().toString(), notes);
  }

  @Override
  public Observation observation(int frame) {
    Objects.checkIndex(frame, rows.length);
    double seconds = rows[frame][offset("timestamp")];
    List<View> views = new ArrayList<>();
    for (LeRobotView view : dataset.views()) {
      views.add(view(view, frame, seconds));
    }
    List<RigidTransform> effectors = new ArrayList<>();
    for (String arm : arms) {
      effectors.add(effector(arm, frame));
    }
    Joints joints = new Joints(recorded(JOINTS, frame), recorded(FINGERS, frame));
    return new Observation(views, states.row(frame), effectors, task(frame), seconds, joints);
  }

  private double[] recorded(String key, int frame) {
    Feature feature = dataset.info().features().get(key);
    return feature == null ? new double[0] : values(key, frame, feature.elements());
  }

  private RigidTransform effector(String arm, int frame) {
    double[] p = values("observation.eef_pos" + arm, frame, 3);
    String key = "observation.eef_quat" + arm;
    double[] q = values(key, frame, 4);
    List<String> names = dataset.info().feature(key).names();
    boolean scalarFirst = !names.isEmpty() && names.get(0).toLowerCase(Locale.ROOT).endsWith("w");
    int w = scalarFirst ? 0 : 3;
    int x = scalarFirst ? 1 : 0;
    return Cameras.effector(
        entry.data().toString(),
        key,
        frame,
        "a unit quaternion",
        p,
        q[x],
        q[x + 1],
        q[x + 2],
        q[w]);
  }

  private View view(LeRobotView view, int frame, double seconds) {
    RgbImage rgb = rgb(view.rgb(), frame, seconds);
    Optional<Camera> camera = camera(view, view.intrinsics(), frame);
    Optional<Camera> depthCamera =
        view.depthIntrinsics() == null ? camera : camera(view, view.depthIntrinsics(), frame);
    Feature feature = view.depth();
    Optional<DepthImage> depth =
        feature == null
            ? Optional.empty()
            : Optional.of(depth(feature, frame, seconds, depthCamera.map(Camera::intrinsics)));
    return new View(view.name(), rgb, depth, camera, depthCamera);
  }

  private Optional<Camera> camera(LeRobotView view, @Nullable Feature intrinsics, int frame) {
    Feature extrinsics = view.extrinsics();
    if (intrinsics == null || extrinsics == null) {
      return Optional.empty();
    }
    LeRobotInfo info = dataset.info();
    int width = view.rgb().width();
    int height = view.rgb().height();
    double[] k = values(intrinsics.key(), frame, 9);
    double[] e = values(extrinsics.key(), frame, 16);
    String file = entry.data().toString();
    Intrinsics pinhole =
        Cameras.checked(
            file,
            intrinsics.key(),
            frame,
            "a regular K, row-major",
            () ->
                info.extrinsics().centresAtIntegers()
                    ? Intrinsics.fromCentresAtIntegers(k, width, height)
                    : Intrinsics.fromRowMajor(k, width, height));
    RigidTransform pose =
        Cameras.checked(
            file,
            extrinsics.key(),
            frame,
            "a rotation and a translation, row-major 4 x 4",
            () -> RigidTransform.fromRowMajor(e));
    if (info.extrinsics().worldToCamera()) {
      pose = pose.inverse();
    }
    Camera camera =
        info.extrinsics().openGl() ? Camera.fromOpenGl(pinhole, pose) : new Camera(pinhole, pose);
    if (info.mirrored()) {
      camera = camera.transformed(ImageTransform.mirror(width, height));
    }
    if (info.upsideDown()) {
      camera = camera.transformed(ImageTransform.reverseRows(width, height));
    }
    return Optional.of(camera);
  }

  private RgbImage rgb(Feature feature, int frame, double seconds) {
    int width = feature.width();
    int height = feature.height();
    if (feature.isVideo()) {
      double at = LeRobotDataset.clip(entry, feature).from() + seconds;
      return RgbImage.owning(width, height, dataset.video(entry, feature).rgbAt(at, frame));
    }
    return Pictures.rgb(
        dataset.blob(entry, feature, frame), width, height, false, origin(feature, frame));
  }

  private DepthImage depth(
      Feature feature, int frame, double seconds, Optional<Intrinsics> camera) {
    int width = feature.width();
    int height = feature.height();
    Pictures.Origin origin = origin(feature, frame);
    JsonFile info = Objects.requireNonNull(feature.info(), "depth has an info block");
    if (!feature.isVideo()) {
      return Depths.of(
          unit(info),
          Pictures.gray16(dataset.blob(entry, feature, frame), width, height, origin),
          width,
          height,
          camera,
          origin);
    }
    double at = LeRobotDataset.clip(entry, feature).from() + seconds;
    if (!LeRobotView.isCoded(feature)) {
      short[] stored = dataset.video(entry, feature).grayAt(at, frame, 16);
      return Depths.of(unit(info), stored, width, height, camera, origin);
    }
    float[] table = DepthCode.of(info).table();
    short[] codes = dataset.video(entry, feature).grayAt(at, frame, DepthCode.BITS);
    float[] metres = new float[codes.length];
    for (int i = 0; i < codes.length; i++) {
      metres[i] = table[codes[i] & (table.length - 1)];
    }
    return Depths.of(DepthKind.METRES, metres, width, height, camera, origin);
  }

  private static DepthKind unit(JsonFile info) {
    String unit = info.text("depth_unit", "mm");
    return switch (unit) {
      case "mm" -> DepthKind.MILLIMETRES;
      case "m" -> DepthKind.METRES;
      default -> throw info.fault("depth_unit", "mm or m", unit);
    };
  }

  private Pictures.Origin origin(Feature feature, int frame) {
    String file =
        feature.isVideo()
            ? LeRobotDataset.clip(entry, feature).file().toString()
            : entry.data().toString();
    return new Pictures.Origin(file, feature.key(), frame);
  }
}
