package io.github.vla3d.data;

import java.util.List;
import java.util.Set;

/**
 * What to read of a data set.
 *
 * @param views the cameras wanted; empty means all
 * @param depth whether depth is wanted where there is some
 * @param depthFeatures where one camera's depth is stored more than once: the features to prefer,
 *     by key. Otherwise lossless depth is preferred
 */
public record ReadOptions(Set<String> views, boolean depth, List<String> depthFeatures) {
  /** Everything. */
  public static final ReadOptions ALL = new ReadOptions(Set.of(), true, List.of());

  public ReadOptions {
    views = Set.copyOf(views);
    depthFeatures = List.copyOf(depthFeatures);
  }

  /** Whether a camera is wanted. */
  public boolean wants(String view) {
    return views.isEmpty() || views.contains(view);
  }
}
