package io.github.vla3d.scene.probe;

import io.github.vla3d.scene.config.SceneConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The arithmetic of the method for a {@link SceneRequest}, 10^9 operations a part: products with
 * weights, attention, convolutions. What remains (norms, softmax, sampling, clouds) is not counted.
 */
final class SceneWork {
  private static final double GIGA = 1e9;

  private SceneWork() {}

  static Map<String, Double> of(SceneConfig config, long tokenWidth, long outputWidth) {
    SceneConfig.Sizes s = config.sizes();
    double n = SceneRequest.VIEWS * SceneRequest.GRID * SceneRequest.GRID;
    double d = s.width();
    double q = s.probes();
    double m = s.maskWidth();
    double inViews = q * SceneRequest.VIEWS;
    double completed = config.completion().slots();
    double kept = config.selection().instances();
    double block = linear(n, d, 4 * d + 2 * s.feedForward()) + attention(n, n, d);
    double maps = linear(n, d, 4 * d) + linear(n, d, d) + linear(n / 4, d, d);
    double mask = linear(n, d, 4 * m) + linear(4 * n, m, 4 * m) + linear(16 * n, 9 * m, m);
    double places = s.heads() * 3.0 * s.samplingPoints();
    double values = linear(4 * n + n + n / 4, d, d);
    double probes =
        linear(q, d, 4 * d + 2 * s.feedForward())
            + attention(q, q, d)
            + linear(q, 384, d)
            + linear(q, d, d)
            + linear(q, d, 2 * d + 3);
    double looks =
        linear(inViews, d, 3 * places) + linear(inViews, d, d) + linear(inViews, d, d / 4);
    double heads =
        2 * linear(inViews, 256, d) + linear(inViews, d, 2 * d + 4) + linear(inViews, d, 2 * d + m);
    double asked =
        linear(n, d, 2 * d)
            + linear(completed, d, 2 * d)
            + attention(completed, n, d)
            + linear(completed, d, 4 * d + 2 * s.feedForward())
            + attention(completed, completed, d);
    Map<String, Double> work = new LinkedHashMap<>();
    work.put("placement", 0.0);
    work.put(
        "fusion",
        linear(n, tokenWidth, d) + linear(n, 3, d) + linear(n, d, d) + s.fusionLayers() * block);
    work.put("pyramid, mask map", maps + mask);
    work.put("decoder, selection", s.decoderLayers() * (values + probes + looks + heads));
    work.put("masks", linear(kept * SceneRequest.VIEWS, m, SceneRequest.MASK * SceneRequest.MASK));
    work.put("completion points", 0.0);
    work.put(
        "predictor",
        s.predictorLayers() * asked
            + linear(n, config.fourier().width(), d)
            + linear(completed, d, d));
    work.put("routing", linear(kept, d, 2 * d + 3 * d + d) + 2 * linear(completed, d, d));
    work.put(
        "tokens",
        linear(kept + completed, d, outputWidth)
            + linear(kept + completed, config.fourier().width(), outputWidth)
            + linear(kept + completed, outputWidth, outputWidth));
    work.replaceAll((name, flop) -> flop / GIGA);
    return work;
  }

  private static double linear(double rows, double in, double out) {
    return 2 * rows * in * out;
  }

  private static double attention(double queries, double keys, double width) {
    return 4 * queries * keys * width;
  }
}
