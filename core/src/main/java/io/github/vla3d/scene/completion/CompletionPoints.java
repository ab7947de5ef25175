package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Completion points of a sample (P_comp of Eq. 8): masks to observed clouds, largest cluster,
 * completion, and of the most hidden instances a few points each, far from all that was observed.
 * Works on the host, the instances side by side.
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
   * What is known of an instance of which enough is seen.
   *
   * @param slot its number
   * @param observed what was seen of it
   * @param share of the whole that was not
   * @param occluded its points, if it counts as occluded
   */
  public record Seen(int slot, ObservedCloud observed, double share, Optional<Occluded> occluded) {}

  /**
   * The instances that get completion points, the most hidden first.
   *
   * @param views those that are there, pictures of one size
   * @param masks of S instances in just these views
   * @param slots numbers of the S instances
   * @throws SceneException if sizes do not fit together
   */
  public List<Occluded> find(List<ViewSurface> views, Masks masks, int... slots) {
    return Occluded.most(
        seen(views, masks, slots).stream().flatMap(one -> one.occluded.stream()).toList(), rule);
  }

  /** As {@link #find}, for all instances of which enough is seen, in their order. */
  public List<Seen> seen(List<ViewSurface> views, Masks masks, int... slots) {
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
    List<Visible> visible =
        IntStream.range(0, slots.length)
            .parallel()
            .mapToObj(i -> visible(views, masks, grid, i, slots[i]))
            .filter(Objects::nonNull)
            .toList();
    List<PointCloud> dense =
        completer.complete(
            visible.stream()
                .map(v -> new CloudCompleter.Partial(v.cloud.points(), v.cloud.view().camera()))
                .toList());
    return IntStream.range(0, dense.size())
        .parallel()
        .mapToObj(i -> seen(visible.get(i).slot, visible.get(i).cloud, dense.get(i)))
        .toList();
  }

  /** An instance of which enough is seen to be completed. */
  private record Visible(int slot, ObservedCloud cloud) {}

  private @Nullable Visible visible(
      List<ViewSurface> views, Masks masks, MaskPixels.Grid grid, int instance, int slot) {
    int cells = masks.rows * masks.columns;
    List<MaskPixels> pixels = new ArrayList<>();
    for (int v = 0; v < views.size(); v++) {
      pixels.add(new MaskPixels(grid, masks.logits, (instance * views.size() + v) * cells));
    }
    ObservedCloud observed =
        ObservedCloud.of(views, pixels, rule.minPoints(), completer.mostPoints());
    return observed == null ? null : new Visible(slot, observed);
  }

  private Seen seen(int slot, ObservedCloud observed, PointCloud dense) {
    HiddenPoints hidden = HiddenPoints.of(observed.points(), dense, rule);
    return new Seen(
        slot,
        observed,
        hidden.share(),
        hidden.isOccluded(rule)
            ? Optional.of(
                new Occluded(
                    slot, observed.view().viewId(), hidden.share(), dense.select(hidden.picks())))
            : Optional.empty());
  }
}
