package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.scene.completion.BlockSize;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * I-JEPA's masks from logged draws. In a batch all blocks to predict have one size, and so have
 * those of the context, from which the former are cut out unless they may overlap. A context block
 * with too little left is drawn again; after every 20 tries one block fewer is cut out. All lists
 * of a kind are as long as the shortest.
 */
final class JepaMasks {
  private static final int TRIES = 20;
  private static final BlockSize.Range SQUARE = new BlockSize.Range(1, 1);

  private final int rows;
  private final int columns;
  private final int leastTokens;
  private final Iterator<JsonNode> draws;

  private JepaMasks(int rows, int columns, int leastTokens, Iterator<JsonNode> draws) {
    this.rows = rows;
    this.columns = columns;
    this.leastTokens = leastTokens;
    this.draws = draws;
  }

  static void verify(ComponentFile file, JsonNode entry) {
    for (int c = 0; c < entry.required("cases").size(); c++) {
      JsonNode one = entry.required("cases").get(c);
      for (int i = 0; i < one.required("iterations").size(); i++) {
        batch(
            file,
            "c" + c + ".it" + i + ".",
            one.required("config"),
            one.required("iterations").get(i));
      }
    }
  }

  private static void batch(ComponentFile file, String name, JsonNode config, JsonNode logged) {
    int patch = config.required("patch_size").asInt();
    JepaMasks masks =
        new JepaMasks(
            config.required("input_size").get(0).asInt() / patch,
            config.required("input_size").get(1).asInt() / patch,
            config.required("min_keep").asInt(),
            logged.required("topleft").iterator());
    BlockSize predicted =
        masks.size(
            logged.required("block_rand").get(0).asDouble(),
            range(config, "pred_mask_scale"),
            range(config, "aspect_ratio"));
    BlockSize context =
        masks.size(
            logged.required("block_rand").get(1).asDouble(),
            range(config, "enc_mask_scale"),
            SQUARE);
    int npred = config.required("npred").asInt();
    int nenc = config.required("nenc").asInt();
    boolean overlap = config.required("allow_overlap").asBoolean();
    List<List<int[]>> targets = new ArrayList<>();
    List<List<int[]>> contexts = new ArrayList<>();
    for (int b = 0; b < config.required("B").asInt(); b++) {
      List<int[]> own = new ArrayList<>();
      for (int k = 0; k < npred; k++) {
        own.add(masks.block(predicted, List.of()));
      }
      targets.add(own);
      List<int[]> seen = new ArrayList<>();
      for (int k = 0; k < nenc; k++) {
        seen.add(masks.block(context, overlap ? List.of() : own));
      }
      contexts.add(seen);
    }
    compare(file, name + "pred", targets, npred);
    compare(file, name + "enc", contexts, nenc);
    file.fixture()
        .compareEqual(file.name() + "#" + name + "all draws used", false, masks.draws.hasNext());
  }

  private static BlockSize.Range range(JsonNode config, String key) {
    return new BlockSize.Range(
        config.required(key).get(0).asDouble(), config.required(key).get(1).asDouble());
  }

  private BlockSize size(double share, BlockSize.Range scale, BlockSize.Range aspect) {
    return BlockSize.of(share, rows, columns, scale, aspect);
  }

  /** Ascending tokens of a block without those of the blocks cut out. */
  private int[] block(BlockSize size, List<int[]> cutOut) {
    for (int attempt = 0; ; attempt++) {
      int top = draws.next().asInt();
      int left = draws.next().asInt();
      boolean[] inside = new boolean[rows * columns];
      for (int row = top; row < top + size.height(); row++) {
        Arrays.fill(inside, row * columns + left, row * columns + left + size.width(), true);
      }
      int cuts = Math.max(0, cutOut.size() - attempt / TRIES);
      for (int[] cut : cutOut.subList(0, cuts)) {
        for (int token : cut) {
          inside[token] = false;
        }
      }
      int[] tokens = IntStream.range(0, inside.length).filter(i -> inside[i]).toArray();
      if (tokens.length > leastTokens) {
        return tokens;
      }
    }
  }

  private static void compare(
      ComponentFile file, String name, List<List<int[]>> masks, int perSample) {
    int shortest =
        masks.stream().flatMap(List::stream).mapToInt(list -> list.length).min().orElse(0);
    for (int k = 0; k < perSample; k++) {
      long[] flat = new long[masks.size() * shortest];
      for (int b = 0; b < masks.size(); b++) {
        for (int i = 0; i < shortest; i++) {
          flat[b * shortest + i] = masks.get(b).get(k)[i];
        }
      }
      file.compare(name + k, Tensors.of(flat, masks.size(), shortest), Tolerance.EXACT);
    }
  }
}
