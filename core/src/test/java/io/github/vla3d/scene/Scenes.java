package io.github.vla3d.scene;

import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Module;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Random scenes of the size of preset {@code test}: cameras that look at a table. */
public final class Scenes {
  public static final Ports PORTS = new Ports(64, 64, 1);
  static final int GRID = 4;
  static final int PICTURE = 32;

  private Scenes() {}

  public static SceneConfig config(Map<String, String> choices) {
    return Preset.of("test").with(choices).scene();
  }

  public static SceneConfig config(String... keysAndValues) {
    Map<String, String> choices = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      choices.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return config(choices);
  }

  /** Random weights, none of them 0; every probe is likely to become a token. */
  public static SceneModule module(SceneConfig config, long seed) {
    SceneModule module = new SceneModule(config, PORTS, Body.FULL);
    stir(module, seed);
    Scope.run(
        () -> {
          Tensor bias = Objects.requireNonNull(module.parameters().get("heads.logit.bias")).value();
          bias.detach().fill_(1);
        });
    return module;
  }

  /** First values plus noise, so that zeros do not hide mistakes. */
  public static void stir(Module module, long seed) {
    try (Generator generator = new Generator(seed)) {
      module.initialise(generator);
      Scope.run(
          () ->
              module
                  .parameters()
                  .forEach(
                      (name, parameter) -> {
                        if (!name.endsWith("probes.points")) {
                          Tensor noise = generator.randn(DType.F32, parameter.shape()).mul(0.1);
                          parameter.value().detach().add_(noise);
                        }
                      }));
    }
  }

  /** A batch of scenes with all views present. */
  public static SceneInput input(int batch, int views, long seed) {
    try (Generator generator = new Generator(seed)) {
      Random random = new Random(seed);
      float[] depth = new float[batch * views * PICTURE * PICTURE];
      float[] intrinsics = new float[batch * views * 9];
      float[] poses = new float[batch * views * 16];
      long[] ids = new long[batch * views];
      for (int i = 0; i < batch * views; i++) {
        camera(random, i, depth, intrinsics, poses);
        ids[i] = i % views;
      }
      return new SceneInput(
          generator.randn(DType.F32, batch, views, GRID, GRID, PORTS.tokenWidth()),
          Tensors.of(depth, batch, views, PICTURE, PICTURE),
          Tensors.of(intrinsics, batch, views, 3, 3),
          Tensors.of(poses, batch, views, 4, 4),
          Tensors.ones(DType.BOOL, Device.CPU, batch, views),
          Tensors.zeros(DType.BOOL, Device.CPU, batch, views, GRID, GRID),
          Tensors.of(ids, batch, views),
          generator
              .rand(DType.F32, batch, 1, 3)
              .mul(0.4)
              .add(Tensors.of(new float[] {0.4f, -0.2f, 0.1f}, 3)));
    }
  }

