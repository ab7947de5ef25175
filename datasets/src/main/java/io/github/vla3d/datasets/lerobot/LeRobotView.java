package io.github.vla3d.datasets.lerobot;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.ReadOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One camera and the features that hold what it saw.
 *
 * @param depth null where there is none or none is wanted
 * @param intrinsics column of K, null where there is none
 * @param extrinsics column of E, null where there is none
 * @param depthIntrinsics column of the K that the depth fits, where it is another one
 */
record LeRobotView(
    String name,
    Feature rgb,
    @Nullable Feature depth,
    @Nullable Feature intrinsics,
    @Nullable Feature extrinsics,
    @Nullable Feature depthIntrinsics) {
  static final String INTRINSICS = "observation.camera_intrinsics.";
  static final String EXTRINSICS = "observation.camera_extrinsics.";
  static final String DEPTH_INTRINSICS = "observation.depth_intrinsics.";

  static List<LeRobotView> all(LeRobotInfo info, ReadOptions options) {
    List<LeRobotView> views = new ArrayList<>();
    for (Feature feature : info.features().values()) {
      if (feature.isPicture() && !feature.isDepth() && options.wants(feature.view())) {
        String name = feature.view();
        Feature k = optional(info, INTRINSICS + name, 9);
        Feature e = optional(info, EXTRINSICS + name, 16);
        views.add(
            new LeRobotView(
                name,
                feature,
                options.depth() ? depthOf(info, name, feature, options) : null,
                e == null ? null : k,
                k == null ? null : e,
                optional(info, DEPTH_INTRINSICS + name, 9)));
      }
    }
    return List.copyOf(views);
  }

  private static @Nullable Feature optional(LeRobotInfo info, String key, int elements) {
    Feature feature = info.features().get(key);
    if (feature != null && feature.elements() != elements) {
      throw info.json()
          .fault("features." + key + ".shape", elements + " numbers", feature.shape().toString());
    }
    return feature;
  }

  private static @Nullable Feature depthOf(
      LeRobotInfo info, String view, Feature rgb, ReadOptions options) {
    Feature best =
        info.features().values().stream()
            .filter(f -> f.isDepth() && f.view().equals(view))
            .min(
                Comparator.comparing((Feature f) -> !options.depthFeatures().contains(f.key()))
                    .thenComparing(LeRobotView::isCoded)
                    .thenComparing(Feature::isVideo))
            .orElse(null);
    if (best != null && (best.width() != rgb.width() || best.height() != rgb.height())) {
      throw new DataException(
          info.root().toString(),
          best.key(),
          -1,
          rgb.width() + " x " + rgb.height() + " as the picture",
          best.width() + " x " + best.height());
    }
    return best;
  }

  /** Whether the depth is in the lossy 12-bit code. */
  static boolean isCoded(Feature depth) {
    var info = depth.info();
    return info != null
        && (info.has("video.depth_max")
            || info.has("depth_max")
            || info.text("video.pix_fmt", "").startsWith("gray12"));
  }
}
