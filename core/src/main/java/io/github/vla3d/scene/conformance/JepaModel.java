package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Attention;
import io.github.vla3d.torch.nn.Conv2d;
import io.github.vla3d.torch.nn.Convolution;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One step of I-JEPA with a tiny vision transformer and predictor, made of our layers: masks,
 * position tables, forward, target, loss, gradients; and its schedules.
 */
final class JepaModel {
  private static final Tolerance FP32 = Tolerance.of(1e-4, 1e-5);
  private static final Tolerance TABLE = Tolerance.of(0, 1e-6);
  private static final Tolerance RATE = Tolerance.of(1e-12, 1e-15);
  private static final double EPSILON = 1e-6;

  private JepaModel() {}

  static void verify(ComponentFile file, JsonNode entry) {
    Tensor x = file.input("apply_masks.x");
    Tensor m0 = file.input("apply_masks.m0");
    Tensor m1 = file.input("apply_masks.m1");
    file.compare("apply_masks.out", gathered(x, List.of(m0, m1)), Tolerance.EXACT);
    repeats(file);
    tables(file);
    schedules(file);
    step(file, entry.required("config"));
  }

  /** Rows of x [B, N, D] that each of the masks [B, n] names, mask after mask: [masks B, n, D]. */
  private static Tensor gathered(Tensor x, List<Tensor> masks) {
    List<Tensor> parts = new ArrayList<>();
    for (Tensor mask : masks) {
      parts.add(x.gather(1, mask.unsqueeze(-1).expand(mask.size(0), mask.size(1), x.size(2))));
    }
    return Tensors.cat(0, parts);
  }

  private static void repeats(ComponentFile file) {
    Pattern pattern = Pattern.compile("repeat_interleave_batch\\.B(\\d+)_r(\\d+)");
    Tensor in = file.input("repeat_interleave_batch.in");
    for (String name : file.names()) {
      Matcher matcher = pattern.matcher(name);
      if (matcher.matches()) {
        long batch = Long.parseLong(matcher.group(1));
        long times = Long.parseLong(matcher.group(2));
        Tensor groups = in.view(-1, 1, batch, in.size(1));
        Tensor all = groups.expand(groups.size(0), times, batch, in.size(1));
        file.compare(name, all.reshape(-1, in.size(1)), Tolerance.EXACT);
      }
    }
  }

  // ---------------------------------------- tables and schedules

  private static void tables(ComponentFile file) {
    Pattern pattern = Pattern.compile("sincos(1d|2d|2d_cls)\\.dim(\\d+)\\.(?:n|grid)(\\d+)");
    for (String name : file.names()) {
      Matcher matcher = pattern.matcher(name);
      if (matcher.matches()) {
        int width = Integer.parseInt(matcher.group(2));
        int n = Integer.parseInt(matcher.group(3));
        Tensor table =
            matcher.group(1).equals("1d")
                ? table(Tensors.arange(0, n, 1, DType.F64, Device.CPU), width)
                : grid(n, width);
        if (matcher.group(1).endsWith("cls")) {
          table = Tensors.cat(0, Tensors.zeros(DType.F64, Device.CPU, 1, width), table);
        }
        file.compare(name, table, TABLE);
      }
    }
  }

  /** Sines of all frequencies, then cosines: [n, width]. */
  private static Tensor table(Tensor positions, int width) {
    double[] frequencies = new double[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Math.pow(10000, -2.0 * i / width);
    }
    Tensor angle = positions.unsqueeze(-1).mul(Tensors.of(frequencies, 1, frequencies.length));
    return Tensors.cat(-1, angle.sin(), angle.cos());
  }

  /** Columns in the first half of the channels, rows in the second: [n n, width]. */
  private static Tensor grid(int n, int width) {
    Tensor line = Tensors.arange(0, n, 1, DType.F64, Device.CPU);
    return Tensors.cat(
        -1, table(line.repeat(n), width / 2), table(line.repeatInterleave(n, 0), width / 2));
  }

