package io.github.vla3d.scene;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.scene.aggregation.Selection;
import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.scene.completion.CompletionPoints;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.Occluded;
import io.github.vla3d.scene.completion.ViewSurface;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.instance.Instances;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Completion points from the masks of the selected instances themselves, as at inference. */
final class MaskCompletion implements CompletionSource {
  private final SceneConfig config;
  private final CompletionPoints points;

  /**
   * @param completer what makes clouds whole
   */
  MaskCompletion(SceneConfig config, CloudCompleter completer) {
    this.config = config;
    this.points = new CompletionPoints(config.completion(), completer);
  }

  @Override
  public CompletionQueries queries(Memory memory, Instances instances, Selection selection) {
    Placement placement = memory.placement();
    int batch = Math.toIntExact(placement.present().size(0));
    List<List<Occluded>> samples = new ArrayList<>();
    for (int b = 0; b < batch; b++) {
      int sample = b;
      samples.add(Scope.call(scope -> occluded(placement, instances, selection, sample)));
    }
    return Occluded.queries(samples, config.completion(), placement.points().device());
  }

  private List<Occluded> occluded(
      Placement placement, Instances instances, Selection selection, int sample) {
    long[] present = places(placement.present(), sample);
    long[] slots = places(selection.valid(), sample);
    if (present.length == 0 || slots.length == 0) {
      return List.of();
    }
    List<ViewSurface> views = new ArrayList<>();
    for (long view : present) {
      views.add(surface(placement, sample, view));
    }
    return points.find(
        views,
        masks(instances, selection, sample, present, slots),
        Arrays.stream(slots).mapToInt(Math::toIntExact).toArray());
  }

  /** Where a row of BOOL [B, n] is true. */
  private static long[] places(Tensor mask, int row) {
    return mask.select(0, row).nonzero().squeeze(-1).toLongs();
  }

  private ViewSurface surface(Placement placement, int sample, long view) {
    Tensor depth = placement.depth().select(0, sample).select(0, view);
    Intrinsics intrinsics =
        Intrinsics.fromRowMajor(
            placement.intrinsics().select(0, sample).select(0, view).toDoubles(),
            Math.toIntExact(depth.size(1)),
            Math.toIntExact(depth.size(0)));
    RigidTransform cameraFromWorld =
        RigidTransform.fromRowMajor(
            placement.cameraFromWorld().select(0, sample).select(0, view).toDoubles());
    return ViewSurface.of(
        placement.viewIds().select(0, sample).select(0, view).itemLong(),
        depth.toFloats(),
        Camera.fromCameraFromWorld(intrinsics, cameraFromWorld),
        config.views().zMax());
  }

  /** Of the valid slots in the views that are there. */
  private static CompletionPoints.Masks masks(
      Instances instances, Selection selection, int sample, long[] present, long[] slots) {
    Tensor map = instances.maskMap();
    int rows = Math.toIntExact(map.size(2));
    int columns = Math.toIntExact(map.size(3));
    Tensor probes =
        selection
            .index()
            .select(0, sample)
            .indexSelect(0, Tensors.of(slots, slots.length).to(map.device()));
    Tensor embeddings =
        instances.last().maskEmbeddings().select(0, sample).indexSelect(1, probes); // [V, S, M]
    long allViews = embeddings.size(0);
    List<Tensor> logits = new ArrayList<>();
    for (long view : present) {
      Tensor own = map.select(0, sample * allViews + view).flatten(1, 2);
      logits.add(embeddings.select(0, view).to(own.dtype()).matmul(own));
    }
    float[] flat = Tensors.stack(1, logits).to(DType.F32).toFloats(); // [S, V present, cells]
    return new CompletionPoints.Masks(flat, rows, columns);
  }
}
