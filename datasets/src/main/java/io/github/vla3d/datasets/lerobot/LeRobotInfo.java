package io.github.vla3d.datasets.lerobot;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.JsonFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code meta/info.json}.
 *
 * @param root folder of the data set
 * @param version 2 for v2.0 and v2.1, 3 for v3.0
 * @param features declared columns, in order, with the depth that v2.1 lists apart
 * @param mirrored whether pictures are mirrored against those the cameras describe
 * @param upsideDown whether the bottom row comes first
 * @param extrinsics how the camera columns are to be read
 */
record LeRobotInfo(
    Path root,
    int version,
    double fps,
    int episodes,
    long frames,
    int chunkSize,
    JsonFile json,
    Map<String, Feature> features,
    boolean mirrored,
    boolean upsideDown,
    Extrinsics extrinsics) {
  private static final Pattern FIELD = Pattern.compile("\\{(\\w+)(?::0?(\\d)d)?\\}");
  private static final int MAX = Integer.MAX_VALUE;

  /**
   * What the 16 numbers of a camera column map. The data sets have no standard; without a word in
   * {@code camera_convention} they are camera to world with axes right, down, forward.
   */
  record Extrinsics(boolean worldToCamera, boolean openGl, boolean centresAtIntegers) {}

  static LeRobotInfo read(Path root) {
    JsonFile json = JsonFile.read(root.resolve("meta").resolve("info.json"));
    String version = json.text("codebase_version");
    if (!version.matches("v?(2\\.[01]|3\\.0)(\\..*)?")) {
      throw json.fault("codebase_version", "v2.0, v2.1 or v3.0", version);
    }
    double fps = json.number("fps");
    if (!(fps > 0 && fps <= 1000)) {
      throw json.fault("fps", "frames per second in (0, 1000]", String.valueOf(fps));
    }
    Map<String, Feature> features = new LinkedHashMap<>();
    for (String block : new String[] {"features", "depth_features"}) {
      if (block.equals("features") || json.has(block)) {
        JsonFile declared = json.get(block);
        for (String key : declared.keys()) {
          features.put(key, Feature.of(key, declared.get(key)));
        }
      }
    }
    boolean mirrored = false;
    boolean upsideDown = false;
    if (json.has("image_orientation")) {
      JsonFile orientation = json.get("image_orientation");
      mirrored = orientation.flag("mirrored_left_right", false);
      upsideDown = !orientation.flag("upright", true);
    }
    return new LeRobotInfo(
        root,
        version.contains("3.") ? 3 : 2,
        fps,
        json.integer("total_episodes", 0, MAX),
        (long) json.number("total_frames"),
        json.has("chunks_size") ? json.integer("chunks_size", 1, MAX) : 1000,
        json,
        features,
        mirrored,
        upsideDown,
        extrinsics(json));
  }

  private static Extrinsics extrinsics(JsonFile json) {
    if (!json.has("camera_convention") || !json.get("camera_convention").node().isObject()) {
      return new Extrinsics(false, false, false);
    }
    JsonFile convention = json.get("camera_convention");
    String pose = convention.text("extrinsics", "").toLowerCase(Locale.ROOT).replace("_", " ");
    String k = convention.text("intrinsics", "").toLowerCase(Locale.ROOT);
    return new Extrinsics(
        pose.contains("world to camera") || pose.contains("camera from world"),
        pose.contains("opengl"),
        k.contains("index + 0.0") || k.contains("centres at integers"));
  }

  /** A declared column that must be there. */
  Feature feature(String key) {
    Feature feature = features.get(key);
    if (feature == null) {
      throw json.fault("features." + key, "the feature", "features " + features.keySet());
    }
    return feature;
  }

  /** A file of the data set by its template; it never leaves the folder. */
  Path file(String template, Map<String, Object> values) {
    String pattern = json.text(template);
    Matcher matcher = FIELD.matcher(pattern);
    StringBuilder name = new StringBuilder();
    while (matcher.find()) {
      Object value = values.get(matcher.group(1));
      if (value == null) {
        throw json.fault(template, "a template of " + values.keySet(), pattern);
      }
      String digits = matcher.group(2);
      String text = digits == null ? value.toString() : ("%0" + digits + "d").formatted(value);
      matcher.appendReplacement(name, Matcher.quoteReplacement(text));
    }
    matcher.appendTail(name);
    return inside(name.toString());
  }

  /** A path relative to the data set, which must not lead out of it. */
  Path inside(String relative) {
    Path path = root.resolve(relative).normalize();
    if (!path.startsWith(root.normalize())) {
      throw new DataException(
          root.toString(), relative, -1, "a file of the data set", "one outside");
    }
    return path;
  }
}
