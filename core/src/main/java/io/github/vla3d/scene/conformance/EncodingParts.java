package io.github.vla3d.scene.conformance;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.Rotary3d;
import io.github.vla3d.scene.encoding.SineEncoding;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Tolerance;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Encodings of positions: DETR's and PETR's sines, the rotary one, that of diffusion times. */
final class EncodingParts {
  private static final Tolerance CLOSE = Tolerance.of(0, 1e-5);
  private static final double DETR_EPSILON = 1e-6;
  private static final Pattern SINE = Pattern.compile("sine\\.n(\\d+)\\.norm([01])");
  private static final Pattern PETR = Pattern.compile("petr\\.n(\\d+)");
  private static final Pattern ROTARY = Pattern.compile("rope3d\\.f(\\d+)");
  private static final Pattern TIME = Pattern.compile("sinusoidal1d\\.d(\\d+)");

  private EncodingParts() {}

  static void verify(ComponentFile file) {
    for (String name : file.names()) {
      Matcher sine = SINE.matcher(name);
      Matcher petr = PETR.matcher(name);
      Matcher rotary = ROTARY.matcher(name);
      Matcher time = TIME.matcher(name);
      if (sine.matches()) {
        Tensor places = places(file.input("mask"), sine.group(2).equals("1"));
        Tensor got = SineEncoding.of(places, Integer.parseInt(sine.group(1)), 1, 0);
        file.compare(name, got.permute(0, 3, 1, 2), CLOSE);
      } else if (petr.matches()) {
        int channels = Integer.parseInt(petr.group(1));
        file.compare(name, SineEncoding.of(file.input("petr.points"), channels, 1, 0, 2), CLOSE);
      } else if (rotary.matches()) {
        rotary(file, name, Integer.parseInt(rotary.group(1)));
      } else if (time.matches()) {
        file.compare(
            name, time(file.input("sinusoidal1d.t"), Integer.parseInt(time.group(1))), CLOSE);
      }
    }
  }

  /** (x, y) of the cells of a picture with padding: counted, or in units of its size. */
  private static Tensor places(Tensor padding, boolean relative) {
    Tensor inside = padding.not().to(DType.F32);
    Tensor y = inside.cumsum(1);
    Tensor x = inside.cumsum(2);
    if (relative) {
      y = y.sub(0.5).div(y.narrow(1, y.size(1) - 1, 1).add(DETR_EPSILON));
      x = x.sub(0.5).div(x.narrow(2, x.size(2) - 1, 1).add(DETR_EPSILON));
    } else {
      y = y.div(2 * Math.PI);
      x = x.div(2 * Math.PI);
    }
    return Tensors.stack(-1, x, y);
  }

  private static void rotary(ComponentFile file, String name, int width) {
    Tensor points = file.input("rope3d.xyz");
    Rotary3d rotary = Rotary3d.of(points, width, new SceneConfig.Rope(false, 10000, 1));
    Tensor embedded = rotary.apply(file.input("rope3d.x").unsqueeze(1)).squeeze(1);
    file.compare("rope3d.embedded", embedded, CLOSE);
    // What a rotation makes of (1, 0) is its cosine and its sine.
    Tensor unit = Tensors.of(new float[] {1, 0}, 2).repeat(width / 2);
    Tensor ones = unit.expand(points.size(0), 1, points.size(1), width);
    Tensor pairs = rotary.apply(ones).squeeze(1).view(points.size(0), points.size(1), width / 2, 2);
    file.compare(name, pairs.repeatInterleave(2, 2), CLOSE);
  }

  private static Tensor time(Tensor t, int width) {
    double[] frequencies = new double[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Math.pow(10000, -(double) i / (frequencies.length - 1));
    }
    Tensor angle =
        t.to(DType.F64).unsqueeze(-1).mul(Tensors.of(frequencies, 1, frequencies.length));
    return Tensors.cat(-1, angle.sin(), angle.cos());
  }
}