  private static void schedules(ComponentFile file) {
    Pattern rate = Pattern.compile("sched\\.lr_(\\d+)steps_warm(\\d+)_([^_]+)_([^_]+)_([^_]+)");
    Pattern decay = Pattern.compile("sched\\.wd_(\\d+)steps_([^_]+)_([^_]+)");
    for (String name : file.names()) {
      Matcher lr = rate.matcher(name);
      Matcher wd = decay.matcher(name);
      if (lr.matches()) {
        int warm = Integer.parseInt(lr.group(2));
        double start = Double.parseDouble(lr.group(3));
        double peak = Double.parseDouble(lr.group(4));
        double end = Double.parseDouble(lr.group(5));
        int steps = Integer.parseInt(lr.group(1));
        double[] values = new double[steps];
        for (int step = 1; step <= steps; step++) {
          values[step - 1] =
              step < warm
                  ? start + (peak - start) * step / warm
                  : cosine(peak, end, (double) (step - warm) / (steps - warm));
        }
        file.compare(name, Tensors.of(values, steps), RATE);
      } else if (wd.matches()) {
        int steps = Integer.parseInt(wd.group(1));
        double[] values = new double[steps];
        for (int step = 1; step <= steps; step++) {
          values[step - 1] =
              cosine(
                  Double.parseDouble(wd.group(2)),
                  Double.parseDouble(wd.group(3)),
                  (double) step / steps);
        }
        file.compare(name, Tensors.of(values, steps), RATE);
      }
    }
  }

