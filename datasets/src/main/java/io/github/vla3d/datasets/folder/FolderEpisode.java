package io.github.vla3d.datasets.folder;

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
import io.github.vla3d.datasets.io.SmallFile;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.Distortion;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Rectifier;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One {@code episode.json} and the pictures it names. */
final class FolderEpisode implements Episode {
  private static final String FORMAT = "vla3d-folder-1";
  private final Path folder;
  private final String file;
  private final String task;
  private final double fps;
  private final Map<String, Rig> cameras = new LinkedHashMap<>();
  private final List<JsonFile> frames;
  private final Track states;
  private final Track actions;
  private final boolean depth;

  /**
   * A camera as declared once.
   *
   * @param lens takes the lens out of pictures, null where there is none
   * @param pose null where every frame gives its own, or none does
   */
  private record Rig(
      int width,
      int height,
      Intrinsics intrinsics,
      DepthKind kind,
      @Nullable Rectifier lens,
      @Nullable RigidTransform pose) {}

  FolderEpisode(Path folder, ReadOptions options) {
    this.folder = folder;
    Path path = folder.resolve(FolderDataset.DESCRIPTION);
    this.file = path.toString();
    JsonFile json = JsonFile.read(path);
    if (!json.text("format").equals(FORMAT)) {
      throw json.fault("format", FORMAT, json.text("format"));
    }
    this.task = json.text("task", "");
    this.fps = json.number("fps");
    if (!(fps > 0)) {
      throw json.fault("fps", "a number above 0", String.valueOf(fps));
    }
    this.depth = options.depth();
    JsonFile declared = json.get("cameras");
    for (String name : declared.keys()) {
      if (options.wants(name)) {
        cameras.put(name, rig(declared.get(name)));
      }
    }
    this.frames = json.get("frames").elements();
    if (frames.isEmpty()) {
      throw json.fault("frames", "at least one", "none");
    }
    this.states = track("state");
    this.actions = track("action");
  }

  private Rig rig(JsonFile json) {
    int width = json.integer("width", 1, Pictures.MAX_SIDE);
    int height = json.integer("height", 1, Pictures.MAX_SIDE);
    if (!Pictures.possible(width, height)) {
      throw json.fault("height", Pictures.sizes(), width + " x " + height);
    }
    double[] k = {
      json.number("fx"), 0, json.number("cx"), 0, json.number("fy"), json.number("cy"), 0, 0, 1
    };
    String centre = json.text("pixel_centre");
    if (!centre.equals("integer") && !centre.equals("half")) {
      throw json.fault("pixel_centre", "integer or half", centre);
    }
    Intrinsics intrinsics =
        Cameras.checked(
            file,
            "cameras",
            -1,
            "focal lengths that are not 0",
            () ->
                centre.equals("integer")
                    ? Intrinsics.fromCentresAtIntegers(k, width, height)
                    : Intrinsics.fromRowMajor(k, width, height));
    String unit = json.text("depth_unit", "mm");
    double metres =
        switch (unit) {
          case "mm" -> 0.001;
          case "m" -> 1;
          default -> throw json.fault("depth_unit", "mm or m", unit);
        };
    String kind = json.text("depth_kind", "planar");
    DepthKind depthKind =
        switch (kind) {
          case "planar" -> new DepthKind.Planar(metres);
          case "ray" -> new DepthKind.RayDistance(metres);
          default -> throw json.fault("depth_kind", "planar or ray", kind);
        };
    return new Rig(width, height, intrinsics, depthKind, lens(json, intrinsics), pose(json));
  }

  private @Nullable Rectifier lens(JsonFile json, Intrinsics intrinsics) {
    if (!json.has("distortion")) {
      return null;
    }
    double[] c = json.get("distortion").numbers();
    if (c.length != 5 && c.length != 8) {
      throw json.fault("distortion", "k1 k2 p1 p2 k3, or k4 k5 k6 as well", c.length + " numbers");
    }
    boolean rational = c.length == 8;
    return Cameras.checked(
        file,
        "distortion",
        -1,
        "the coefficients of a lens",
        () ->
            new Rectifier(
                intrinsics,
                new Distortion.BrownConrady(
                    c[0],
                    c[1],
                    c[2],
                    c[3],
                    c[4],
                    rational ? c[5] : 0,
                    rational ? c[6] : 0,
                    rational ? c[7] : 0)));
  }

