package io.github.vla3d.training;

import io.github.vla3d.agent.PreparedObservation;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.agent.SceneObjective;
import io.github.vla3d.agent.SeenView;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.scene.completion.CompletionPoints;
import io.github.vla3d.scene.completion.HiddenParts;
import io.github.vla3d.scene.completion.Occluded;
import io.github.vla3d.scene.completion.ViewSurface;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Labels of stored pictures as targets of the method: masks and boxes in the picture that the tower
 * sees, centroids in the frame of the robot's base as the labels say or else by the depth under the
 * masks. Of a sample with more objects than probes those with the most pixels count.
 */
public final class TargetMaker {
  private final SceneConfig config;
  private final PresetSections.Labels rule;
  private final int height;
  private final int width;
  private final CompletionPoints points;

  /**
   * @param grid of the tower's picture, which decides its size
   * @param completer of the objects' clouds; stays the caller's
   */
  public TargetMaker(
      SceneConfig config, PresetSections.Labels rule, TokenGrid grid, CloudCompleter completer) {
    this.config = config;
    this.rule = rule;
    this.height = grid.rows() * grid.patchHeight();
    this.width = grid.columns() * grid.patchWidth();
    this.points = new CompletionPoints(config.completion(), completer);
  }

  /** An object in one view of the tower's picture. */
  private record InView(BitSet pixels, int left, int top, int right, int bottom) {}

  /** An object of a sample: what each view shows of it, and where it is. */
  private record Target(@Nullable InView[] views, Vector3 centroid, int area) {}

  /** A view of the tower's picture: where its pixels come from, and its depth. */
  private record Picture(SeenView seen, int[] source, Camera camera, DepthImage depth) {}

  /**
   * The labels of a batch, in the caller's scope.
   *
   * @param prepared the batch, in the frame of the robot's base
   * @param cameras V names in the order of the view tokens
   * @param numbers of the cameras, as the plug-in has them
   * @param objects of each sample, their places in the frame of the robot's base
   * @param completes whether points of hidden parts are wanted too
   */
  public SceneObjective.Labels make(
      PreparedObservation prepared,
      List<String> cameras,
      long[] numbers,
      List<List<LabelledObject>> objects,
      boolean completes) {
    List<List<Target>> all = new ArrayList<>();
    List<List<CompletionPoints.Seen>> hidden = new ArrayList<>();
    for (int b = 0; b < prepared.batch(); b++) {
      @Nullable Picture[] pictures = new Picture[cameras.size()];
      for (int v = 0; v < pictures.length; v++) {
        pictures[v] = picture(prepared.seen(b).get(cameras.get(v)), prepared.observation(b));
      }
      List<Target> found = targets(pictures, objects.get(b));
      all.add(found);
      hidden.add(completes ? hidden(found, pictures, numbers) : List.of());
    }
    Targets targets = tensors(all, cameras.size());
    if (!completes) {
      return new SceneObjective.Labels(targets, null);
    }
    SceneConfig.Completion rule = config.completion();
    List<List<Occluded>> asked =
        hidden.stream()
            .map(
                some ->
                    Occluded.most(
                        some.stream().flatMap(one -> one.occluded().stream()).toList(), rule))
            .toList();
    return new SceneObjective.Labels(
        targets,
        Occluded.queries(asked, rule, Device.CPU),
        rule.source() == SceneConfig.Source.HEAD
            ? HiddenParts.of(hidden, Math.toIntExact(targets.valid().size(1)), rule.queries())
            : null);
  }

  /** What is hidden of the objects of a sample; slots are their places in the list. */
  private List<CompletionPoints.Seen> hidden(
      List<Target> targets, @Nullable Picture[] pictures, long[] numbers) {
    List<ViewSurface> surfaces = new ArrayList<>();
    List<Integer> views = new ArrayList<>();
    for (int v = 0; v < pictures.length; v++) {
      Picture picture = pictures[v];
      if (picture != null) {
        views.add(v);
        surfaces.add(
            ViewSurface.of(
                numbers[v], picture.depth.toArray(), picture.camera, config.views().zMax()));
      }
    }
    if (targets.isEmpty() || views.isEmpty()) {
      return List.of();
    }
    int cells = height * width;
    float[] logits = new float[targets.size() * views.size() * cells];
    Arrays.fill(logits, -1);
    int[] slots = new int[targets.size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = i;
      for (int k = 0; k < views.size(); k++) {
        InView shown = targets.get(i).views[views.get(k)];
        if (shown != null) {
          int from = (i * views.size() + k) * cells;
          shown.pixels.stream().forEach(pixel -> logits[from + pixel] = 1);
        }
      }
    }
    return points.seen(surfaces, new CompletionPoints.Masks(logits, height, width), slots);
  }

