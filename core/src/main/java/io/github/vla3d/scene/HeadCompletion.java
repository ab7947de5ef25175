package io.github.vla3d.scene;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.scene.aggregation.Selection;
import io.github.vla3d.scene.completion.CompletionHead;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.Occluded;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.instance.Instances;
import io.github.vla3d.torch.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Takes the points that a head of the probes says: an extension without clouds. */
record HeadCompletion(SceneConfig config, CompletionHead head) implements CompletionSource {
  @Override
  public CompletionQueries queries(Memory memory, Instances instances, Selection selection) {
    CompletionHead.Said said =
        head.apply(selection.gather(instances.content()), selection.gather(instances.points()));
    int slots = (int) selection.valid().size(1);
    int numbers = 3 * config.completion().queries();
    float[] points = said.points().to(DType.F32).contiguous().toFloats();
    float[] shares = said.shareLogits().sigmoid().to(DType.F32).contiguous().toFloats();
    boolean[] valid = selection.valid().toBooleans();
    List<List<Occluded>> samples = new ArrayList<>();
    for (int b = 0; b < selection.valid().size(0); b++) {
      List<Occluded> found = new ArrayList<>();
      for (int slot = 0; slot < slots; slot++) {
        int at = b * slots + slot;
        if (valid[at] && shares[at] > config.completion().minShare()) {
          float[] own = Arrays.copyOfRange(points, at * numbers, (at + 1) * numbers);
          // Which view shows most of it is not known without its mask.
          found.add(new Occluded(slot, config.views().max(), shares[at], PointCloud.of(own)));
        }
      }
      samples.add(Occluded.most(found, config.completion()));
    }
    return Occluded.queries(samples, config.completion(), memory.features().device());
  }
}
