package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Which tokens are hidden from the context and predicted, Eq. (7) and (8): asymmetric over the
 * views. Of one view, drawn at random, a share of the tokens with depth is hidden, in blocks as
 * I-JEPA has them; what they cover too much is dropped at random. The other views stay visible, but
 * for a quarter of a second one, half of the time, where the configuration asks for it.
 *
 * <p>A mask is of use only if the other views show something of what it hides: if no hidden token
 * has a visible one of another view within 5 cm, view and blocks are drawn again, ten times at
 * most.
 */
public final class BlockMasks {
  private static final BlockSize.Range SCALE = new BlockSize.Range(0.15, 0.2);
  private static final BlockSize.Range ASPECT = new BlockSize.Range(0.75, 1.5);
  private static final double SECOND_RATIO = 0.25;
  private static final double SECOND_PROBABILITY = 0.5;
  private static final double NEAR = 0.05;
  private static final int REDRAWS = 10;

  /** Blocks drawn for a view before the rest is hidden token by token: its depth has holes. */
  private static final int MOST_BLOCKS = 64;

  private final double ratio;
  private final boolean secondView;
  private final BatchShare share;

  public BlockMasks(SceneConfig.Ssl ssl) {
    this(ssl, BatchShare.ALL);
  }

  /**
   * @param share of every batch: masks are those that one process would draw for these rows
   */
  public BlockMasks(SceneConfig.Ssl ssl, BatchShare share) {
    this.ratio = ssl.ratio();
    this.secondView = ssl.secondView();
    this.share = share;
  }

  /**
   * The masks of a batch.
   *
   * @param masked BOOL [B, N]: P_mask; nothing where there is no supervision
   * @param supervised BOOL [B]: whether a sample has a self-supervised loss
   */
  public record Drawn(Tensor masked, Tensor supervised) {}

  /**
   * Draws a mask for each sample. Takes one number from the generator for each of the whole batch,
   * whatever the masks turn out to be.
   *
   * @param place of the tokens of h rows and w columns in V views
   * @throws SceneException if the tokens are not V h w
   */
  public Drawn draw(Placement place, int views, int rows, int columns, Generator generator) {
    long n = place.points().size(1);
    if (n != (long) views * rows * columns) {
      throw new SceneException(
          "masks: wanted tokens of %d views of %d x %d, got %d".formatted(views, rows, columns, n));
    }
    int batch = Math.toIntExact(place.points().size(0));
    int count = Math.toIntExact(n);
    boolean[] masked = new boolean[batch * count];
    boolean[] supervised = new boolean[batch];
    return Scope.call(
        scope -> {
          float[] points = place.points().toFloats();
          boolean[] hasDepth = place.hasDepth().toBooleans();
          boolean[] key = place.key().toBooleans();
          long all = (long) batch * share.processes();
          long[] seeds = share.rows(generator.randint(0, Long.MAX_VALUE, all)).toLongs();
          for (int b = 0; b < batch; b++) {
            TokenCloud tokens =
                new TokenCloud(
                    rows,
                    columns,
                    Arrays.copyOfRange(points, 3 * b * count, 3 * (b + 1) * count),
                    Arrays.copyOfRange(hasDepth, b * count, (b + 1) * count),
                    Arrays.copyOfRange(key, b * count, (b + 1) * count));
            boolean[] mask = draw(tokens, new SplittableRandom(seeds[b]));
            System.arraycopy(mask, 0, masked, b * count, count);
            for (boolean hidden : mask) {
              supervised[b] |= hidden;
            }
          }
          Device device = place.points().device();
          return new Drawn(
              scope.keep(Tensors.of(masked, batch, count).to(device)),
              scope.keep(Tensors.of(supervised, batch).to(device)));
        });
  }