  private @Nullable RigidTransform pose(JsonFile json) {
    if (!json.has("world_from_camera")) {
      return null;
    }
    double[] matrix = json.numbers("world_from_camera", 16);
    return Cameras.checked(
        file,
        "world_from_camera",
        -1,
        "a rotation and a translation, row-major 4 x 4",
        () -> RigidTransform.fromRowMajor(matrix));
  }

  private Track track(String key) {
    if (!frames.get(0).has(key)) {
      return Track.empty(frames.size());
    }
    int columns = frames.get(0).get(key).numbers().length;
    float[] values = new float[frames.size() * columns];
    int i = 0;
    for (JsonFile frame : frames) {
      for (double value : frame.numbers(key, columns)) {
        values[i++] = (float) value;
      }
    }
    return Track.of(frames.size(), columns, values);
  }

  @Override
  public String name() {
    return Objects.toString(folder.toAbsolutePath().normalize().getFileName(), "episode");
  }

  @Override
  public String task() {
    return task;
  }

  @Override
  public int frames() {
    return frames.size();
  }

  @Override
  public double framesPerSecond() {
    return fps;
  }

  @Override
  public List<String> viewNames() {
    return List.copyOf(cameras.keySet());
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
    return new Provenance(FORMAT, folder.toString(), Map.of());
  }

  @Override
  public Observation observation(int index) {
    Objects.checkIndex(index, frames.size());
    JsonFile frame = frames.get(index);
    JsonFile pictures = frame.get("views");
    List<View> views = new ArrayList<>();
    for (Map.Entry<String, Rig> camera : cameras.entrySet()) {
      views.add(view(camera.getKey(), camera.getValue(), pictures.get(camera.getKey()), index));
    }
    List<RigidTransform> effectors = new ArrayList<>();
    if (frame.has("effectors")) {
      for (JsonFile effector : frame.get("effectors").elements()) {
        double[] p = effector.numbers("position", 3);
        double[] q = effector.numbers("quaternion", 4);
        effectors.add(
            Cameras.checked(
                file,
                "effectors",
                index,
                "a unit quaternion x y z w",
                () ->
                    RigidTransform.fromQuaternion(
                        q[0], q[1], q[2], q[3], new Vector3(p[0], p[1], p[2]))));
      }
      if (effectors.size() > 2) {
        throw new DataException(file, "effectors", index, "at most 2", "" + effectors.size());
      }
    }
    return new Observation(views, states.row(index), effectors, task, frame.number("time"));
  }

  private View view(String name, Rig rig, JsonFile json, int index) {
    int width = rig.width();
    int height = rig.height();
    Path colour = inside(json.text("rgb"), index);
    RgbImage rgb =
        Pictures.rgb(
            SmallFile.bytes(colour),
            width,
            height,
            false,
            new Pictures.Origin(colour.toString(), name, index));
    Optional<DepthImage> map = Optional.empty();
    if (depth && json.has("depth")) {
      Path path = inside(json.text("depth"), index);
      Pictures.Origin origin = new Pictures.Origin(path.toString(), name, index);
      short[] stored = Pictures.gray16(SmallFile.bytes(path), width, height, origin);
      map =
          Optional.of(
              Depths.of(rig.kind(), stored, width, height, Optional.of(rig.intrinsics()), origin));
    }
    Rectifier lens = rig.lens();
    if (lens != null) {
      rgb = RgbImage.owning(width, height, lens.picture(rgb.toArray(), 3));
      map = map.map(lens::depth);
    }
    RigidTransform here = pose(json);
    RigidTransform pose = here == null ? rig.pose() : here;
    return View.of(
        name,
        rgb,
        map,
        pose == null ? Optional.empty() : Optional.of(new Camera(rig.intrinsics(), pose)));
  }

  private Path inside(String relative, int index) {
    Path path = folder.resolve(relative).normalize();
    if (!path.startsWith(folder.normalize())) {
      throw new DataException(file, "views", index, "a file of the episode", relative);
    }
    return path;
  }
}