  private List<Target> targets(@Nullable Picture[] pictures, List<LabelledObject> objects) {
    List<Target> targets = new ArrayList<>();
    for (LabelledObject object : objects) {
      @Nullable Target target = target(object, pictures);
      if (target != null) {
        targets.add(target);
      }
    }
    targets.sort(Comparator.comparingInt((Target t) -> -t.area));
    return targets.subList(0, Math.min(targets.size(), config.sizes().probes()));
  }

  /** Null where a view has no camera or no depth: it is then of no use for labels. */
  private @Nullable Picture picture(@Nullable SeenView seen, Observation stored) {
    if (seen == null || seen.depth().isEmpty()) {
      return null;
    }
    @Nullable Camera camera = seen.depthCamera().or(seen::camera).orElse(null);
    if (camera == null) {
      return null;
    }
    ImageTransform back = seen.transform().inverse();
    // Labels are of the stored picture, which may lie otherwise than the policy wants it.
    @Nullable Camera before = stored.view(seen.source().name()).flatMap(View::camera).orElse(null);
    @Nullable Camera after = seen.source().camera().orElse(null);
    boolean rows = false;
    boolean columns = false;
    if (before != null && after != null) {
      rows = before.intrinsics().fy() < 0 != after.intrinsics().fy() < 0;
      columns = before.intrinsics().fx() < 0 != after.intrinsics().fx() < 0;
    }
    int[] source = new int[height * width];
    for (int i = 0; i < source.length; i++) {
      Pixel p = back.apply(new Pixel(i % width + 0.5, i / width + 0.5));
      int column = (int) Math.floor(p.u());
      int row = (int) Math.floor(p.v());
      boolean inside =
          column >= 0
              && column < seen.transform().fromWidth()
              && row >= 0
              && row < seen.transform().fromHeight();
      int storedRow = rows ? seen.transform().fromHeight() - 1 - row : row;
      int storedColumn = columns ? seen.transform().fromWidth() - 1 - column : column;
      source[i] = inside ? storedRow * seen.transform().fromWidth() + storedColumn : -1;
    }
    return new Picture(seen, source, camera, seen.depth().orElseThrow());
  }

  private @Nullable Target target(LabelledObject object, @Nullable Picture[] pictures) {
    @Nullable InView[] views = new InView[pictures.length];
    double[] sum = new double[3];
    double weight = 0;
    int area = 0;
    for (int v = 0; v < pictures.length; v++) {
      Picture picture = pictures[v];
      if (picture == null) {
        continue;
      }
      ObjectMask mask = object.masks().get(picture.seen.source().name());
      @Nullable InView shown = mask == null ? null : inView(mask, picture);
      if (shown == null) {
        continue;
      }
      views[v] = shown;
      int pixels = shown.pixels.cardinality();
      area += pixels;
      @Nullable Vector3 centre = centre(shown, picture);
      if (centre != null) {
        sum[0] += pixels * centre.x();
        sum[1] += pixels * centre.y();
        sum[2] += pixels * centre.z();
        weight += pixels;
      }
    }
    // The paper's middle of the box is a matter of masks and depth alone.
    if (area > 0
        && object.place().isPresent()
        && rule.centroid() != PresetSections.Centroid.BOX_CENTER) {
      return new Target(views, object.place().get().centroid(), area);
    }
    return weight == 0
        ? null
        : new Target(views, new Vector3(sum[0] / weight, sum[1] / weight, sum[2] / weight), area);
  }