  /**
   * Which masked tokens a visible token of another view lies near to: within 5 cm, with depth.
   *
   * @param masked BOOL [B, N]
   * @return BOOL [B, N]
   */
  public static Tensor coVisible(Placement place, Tensor masked, int views) {
    return Scope.tensor(
        () -> {
          int batch = Math.toIntExact(masked.size(0));
          int count = Math.toIntExact(masked.size(1));
          float[] points = place.points().toFloats();
          boolean[] hasDepth = place.hasDepth().toBooleans();
          boolean[] key = place.key().toBooleans();
          boolean[] hidden = masked.toBooleans();
          boolean[] result = new boolean[hidden.length];
          for (int b = 0; b < batch; b++) {
            int from = b * count;
            TokenCloud tokens =
                new TokenCloud(
                    1,
                    count / views,
                    Arrays.copyOfRange(points, 3 * from, 3 * (from + count)),
                    Arrays.copyOfRange(hasDepth, from, from + count),
                    Arrays.copyOfRange(key, from, from + count));
            boolean[] own = Arrays.copyOfRange(hidden, from, from + count);
            for (int i = 0; i < count; i++) {
              result[from + i] = own[i] && tokens.isSeenElsewhere(i, own, NEAR);
            }
          }
          return Tensors.of(result, batch, count).to(masked.device()).to(DType.BOOL);
        });
  }

  /** The hidden tokens of a sample; none if it has no supervision. */
  boolean[] draw(TokenCloud tokens, RandomGenerator random) {
    for (int attempt = 0; attempt <= REDRAWS; attempt++) {
      boolean[] masked = new boolean[tokens.size()];
      int first = hide(tokens, -1, ratio, masked, random);
      if (first < 0) {
        break;
      }
      if (secondView && random.nextDouble() < SECOND_PROBABILITY) {
        hide(tokens, first, SECOND_RATIO, masked, random);
      }
      for (int i = 0; i < masked.length; i++) {
        if (masked[i] && tokens.isSeenElsewhere(i, masked, NEAR)) {
          return masked;
        }
      }
    }
    return new boolean[tokens.size()];
  }

  /** Hides a share of a view other than the given one; returns which, or -1 if there is none. */
  private static int hide(
      TokenCloud tokens, int other, double share, boolean[] masked, RandomGenerator random) {
    int[] views = new int[tokens.views()];
    int n = 0;
    for (int view = 0; view < views.length; view++) {
      if (view != other && hidden(tokens, view, share) > 0) {
        views[n++] = view;
      }
    }
    if (n == 0) {
      return -1;
    }
    int view = views[random.nextInt(n)];
    boolean[] covered = blocks(tokens, view, hidden(tokens, view, share), random);
    System.arraycopy(covered, 0, masked, view * covered.length, covered.length);
    return view;
  }

  private static int hidden(TokenCloud tokens, int view, double share) {
    return (int) Math.floor(share * tokens.measured(view).length);
  }

  /** Exactly the wanted number of tokens with depth of a view: [rows columns]. */
  private static boolean[] blocks(TokenCloud tokens, int view, int wanted, RandomGenerator random) {
    int rows = tokens.rows();
    int columns = tokens.columns();
    int[] measured = tokens.measured(view);
    BlockSize size = BlockSize.of(random.nextDouble(), rows, columns, SCALE, ASPECT);
    boolean[] covered = new boolean[rows * columns];
    int inside = 0;
    for (int block = 0; block < MOST_BLOCKS && inside < wanted; block++) {
      // Any place: I-JEPA's own range leaves out the last row and column.
      int top = random.nextInt(rows - size.height() + 1);
      int left = random.nextInt(columns - size.width() + 1);
      for (int row = top; row < top + size.height(); row++) {
        Arrays.fill(covered, row * columns + left, row * columns + left + size.width(), true);
      }
      inside = 0;
      for (int i : measured) {
        inside += covered[i] ? 1 : 0;
      }
    }
    // In random order: first what the blocks cover, then the rest.
    shuffle(measured, random);
    boolean[] hidden = new boolean[covered.length];
    int left = wanted;
    for (boolean within : new boolean[] {true, false}) {
      for (int i : measured) {
        if (left > 0 && covered[i] == within) {
          hidden[i] = true;
          left--;
        }
      }
    }
    return hidden;
  }

  private static void shuffle(int[] values, RandomGenerator random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = values[i];
      values[i] = values[j];
      values[j] = swap;
    }
  }
}
