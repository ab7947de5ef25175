package io.github.vla3d.agent;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.pointattn.PointAttn;
import io.github.vla3d.scene.completion.CloudCompleter;
import java.util.List;

/** PointAttN in the place where the scene module asks for whole clouds; several in one pass. */
public final class PointAttnCompleter implements CloudCompleter {
  private final PointAttn network;

  /**
   * @param network is closed with this
   */
  public PointAttnCompleter(PointAttn network) {
    this.network = network;
  }

  @Override
  public int mostPoints() {
    return PointAttn.POINTS;
  }

  @Override
  public PointCloud complete(PointCloud observed, Vector3 camera) {
    return network.complete(List.of(observed)).get(0);
  }

  @Override
  public List<PointCloud> complete(List<Partial> partials) {
    return network.complete(partials.stream().map(Partial::observed).toList());
  }

  @Override
  public void close() {
    network.close();
  }
}