  private static double cosine(double from, double to, double progress) {
    return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress));
  }

  // ---------------------------------------- the model

  /** x += attention(norm1 x); x += mlp(norm2 x). */
  private static final class Block extends Module {
    private final long heads;
    private final LayerNorm norm1;
    private final Linear qkv;
    private final Linear proj;
    private final LayerNorm norm2;
    private final Mlp mlp;

    Block(long width, long heads, long hidden) {
      this.heads = heads;
      norm1 = register("norm1", new LayerNorm(width, EPSILON));
      qkv = register("attn.qkv", new Linear(width, 3 * width));
      proj = register("attn.proj", new Linear(width, width));
      norm2 = register("norm2", new LayerNorm(width, EPSILON));
      mlp = register("mlp", new Mlp(Activation.GELU, List.of("fc1", "fc2"), width, hidden, width));
    }

    Tensor apply(Tensor x) {
      List<Tensor> parts = qkv.apply(norm1.apply(x)).chunk(3, -1);
      Tensor read =
          Attention.apply(
              Attention.split(parts.get(0).contiguous(), heads),
              Attention.split(parts.get(1).contiguous(), heads),
              Attention.split(parts.get(2).contiguous(), heads),
              null,
              Double.NaN,
              Attention.EmptyRows.NONE);
      Tensor y = x.add(proj.apply(Attention.join(read)));
      return y.add(mlp.apply(norm2.apply(y)));
    }
  }

  private static List<Block> blocks(ComponentFile file, String prefix, long width, long heads) {
    List<Block> blocks = new ArrayList<>();
    while (file.has(prefix + blocks.size() + ".norm1.weight")) {
      long hidden = file.input(prefix + blocks.size() + ".mlp.fc1.bias").numel();
      blocks.add(new Block(width, heads, hidden));
    }
    return blocks;
  }

  private static final class Encoder extends Module {
    private final Conv2d patches;
    private final Parameter positions;
    private final List<Block> blocks;
    private final LayerNorm norm;

    Encoder(ComponentFile file, JsonNode config) {
      long width = config.required("embed").asLong();
      long patch = config.required("patch").asLong();
      patches =
          register(
              "patch_embed.proj",
              new Conv2d(3, width, patch, Convolution.DEFAULT.withStride(patch)));
      long[] table = file.input("vit.pos_embed").shape();
      positions = parameter("pos_embed", Initialiser.constant(0), table);
      blocks =
          register("blocks", blocks(file, "vit.blocks.", width, config.required("heads").asLong()));
      norm = register("norm", new LayerNorm(width, EPSILON));
    }

    /** Tokens of the pictures, only those of the mask if one is given. */
    Tensor apply(Tensor images, List<Tensor> masks) {
      Tensor x = patches.apply(images).flatten(2, 3).transpose(1, 2).add(positions.value());
      x = masks.isEmpty() ? x : gathered(x, masks);
      for (Block block : blocks) {
        x = block.apply(x);
      }
      return norm.apply(x);
    }
  }

  private static final class Predictor extends Module {
    private final Linear embed;
    private final Parameter maskToken;
    private final Parameter positions;
    private final List<Block> blocks;
    private final LayerNorm norm;
    private final Linear proj;

    Predictor(ComponentFile file, JsonNode config) {
      long width = config.required("predictor_dim").asLong();
      long outside = config.required("embed").asLong();
      embed = register("predictor_embed", new Linear(outside, width));
      maskToken = parameter("mask_token", Initialiser.constant(0), 1, 1, width);
      positions =
          parameter(
              "predictor_pos_embed",
              Initialiser.constant(0),
              file.input("pred.predictor_pos_embed").shape());
      blocks =
          register(
              "predictor_blocks",
              blocks(file, "pred.predictor_blocks.", width, config.required("heads").asLong()));
      norm = register("predictor_norm", new LayerNorm(width, EPSILON));
      proj = register("predictor_proj", new Linear(width, outside));
    }

    /** What it says of the tokens of each target mask, seeing the context's. */
    Tensor apply(Tensor context, Tensor contextMask, List<Tensor> targets) {
      long batch = context.size(0);
      Tensor table = positions.value().expand(batch, positions.shape()[1], positions.shape()[2]);
      Tensor x = embed.apply(context).add(gathered(table, List.of(contextMask)));
      Tensor asked = gathered(table, targets).add(maskToken.value());
      Tensor all = Tensors.cat(1, x.repeat(targets.size(), 1, 1), asked);
      for (Block block : blocks) {
        all = block.apply(all);
      }
      Tensor y = norm.apply(all);
      return proj.apply(y.narrow(1, x.size(1), y.size(1) - x.size(1)));
    }
  }

  private static void step(ComponentFile file, JsonNode config) {
    try (Encoder encoder = new Encoder(file, config);
        Predictor predictor = new Predictor(file, config)) {
      encoder.load(file.weights("vit.", name -> name), null, Device.CPU);
      predictor.load(file.weights("pred.", name -> name), null, Device.CPU);
      positions(file, "vit.pos_embed");
      positions(file, "pred.predictor_pos_embed");
      Tensor images = file.input("step.images");
      Tensor seen = file.input("step.mask_enc");
      List<Tensor> targets = new ArrayList<>();
      while (file.has("step.mask_pred" + targets.size())) {
        targets.add(file.input("step.mask_pred" + targets.size()));
      }
      Tensor target =
          Autograd.noGrad(
              () ->
                  gathered(
                      Functional.layerNorm(encoder.apply(images, List.of()), null, null, 1e-5),
                      targets));
      Tensor context = encoder.apply(images, List.of(seen));
      Tensor said = predictor.apply(context, seen, targets);
      Tensor loss = Functional.smoothL1(said, target, 1).mean();
      file.compare("step.encoder_out", context.detach(), FP32);
      file.compare("step.predictor_out", said.detach(), FP32);
      file.compare("step.target", target, FP32);
      file.compare("step.smooth_l1", loss.detach(), FP32);
      loss.backward();
      gradients(file, "step.grad.vit.", encoder);
      gradients(file, "step.grad.pred.", predictor);
    }
  }

  /** The fixed tables of the model are those of {@link #grid}. */
  private static void positions(ComponentFile file, String name) {
    Tensor table = file.input(name);
    int side = (int) Math.round(Math.sqrt(table.size(1)));
    file.compare(name, grid(side, (int) table.size(2)).unsqueeze(0), TABLE);
  }

  private static void gradients(ComponentFile file, String prefix, Module module) {
    for (String name : file.names()) {
      if (name.startsWith(prefix)) {
        Parameter parameter =
            Objects.requireNonNull(module.parameters().get(name.substring(prefix.length())));
        file.compareGradient(name, parameter.grad(), FP32);
      }
    }
  }
}