  /**
   * Looks from somewhere above at somewhere on the table z = 0; bumps, and pixels without depth.
   */
  private static void camera(
      Random random, int i, float[] depth, float[] intrinsics, float[] poses) {
    double angle = random.nextDouble() * 2 * Math.PI;
    double[] eye = {
      0.6 + 0.6 * Math.cos(angle), 0.6 * Math.sin(angle), 0.4 + 0.4 * random.nextDouble()
    };
    double[] at = {0.6 + 0.2 * random.nextGaussian() / 2, 0.2 * random.nextGaussian() / 2, 0.02};
    double[] z = unit(at[0] - eye[0], at[1] - eye[1], at[2] - eye[2]);
    double[] x = unit(z[1], -z[0], 0);
    double[] y = {z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]};
    double[][] r = {x, y, z};
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 3; column++) {
        poses[16 * i + 4 * row + column] = (float) r[row][column];
      }
      double t = r[row][0] * eye[0] + r[row][1] * eye[1] + r[row][2] * eye[2];
      poses[16 * i + 4 * row + 3] = (float) -t;
    }
    poses[16 * i + 15] = 1;
    double focal = PICTURE * (0.9 + 0.3 * random.nextDouble());
    double centre = PICTURE / 2.0;
    System.arraycopy(
        new float[] {(float) focal, 0, (float) centre, 0, (float) focal, (float) centre, 0, 0, 1},
        0,
        intrinsics,
        9 * i,
        9);
    for (int v = 0; v < PICTURE; v++) {
      for (int u = 0; u < PICTURE; u++) {
        double down = (u + .5 - centre) / focal * x[2] + (v + .5 - centre) / focal * y[2] + z[2];
        double d = Math.min(1.9, eye[2] / Math.max(0.01, -down));
        double bump = 1 - 0.1 * random.nextDouble();
        depth[(i * PICTURE + v) * PICTURE + u] =
            random.nextDouble() < 0.05 ? 0 : (float) (d * bump);
      }
    }
  }

  private static double[] unit(double x, double y, double z) {
    double n = Math.sqrt(x * x + y * y + z * z);
    return new double[] {x / n, y / n, z / n};
  }

  /** Completion queries, the first ones of each sample valid. */
  public static CompletionQueries queries(SceneConfig config, int batch, long seed, int... valid) {
    int n = config.completion().slots();
    try (Generator generator = new Generator(seed)) {
      boolean[] flags = new boolean[batch * n];
      for (int b = 0; b < batch; b++) {
        for (int i = 0; i < valid[b]; i++) {
          flags[b * n + i] = true;
        }
      }
      return new CompletionQueries(
          generator
              .rand(DType.F32, batch, n, 3)
              .mul(Tensors.of(new float[] {.8f, .8f, .2f}, 3))
              .add(Tensors.of(new float[] {.25f, -.4f, 0}, 3)),
          generator.randint(0, config.views().max() + 1, batch, n),
          Tensors.of(flags, batch, n));
    }
  }

  /** Objects anywhere, seen in about two of three views. */
  public static Targets targets(int batch, int count, int views, long seed) {
    try (Generator generator = new Generator(seed)) {
      Tensor valid = Tensors.ones(DType.BOOL, Device.CPU, batch, count);
      Tensor inView = generator.rand(DType.F32, batch, count, views).gt(0.33);
      return new Targets(
          generator.rand(DType.F32, batch, count, views, 4).mul(0.4).add(0.3),
          generator
              .rand(DType.F32, batch, count, 3)
              .mul(0.5)
              .add(Tensors.of(new float[] {.3f, -.2f, 0}, 3)),
          valid,
          inView,
          generator.rand(DType.F32, batch, count, views, PICTURE, PICTURE).gt(0.5));
    }
  }

  /** The same with each of the tensors that have a view dimension changed. */
  public static SceneInput perView(SceneInput in, UnaryOperator<Tensor> change) {
    return new SceneInput(
        change.apply(in.tokens()),
        change.apply(in.depth()),
        change.apply(in.intrinsics()),
        change.apply(in.cameraFromWorld()),
        change.apply(in.present()),
        change.apply(in.padding()),
        change.apply(in.viewIds()),
        in.endEffector());
  }

  /** The scene tokens at inference. */
  static Tensor tokens(SceneModule module, SceneInput input, CompletionQueries queries) {
    return Autograd.noGrad(
        () ->
            Scope.tensor(
                () ->
                    module
                        .perceive(
                            input,
                            Guidance.inference(CompletionSource.of(queries)),
                            io.github.vla3d.torch.nn.Trace.NONE)
                        .tokens()
                        .tokens()));
  }

  /** max |a - b| / max |a|. */
  public static double relative(Tensor a, Tensor b) {
    return Scope.call(
        scope -> a.sub(b).detach().abs().amax(false).item() / a.detach().abs().amax(false).item());
  }
}
