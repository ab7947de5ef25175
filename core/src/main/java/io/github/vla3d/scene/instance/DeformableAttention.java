package io.github.vla3d.scene.instance;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Module;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Eq. 3: every query reads a few learned places around its reference point, on maps of several
 * strides (multi-scale deformable attention, Zhu et al., arXiv 2010.04159).
 *
 * <pre>{@code
 * h_j = sum_m W_m [ sum_s sum_k A_mskj * W'_m F^s(u_j + du_mskj) ],   sum_s,k A = 1
 * }</pre>
 *
 * <p>Parameters: offsets [H S K 2, D] and weights [H S K, D], seen as [H, S, K, 2] (x, y) and [H, S
 * K]; value (W') and output (W) [D, D]. Offsets count in cells of the map that they are for.
 * Locations and the softmax are fp32 whatever the type of the inputs.
 */
public final class DeformableAttention extends Module {
  private final long heads;
  private final long levels;
  private final long points;
  private final Linear offsets;
  private final Linear weights;
  private final Linear value;
  private final Linear output;

  /**
   * @param width D
   * @param heads H, a divisor of D
   * @param levels S: maps that it reads
   * @param points K: places that a head reads on each map
   */
  public DeformableAttention(long width, long heads, long levels, long points) {
    if (heads < 1 || levels < 1 || points < 1 || width < 1 || width % heads != 0) {
      throw new IllegalArgumentException(
          "deformable attention: wanted a width divisible by the heads, levels and points of at"
              + " least 1, got width "
              + width
              + ", heads "
              + heads
              + ", levels "
              + levels
              + ", points "
              + points);
    }
    this.heads = heads;
    this.levels = levels;
    this.points = points;
    Initialiser zero = Initialiser.constant(0);
    Initialiser xavier = Initialiser.uniform(Math.sqrt(6.0 / (width + width)));
    long places = heads * levels * points;
    this.offsets = register("offsets", new Linear(width, places * 2, zero, this::ring));
    this.weights = register("weights", new Linear(width, places, zero, zero));
    this.value = register("value", new Linear(width, width, xavier, zero));
    this.output = register("output", new Linear(width, width, xavier, zero));
  }

  /**
   * First offsets: each head looks its own way, so that the heads lie on a square around the
   * reference point, and its points stand 1, 2, ... cells away.
   */
  private Tensor ring(Generator generator, long... shape) {
    float[] bias = new float[Math.toIntExact(shape[0])];
    int i = 0;
    for (long head = 0; head < heads; head++) {
      double angle = 2 * Math.PI * head / heads;
      double far = Math.max(Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle)));
      for (long level = 0; level < levels; level++) {
        for (long point = 1; point <= points; point++) {
          bias[i++] = (float) (point * Math.cos(angle) / far);
          bias[i++] = (float) (point * Math.sin(angle) / far);
        }
      }
    }
    return Tensors.of(bias, shape);
  }

  /**
   * Reads the maps. Several pictures may share a query: they then stand beside each other in the
   * batch of reference points and maps (view varies fastest), and offsets and weights are computed
   * once.
   *
   * @param query [B, Q, D], position added
   * @param reference [B V, Q, 2]: (x, y) of each query's point in the picture, which covers [0, 1]
   *     squared; fp32 or fp64
   * @param maps S times [B V, D, h, w]
   * @param blank null, or S times BOOL [B V, h, w]: cells that read as 0, as do those outside
   * @return [B V, Q, D] in the type of the query
   * @throws TorchException if shapes do not fit together
   */
  public Tensor apply(
      Tensor query, Tensor reference, List<Tensor> maps, @Nullable List<Tensor> blank) {
    check(query, reference, maps, blank);
    return Scope.tensor(() -> attend(query, locations(query, reference, maps), maps, blank));
  }

  /**
   * {@link #apply} with the places to read at given.
   *
   * @param locations [B V, Q, H, S, K, 2]: (x, y) in the picture, fp32 or fp64
   */
  public Tensor attend(
      Tensor query, Tensor locations, List<Tensor> maps, @Nullable List<Tensor> blank) {
    return Scope.tensor(
        () -> {
          Tensor shares = shares(query, locations.size(0));
          List<Tensor> values = new ArrayList<>();
          for (int s = 0; s < levels; s++) {
            values.add(values(maps.get(s), blank == null ? null : blank.get(s)));
          }
          return output.apply(sample(values, locations, shares).to(query.dtype()));
        });
  }

  /** du: [B, Q, H, S, K, 2] in cells of the maps, at least fp32. */
  public Tensor offsets(Tensor query) {
    return Scope.tensor(
        () ->
            wide(offsets.apply(query))
                .view(query.size(0), query.size(1), heads, levels, points, 2));
  }

  /** u + du: [B V, Q, H, S, K, 2] in the picture's coordinates. */
  private Tensor locations(Tensor query, Tensor reference, List<Tensor> maps) {
    return Scope.tensor(
        () -> {
          Tensor cells = offsets(query).unsqueeze(1);
          Tensor shift = cells.div(sizes(maps, cells.dtype(), cells));
          Tensor centre =
              reference.to(shift.dtype()).view(query.size(0), -1, query.size(1), 1, 1, 1, 2);
          return centre.add(shift).flatten(0, 1);
        });
  }

  /** A: [B V, Q, H, S, K], each head's sum is 1. */
  private Tensor shares(Tensor query, long pictures) {
    return Scope.tensor(
        () -> {
          long batch = query.size(0);
          long n = query.size(1);
          Tensor logits = wide(weights.apply(query)).view(batch, n, heads, levels * points);
          Tensor shares = logits.softmax(-1).view(batch, n, heads, levels, points);
          return pictures == batch ? shares : shares.repeatInterleave(pictures / batch, 0);
        });
  }

  /**
   * W' F: [B V, D, h, w], at least fp32. Cells are rows: of maps that lie channels last in memory
   * ({@link #channelsLast}) nothing is moved for the product.
   */
  private Tensor values(Tensor map, @Nullable Tensor blank) {
    return Scope.tensor(
        () -> {
          Tensor cells = value.apply(map.flatten(2, 3).transpose(1, 2)); // [B V, h w, D]
          if (blank != null) {
            cells = cells.maskedFill(blank.flatten(1, 2).unsqueeze(-1), 0);
          }
          return wide(cells).transpose(1, 2).view(map.shape());
        });
  }

  /** The same map [N, D, h, w] with the channels of a cell beside each other in memory. */
  static Tensor channelsLast(Tensor map) {
    return Scope.tensor(() -> map.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
  }

  /** (w, h) of every level: [S, 1, 2]. */
  private static Tensor sizes(List<Tensor> maps, DType dtype, Tensor like) {
    double[] sizes = new double[2 * maps.size()];
    for (int s = 0; s < maps.size(); s++) {
      sizes[2 * s] = maps.get(s).size(3);
      sizes[2 * s + 1] = maps.get(s).size(2);
    }
    return Tensors.of(sizes, maps.size(), 1, 2).to(dtype).to(like.device());
  }

  private static Tensor wide(Tensor x) {
    return x.dtype() == DType.F64 ? x : x.to(DType.F32);
  }

  /**
   * The sum over levels and points of weight times value at a location, for each head: bilinear
   * between the centres of cells, 0 outside.
   *
   * @param values S times [N, H d, h, w]: head m owns the channels m d to (m + 1) d - 1
   * @param locations [N, Q, H, S, K, 2]: (x, y), the map covers [0, 1] squared
   * @param weights [N, Q, H, S, K]
   * @return [N, Q, H d]
   */
  public static Tensor sample(List<Tensor> values, Tensor locations, Tensor weights) {
    return Scope.tensor(
        () -> {
          long n = locations.size(0);
          long queries = locations.size(1);
          long heads = locations.size(2);
          long points = locations.size(4);
          // Points before queries: the sum over the few points then runs along whole rows.
          Tensor grid = locations.mul(2).sub(1).permute(3, 0, 2, 4, 1, 5);
          Tensor shares = weights.permute(3, 0, 2, 4, 1);
          Tensor sum = null;
          for (int s = 0; s < values.size(); s++) {
            Tensor map = values.get(s);
            long width = map.size(1) / heads;
            Tensor read =
                Functional.gridSample(
                    map.reshape(n * heads, width, map.size(2), map.size(3)),
                    grid.select(0, s).reshape(n * heads, points, queries, 2));
            Tensor share = shares.select(0, s).reshape(n * heads, 1, points, queries);
            Tensor level = read.mul(share).sum(false, 2);
            sum = sum == null ? level : sum.add(level);
          }
          if (sum == null) {
            throw new TorchException("deformable attention: wanted at least one map, got none");
          }
          return sum.view(n, -1, queries).transpose(1, 2);
        });
  }

  private void check(
      Tensor query, Tensor reference, List<Tensor> maps, @Nullable List<Tensor> blank) {
    long width = value.weight().shape()[1];
    boolean fits =
        query.dim() == 3
            && query.size(2) == width
            && reference.dim() == 3
            && reference.size(0) % Math.max(1, query.size(0)) == 0
            && reference.size(1) == query.size(1)
            && reference.size(2) == 2
            && maps.size() == levels
            && (blank == null || blank.size() == levels);
    if (!fits) {
      throw new TorchException(
          "deformable attention: wanted query [B, Q, "
              + width
              + "], reference [B V, Q, 2] and "
              + levels
              + " maps (and blanks), got "
              + query
              + ", "
              + reference
              + ", "
              + maps.size()
              + " maps"
              + (blank == null ? "" : " and " + blank.size() + " blanks"));
    }
    for (int s = 0; s < levels; s++) {
      Tensor map = maps.get(s);
      boolean same = map.dim() == 4 && map.size(0) == reference.size(0) && map.size(1) == width;
      if (!same) {
        throw new TorchException(
            "deformable attention: wanted map "
                + s
                + " as ["
                + reference.size(0)
                + ", "
                + width
                + ", h, w], got "
                + map);
      }
      long[] cells = {map.size(0), map.size(2), map.size(3)};
      if (blank != null && !Arrays.equals(blank.get(s).shape(), cells)) {
        throw new TorchException(
            "deformable attention: wanted blank "
                + s
                + " as "
                + Arrays.toString(cells)
                + ", got "
                + blank.get(s));
      }
    }
  }
}
