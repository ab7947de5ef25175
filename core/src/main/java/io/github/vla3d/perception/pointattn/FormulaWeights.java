package io.github.vla3d.perception.pointattn;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Weights by a rule instead of a file of 140 MB: number j of tensor n, by name, is {@code scale (2
 * u - 1) + offset} with u the upper 24 bits of splitmix64(seed + n 2^40 + j), scaled to [0, 1).
 */
final class FormulaWeights {
  private FormulaWeights() {}

  /**
   * @param entry with a seed and {@code tensors}: name, shape, scale and offset of each, sorted
   */
  static Weights of(JsonNode entry) {
    long seed = entry.required("seed").asLong();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    long n = 0;
    for (JsonNode tensor : entry.required("tensors")) {
      JsonNode shape = tensor.get(1);
      long[] sizes =
          IntStream.range(0, shape.size()).mapToLong(i -> shape.get(i).asLong()).toArray();
      long start = seed + (n++ << 40);
      tensors.put(
          tensor.get(0).asText(),
          Tensors.of(
              values(start, count(sizes), tensor.get(2).asDouble(), tensor.get(3).asDouble()),
              sizes));
    }
    return Weights.of("rule of the manifest", tensors);
  }

  private static int count(long[] sizes) {
    long count = 1;
    for (long size : sizes) {
      count *= size;
    }
    return Math.toIntExact(count);
  }

  private static float[] values(long start, int count, double scale, double offset) {
    float[] values = new float[count];
    for (int j = 0; j < count; j++) {
      double u = (splitmix64(start + j) >>> 40) / (double) (1L << 24);
      values[j] = (float) (scale * (2 * u - 1) + offset);
    }
    return values;
  }

  private static long splitmix64(long x) {
    long z = x + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
