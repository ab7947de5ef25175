package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.SineEncoding;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import java.util.List;

/**
 * State probes: learned queries, each with a content c_j [D] and a reference point p_j in the
 * robot's base frame, first anywhere in the workspace. pos(p) is an MLP of the sine encoding of p
 * in units of the workspace.
 */
public final class Probes extends Module {
  private final Parameter content;
  private final Parameter points;
  private final Mlp position;
  private final SceneConfig.Workspace workspace;

  Probes(SceneConfig config) {
    long width = config.sizes().width();
    long count = config.sizes().probes();
    this.workspace = config.workspace();
    this.content = parameter("content", Initialiser.normal(0.02), count, width);
    this.points = parameter("points", this::anywhere, count, 3);
    this.position =
        register(
            "position", Mlp.numbered(Activation.RELU, 3 * SineEncoding.CHANNELS, width, width));
  }

  private Tensor anywhere(Generator generator, long... shape) {
    Tensor min = corner(workspace.min());
    return generator.rand(DType.F32, shape).mul(corner(workspace.max()).sub(min)).add(min);
  }

  private static Tensor corner(List<Double> values) {
    return Tensors.of(values.stream().mapToDouble(Double::doubleValue).toArray(), 3).to(DType.F32);
  }

  /** c^(0): [B, Q, D]. */
  Tensor content(long batch) {
    return content.value().unsqueeze(0).expand(batch, -1, -1);
  }

  /** p^(0): [B, Q, 3], fp32 (or fp64), metres. */
  Tensor points(long batch, Tensor like) {
    return points.as(like.dtype()).unsqueeze(0).expand(batch, -1, -1);
  }

  /** pos of p [B, Q, 3]: [B, Q, D]. */
  Tensor position(Tensor p) {
    return Scope.tensor(
        () -> {
          Tensor min = corner(workspace.min()).to(p.dtype()).to(p.device());
          Tensor max = corner(workspace.max()).to(p.dtype()).to(p.device());
          return position.apply(SineEncoding.threeD(p.sub(min).div(max.sub(min))));
        });
  }
}
