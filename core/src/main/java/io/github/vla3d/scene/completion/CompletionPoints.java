package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Completion points of a sample (P_comp of Eq. 8): masks to observed clouds, largest cluster,
 * completion, and of the most hidden instances a few points each, far from all that was observed.
 * Works on the host, the instances side by side; the completer gets all of them at once.
 */
public final class CompletionPoints {
  private final SceneConfig.Completion rule;
  private final CloudCompleter completer;

  public CompletionPoints(SceneConfig.Completion rule, CloudCompleter completer) {
    this.rule = rule;
    this.completer = completer;
  }

  /**
   * Mask logits of a sample.
   *
   * @param logits [S, V, rows, columns] row-major
   * @param rows of a mask
   * @param columns of a mask
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
  public record Masks(float[] logits, int rows, int columns) {}

  /**
   * The instances that get completion points, the most hidden first.
   *
   * @param views those that are there, pictures of one size
   * @param masks of S instances in just these views
   * @param slots numbers of the S instances
   * @throws SceneException if sizes do not fit together
   */
  public List<Occluded> find(List<ViewSurface> views, Masks masks, int... slots) {
    if (views.isEmpty()) {
      return List.of();
    }
    int cells = masks.rows * masks.columns;
    if (masks.logits.length != slots.length * views.size() * cells) {
      throw new SceneException(
          "masks: wanted %d instances in %d views of %d x %d cells, got %d logits"
              .formatted(
                  slots.length, views.size(), masks.rows, masks.columns, masks.logits.length));
    }
    MaskPixels.Grid grid =
        new MaskPixels.Grid(masks.rows, masks.columns, views.get(0).height(), views.get(0).width());
    for (ViewSurface view : views) {
      if (view.height() != grid.height() || view.width() != grid.width()) {
        throw new SceneException(
            "depth: wanted pictures of one size, got %d x %d and %d x %d"
                .formatted(grid.height(), grid.width(), view.height(), view.width()));
      }
    }
    List<Seen> seen =
        IntStream.range(0, slots.length)
            .parallel()
            .mapToObj(i -> seen(views, masks, grid, i, slots[i]))
            .filter(Objects::nonNull)
            .toList();
    List<PointCloud> dense =
        completer.complete(
            seen.stream()
                .map(s -> new CloudCompleter.Partial(s.cloud.points(), s.cloud.view().camera()))
                .toList());
    List<Occluded> occluded =
        IntStream.range(0, dense.size())
            .parallel()
            .mapToObj(i -> occluded(seen.get(i), dense.get(i)))
            .filter(Objects::nonNull)
            .toList();
    return Occluded.most(occluded, rule);
  }

  /** An instance of which enough is seen. */
  private record Seen(int slot, ObservedCloud cloud) {}

  private @Nullable Seen seen(
      List<ViewSurface> views, Masks masks, MaskPixels.Grid grid, int instance, int slot) {
    int cells = masks.rows * masks.columns;
    List<MaskPixels> pixels = new ArrayList<>();
    for (int v = 0; v < views.size(); v++) {
      pixels.add(new MaskPixels(grid, masks.logits, (instance * views.size() + v) * cells));
    }
    ObservedCloud observed =
        ObservedCloud.of(views, pixels, rule.minPoints(), completer.mostPoints());
    return observed == null ? null : new Seen(slot, observed);
  }

  private @Nullable Occluded occluded(Seen seen, PointCloud dense) {
    HiddenPoints hidden = HiddenPoints.of(seen.cloud.points(), dense, rule);
    return hidden.isOccluded(rule)
        ? new Occluded(
            seen.slot, seen.cloud.view().viewId(), hidden.share(), dense.select(hidden.picks()))
        : null;
  }
}
