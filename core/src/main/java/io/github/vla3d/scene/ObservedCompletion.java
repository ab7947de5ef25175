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
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.Instances;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Completes the clouds under the masks that the probes say. */
final class ObservedCompletion implements CompletionSource {
  private final SceneConfig config;
  private final CompletionPoints points;

  ObservedCompletion(SceneConfig config, CloudCompleter completer) {
    this.config = config;
    this.points = new CompletionPoints(config.completion(), completer);
  }

  @Override
  public CompletionQueries queries(
      SceneInput input, Memory memory, Instances instances, Selection selection) {
    List<List<Occluded>> samples = new ArrayList<>();
    for (int b = 0; b < input.batch(); b++) {
      int sample = b;
      samples.add(Scope.call(scope -> find(input, memory, instances, selection, sample)));
    }
    return Occluded.queries(samples, config.completion(), memory.features().device());
  }

  private List<Occluded> find(
      SceneInput input, Memory memory, Instances instances, Selection selection, int b) {
    Placement placement = memory.placement();
    boolean[] present = placement.present().select(0, b).toBooleans();
    long[] ids = input.viewIds().select(0, b).toLongs();
    List<ViewSurface> surfaces = new ArrayList<>();
    List<Long> views = new ArrayList<>();
    for (int v = 0; v < present.length; v++) {
      if (present[v]) {
        views.add((long) v);
        surfaces.add(
            ViewSurface.of(
                ids[v],
                placement.depth().select(0, b).select(0, v).to(DType.F32).toFloats(),
                camera(placement, b, v),
                config.views().zMax()));
      }
    }
    int[] slots = slots(selection, b);
    if (views.isEmpty() || slots.length == 0) {
      return List.of();
    }
    Tensor map = instances.maskMap();
    int rows = (int) map.size(2);
    int columns = (int) map.size(3);
    long[] probes = selection.index().select(0, b).toLongs();
    long[] chosen = new long[slots.length];
    for (int i = 0; i < slots.length; i++) {
      chosen[i] = probes[slots[i]];
    }
    Device device = map.device();
    Tensor here = index(views, device);
    Tensor embeddings =
        instances
            .last()
            .maskEmbeddings()
            .select(0, b)
            .indexSelect(0, here)
            .indexSelect(1, Tensors.of(chosen, chosen.length).to(device)); // [V, S, M]
    Tensor maps =
        map.view(placement.present().size(0), -1, map.size(1), (long) rows * columns)
            .select(0, b)
            .indexSelect(0, here); // [V, M, cells]
    float[] logits = embeddings.matmul(maps).transpose(0, 1).to(DType.F32).contiguous().toFloats();
    return points.find(surfaces, new CompletionPoints.Masks(logits, rows, columns), slots);
  }

  private static Tensor index(List<Long> values, Device device) {
    return Tensors.of(values.stream().mapToLong(Long::longValue).toArray(), values.size())
        .to(device);
  }

  private static int[] slots(Selection selection, int b) {
    boolean[] valid = selection.valid().select(0, b).toBooleans();
    return IntStream.range(0, valid.length).filter(i -> valid[i]).toArray();
  }

  private static Camera camera(Placement placement, int b, int v) {
    double[] k = matrix(placement.intrinsics(), b, v);
    double[] pose = matrix(placement.cameraFromWorld(), b, v);
    Intrinsics intrinsics =
        Intrinsics.fromRowMajor(
            k, (int) placement.depth().size(3), (int) placement.depth().size(2));
    return Camera.fromCameraFromWorld(intrinsics, RigidTransform.fromRowMajor(pose));
  }

  private static double[] matrix(Tensor all, int b, int v) {
    return all.select(0, b).select(0, v).to(DType.F64).contiguous().toDoubles();
  }
}