  private @Nullable InView inView(ObjectMask mask, Picture picture) {
    if (mask.width() != picture.seen.transform().fromWidth()
        || mask.height() != picture.seen.transform().fromHeight()) {
      throw new IllegalArgumentException(
          "mask of view '%s': wanted %d x %d pixels, got %s"
              .formatted(
                  picture.seen.source().name(),
                  picture.seen.transform().fromWidth(),
                  picture.seen.transform().fromHeight(),
                  mask));
    }
    BitSet stored = mask.pixels();
    BitSet pixels = new BitSet(height * width);
    int left = width;
    int top = height;
    int right = 0;
    int bottom = 0;
    for (int i = 0; i < picture.source.length; i++) {
      if (picture.source[i] >= 0 && stored.get(picture.source[i])) {
        pixels.set(i);
        left = Math.min(left, i % width);
        right = Math.max(right, i % width + 1);
        top = Math.min(top, i / width);
        bottom = Math.max(bottom, i / width + 1);
      }
    }
    // The bar is set for stored pictures; a tower's may be smaller.
    double scale = (double) height * width / ((double) mask.width() * mask.height());
    return pixels.cardinality() < Math.max(1, rule.minPixels() * Math.min(1, scale))
        ? null
        : new InView(pixels, left, top, right, bottom);
  }

  /** Null if nothing of it was measured. */
  private @Nullable Vector3 centre(InView shown, Picture picture) {
    if (rule.centroid() == PresetSections.Centroid.BOX_CENTER) {
      int column = (shown.left + shown.right) / 2;
      int row = (shown.top + shown.bottom) / 2;
      float z = picture.depth.at(column, row);
      return valid(z) ? picture.camera.unproject(new Pixel(column + 0.5, row + 0.5), z) : null;
    }
    double[][] points = new double[3][shown.pixels.cardinality()];
    int n = 0;
    for (int i = shown.pixels.nextSetBit(0); i >= 0; i = shown.pixels.nextSetBit(i + 1)) {
      float z = picture.depth.at(i % width, i / width);
      if (valid(z)) {
        Vector3 p = picture.camera.unproject(new Pixel(i % width + 0.5, i / width + 0.5), z);
        points[0][n] = p.x();
        points[1][n] = p.y();
        points[2][n] = p.z();
        n++;
      }
    }
    return n == 0
        ? null
        : new Vector3(median(points[0], n), median(points[1], n), median(points[2], n));
  }

  private boolean valid(float z) {
    return z > 0 && z <= config.views().zMax();
  }

  private static double median(double[] values, int n) {
    Arrays.sort(values, 0, n);
    return values[(n - 1) / 2];
  }

  private Targets tensors(List<List<Target>> all, int views) {
    int b = all.size();
    int t = Math.max(1, all.stream().mapToInt(List::size).max().orElse(0));
    float[] boxes = new float[b * t * views * 4];
    float[] centroids = new float[b * t * 3];
    boolean[] valid = new boolean[b * t];
    boolean[] inView = new boolean[b * t * views];
    boolean[] masks = new boolean[b * t * views * height * width];
    for (int i = 0; i < b; i++) {
      for (int j = 0; j < all.get(i).size(); j++) {
        Target target = all.get(i).get(j);
        int at = i * t + j;
        valid[at] = true;
        centroids[3 * at] = (float) target.centroid.x();
        centroids[3 * at + 1] = (float) target.centroid.y();
        centroids[3 * at + 2] = (float) target.centroid.z();
        for (int v = 0; v < views; v++) {
          InView shown = target.views[v];
          if (shown == null) {
            continue;
          }
          int place = at * views + v;
          inView[place] = true;
          boxes[4 * place] = (shown.left + shown.right) / 2f / width;
          boxes[4 * place + 1] = (shown.top + shown.bottom) / 2f / height;
          boxes[4 * place + 2] = (float) (shown.right - shown.left) / width;
          boxes[4 * place + 3] = (float) (shown.bottom - shown.top) / height;
          int from = place * height * width;
          shown.pixels.stream().forEach(pixel -> masks[from + pixel] = true);
        }
      }
    }
    return Scope.call(
        scope ->
            new Targets(
                scope.keep(Tensors.of(boxes, b, t, views, 4)),
                scope.keep(Tensors.of(centroids, b, t, 3)),
                scope.keep(Tensors.of(valid, b, t)),
                scope.keep(Tensors.of(inView, b, t, views)),
                scope.keep(Tensors.of(masks, b, t, views, height, width))));
  }
}
