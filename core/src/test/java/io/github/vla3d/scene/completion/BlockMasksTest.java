package io.github.vla3d.scene.completion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockMasksTest {
  private static final int ROWS = 16;
  private static final int COLUMNS = 12;
  private static final int CELLS = ROWS * COLUMNS;

  private static SceneConfig.Ssl ssl(double ratio, boolean secondView) {
    return Preset.of("default")
        .with("scene.ssl.ratio", Double.toString(ratio))
        .with("scene.ssl.secondView", Boolean.toString(secondView))
        .scene()
        .ssl();
  }

  /** Views that see the same surface, tokens without depth strewn in. */
  private static TokenCloud scene(int views, double withDepth, double apart, long seed) {
    Random random = new Random(seed);
    float[] points = new float[3 * views * CELLS];
    boolean[] hasDepth = new boolean[views * CELLS];
    boolean[] key = new boolean[views * CELLS];
    for (int i = 0; i < hasDepth.length; i++) {
      points[3 * i] = 0.03f * (i % CELLS / COLUMNS);
      points[3 * i + 1] = 0.03f * (i % COLUMNS);
      points[3 * i + 2] = (float) (apart * (i / CELLS));
      hasDepth[i] = random.nextDouble() < withDepth;
      key[i] = hasDepth[i] || random.nextBoolean();
    }
    return new TokenCloud(ROWS, COLUMNS, points, hasDepth, key);
  }

  private static int count(boolean[] values, int from, int to) {
    int n = 0;
    for (int i = from; i < to; i++) {
      n += values[i] ? 1 : 0;
    }
    return n;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 0.25})
  void exactlyTheRatioOfOneViewIsHidden(double ratio) {
    BlockMasks masks = new BlockMasks(ssl(ratio, false));
    int[] drawn = new int[3];
    for (long seed = 0; seed < 300; seed++) {
      TokenCloud tokens = scene(3, 0.2 + 0.8 * (seed % 5) / 4, 0.01, seed);
      boolean[] masked = masks.draw(tokens, new SplittableRandom(seed));
      int view = 0;
      while (count(masked, view * CELLS, (view + 1) * CELLS) == 0) {
        view++;
      }
      drawn[view]++;
      assertThat(count(masked, 0, masked.length))
          .isEqualTo(count(masked, view * CELLS, (view + 1) * CELLS))
          .isEqualTo((int) Math.floor(ratio * tokens.measured(view).length));
      for (int i = 0; i < masked.length; i++) {
        assertThat(masked[i] && !tokens.hasDepth()[i]).isFalse();
      }
    }
    assertThat(Arrays.stream(drawn)).allMatch(n -> n > 70);
  }

  @Test
  void whatIsHiddenHangsTogether() {
    BlockMasks masks = new BlockMasks(ssl(0.5, false));
    int inner = 0;
    int all = 0;
    for (long seed = 0; seed < 100; seed++) {
      TokenCloud tokens = scene(2, 1, 0, seed);
      boolean[] masked = masks.draw(tokens, new SplittableRandom(seed));
      for (int i = 0; i < masked.length - 1; i++) {
        if (masked[i] && i % COLUMNS != COLUMNS - 1) {
          all++;
          inner += masked[i + 1] ? 1 : 0;
        }
      }
    }
    // Independent tokens would give a half.
    assertThat((double) inner / all).isGreaterThan(0.75);
  }

  @Test
  void everyCellCanBeHidden() {
    BlockMasks masks = new BlockMasks(ssl(0.25, false));
    boolean[] seen = new boolean[2 * CELLS];
    for (long seed = 0; seed < 300; seed++) {
      boolean[] masked = masks.draw(scene(2, 1, 0, seed), new SplittableRandom(seed));
      for (int i = 0; i < seen.length; i++) {
        seen[i] |= masked[i];
      }
    }
    assertThat(seen).doesNotContain(false);
  }

  @Test
  void aQuarterOfASecondViewHalfOfTheTime() {
    BlockMasks masks = new BlockMasks(ssl(0.5, true));
    int twice = 0;
    for (long seed = 0; seed < 400; seed++) {
      boolean[] masked = masks.draw(scene(2, 1, 0, seed), new SplittableRandom(seed));
      int first = count(masked, 0, CELLS);
      int second = count(masked, CELLS, 2 * CELLS);
      assertThat(Math.max(first, second)).isEqualTo(CELLS / 2);
      assertThat(Math.min(first, second)).isIn(0, CELLS / 4);
      twice += Math.min(first, second) > 0 ? 1 : 0;
    }
    assertThat(twice).isBetween(160, 240);
  }

  @Test
  void withoutCommonSurfaceThereIsNoSupervision() {
    BlockMasks masks = new BlockMasks(ssl(0.5, true));
    for (TokenCloud tokens :
        new TokenCloud[] {scene(2, 1, 0.06, 1), scene(1, 1, 0, 2), scene(2, 0, 0, 3)}) {
      assertThat(masks.draw(tokens, new SplittableRandom(1))).doesNotContain(true);
    }
    // Within 5 cm there is.
    assertThat(masks.draw(scene(2, 1, 0.049, 1), new SplittableRandom(1))).contains(true);
  }

  @Test
  void isRedrawnUntilSomethingIsSeenElsewhere() {
    BlockMasks masks = new BlockMasks(ssl(0.5, false));
    // Only a corner of the views is common: about every other mask misses it.
    TokenCloud plain = scene(2, 1, 0, 4);
    float[] points = plain.points().clone();
    for (int i = CELLS; i < 2 * CELLS; i++) {
      boolean corner = i % CELLS / COLUMNS < 2 && i % COLUMNS < 2;
      points[3 * i + 2] = corner ? 0 : 1;
    }
    TokenCloud tokens = new TokenCloud(ROWS, COLUMNS, points, plain.hasDepth(), plain.key());
    int supervised = 0;
    for (long seed = 0; seed < 200; seed++) {
      boolean[] masked = masks.draw(tokens, new SplittableRandom(seed));
      supervised += count(masked, 0, masked.length) > 0 ? 1 : 0;
    }
    assertThat(supervised).isGreaterThan(190);
  }

  private static Placement place(TokenCloud tokens, int batch) {
    int n = tokens.size();
    Tensor points = Tensors.of(tokens.points(), 1, n, 3).repeat(batch, 1, 1);
    Tensor hasDepth = Tensors.of(tokens.hasDepth(), 1, n).repeat(batch, 1);
    Tensor key = Tensors.of(tokens.key(), 1, n).repeat(batch, 1);
    return new Placement(points, points, points, key, key, points, points, hasDepth, key);
  }

  @Test
  void theGeneratorsStateIsAllThereIs() {
    BlockMasks masks = new BlockMasks(ssl(0.5, true));
    Scope.run(
        () -> {
          try (Generator one = new Generator(3);
              Generator other = new Generator(4)) {
            Placement place = place(scene(2, 0.9, 0, 5), 3);
            masks.draw(place, 2, ROWS, COLUMNS, one);
            other.state(one.state());
            BlockMasks.Drawn a = masks.draw(place, 2, ROWS, COLUMNS, one);
            BlockMasks.Drawn b = masks.draw(place, 2, ROWS, COLUMNS, other);
            assertThat(a.masked().equal(b.masked())).isTrue();
            assertThat(a.supervised().toBooleans()).containsExactly(true, true, true);
            assertThat(a.masked().select(0, 0).equal(a.masked().select(0, 1))).isFalse();
            BlockMasks.Drawn next = masks.draw(place, 2, ROWS, COLUMNS, one);
            assertThat(next.masked().equal(a.masked())).isFalse();
            assertThatThrownBy(() -> masks.draw(place, 3, ROWS, COLUMNS, one))
                .isInstanceOf(SceneException.class)
                .hasMessageContaining("3 views of 16 x 12, got " + 2 * CELLS);
          }
        });
  }

  @Test
  void coVisibleIsWhatAnotherViewShows() {
    Scope.run(
        () -> {
          TokenCloud tokens = scene(2, 1, 0, 6);
          boolean[] hidden = new boolean[2 * CELLS];
          Arrays.fill(hidden, 0, COLUMNS, true);
          Tensor masked = Tensors.of(hidden, 1, 2 * CELLS);
          assertThat(BlockMasks.coVisible(place(tokens, 1), masked, 2).equal(masked)).isTrue();
          // A row is 3 cm from the next: with three rows hidden there, nothing is near any more.
          Arrays.fill(hidden, CELLS, CELLS + 3 * COLUMNS, true);
          Tensor both = Tensors.of(hidden, 1, 2 * CELLS);
          boolean[] seen = BlockMasks.coVisible(place(tokens, 1), both, 2).toBooleans();
          assertThat(count(seen, 0, CELLS)).isZero();
          assertThat(count(seen, CELLS, 2 * CELLS)).isEqualTo(3 * COLUMNS);
        });
  }
}
