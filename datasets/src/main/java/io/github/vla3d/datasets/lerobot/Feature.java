package io.github.vla3d.datasets.lerobot;

import io.github.vla3d.data.JsonFile;
import io.github.vla3d.datasets.io.Pictures;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One column of a LeRobot data set as {@code info.json} declares it.
 *
 * @param key its name
 * @param dtype {@code float32}, {@code int64}, {@code bool}, {@code string}, {@code image}, {@code
 *     video} ...
 * @param shape declared
 * @param names of the elements of a vector; empty where it gives none
 * @param info the block of a video or picture, if there is one
 */
record Feature(
    String key, String dtype, List<Integer> shape, List<String> names, @Nullable JsonFile info) {
  /** Numbers of one row. */
  private static final int MAX_ELEMENTS = 1 << 16;

  static Feature of(String key, JsonFile json) {
    List<Integer> shape = new ArrayList<>();
    for (double side : json.get("shape").numbers()) {
      if (side != Math.rint(side) || side < 1 || side > MAX_ELEMENTS) {
        throw json.fault("shape", "sizes from 1 to " + MAX_ELEMENTS, String.valueOf(side));
      }
      shape.add((int) side);
    }
    List<String> names = new ArrayList<>();
    if (json.has("names") && json.get("names").node().isArray()) {
      json.get("names").elements().forEach(name -> names.add(name.node().asText()));
    }
    JsonFile info = null;
    for (String block : List.of("info", "video_info")) {
      if (info == null && json.has(block)) {
        info = json.get(block);
      }
    }
    Feature feature = new Feature(key, json.text("dtype"), List.copyOf(shape), names, info);
    if (feature.isPicture() && shape.size() != 3) {
      throw json.fault("shape", "height, width and channels", shape.toString());
    }
    if (feature.isPicture() && !Pictures.possible(feature.width(), feature.height())) {
      throw json.fault("shape", Pictures.sizes(), shape.toString());
    }
    double elements = shape.stream().mapToDouble(side -> side).reduce(1, (a, b) -> a * b);
    if (!feature.isPicture() && elements > MAX_ELEMENTS) {
      throw json.fault("shape", "at most " + MAX_ELEMENTS + " numbers", shape.toString());
    }
    return feature;
  }

  boolean isVideo() {
    return dtype.equals("video");
  }

  boolean isPicture() {
    return isVideo() || dtype.equals("image");
  }

  /** Depth videos look like any other: only this flag tells them from colour. */
  boolean isDepth() {
    return isPicture()
        && info != null
        && (info.flag("is_depth_map", false) || info.flag("video.is_depth_map", false));
  }

  /** Elements of a vector; 1 for a scalar. */
  int elements() {
    int product = 1;
    for (int side : shape) {
      product = Math.multiplyExact(product, side);
    }
    return product;
  }

  private boolean channelsFirst() {
    return shape.size() == 3
        && (names.isEmpty() ? shape.get(0) == 3 : names.get(0).equals("channels"));
  }

  int height() {
    return shape.get(channelsFirst() ? 1 : 0);
  }

  int width() {
    return shape.get(channelsFirst() ? 2 : 1);
  }

  /** The camera this picture or depth belongs to. */
  String view() {
    String name = key;
    for (String prefix : List.of("observation.images.", "observation.depth.", "observation.")) {
      if (name.startsWith(prefix)) {
        name = name.substring(prefix.length());
        break;
      }
    }
    return isDepth() && name.endsWith("_depth")
        ? name.substring(0, name.length() - "_depth".length())
        : name;
  }
}
