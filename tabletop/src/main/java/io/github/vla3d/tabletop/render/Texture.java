package io.github.vla3d.tabletop.render;

/**
 * A square pattern that repeats, with smaller copies of itself for the distance. Immutable.
 *
 * <p>Texture coordinates are metres, divided by {@link #metres} (or shares of a turn, on surfaces
 * of revolution).
 */
public final class Texture {
  private final int size;
  private final float[][] levels;
  final float perU;
  final float perV;

  /** What the pattern shows at a place in [0, 1) x [0, 1), v downwards. */
  @FunctionalInterface
  public interface Pattern {
    Colour at(double u, double v);
  }

  /**
   * @param size of the finest copy, a power of two
   * @param metresU what one repeat covers along u
   * @param metresV what one repeat covers along v
   */
  public Texture(int size, double metresU, double metresV, Pattern pattern) {
    if (Integer.bitCount(size) != 1 || !(metresU > 0 && metresV > 0)) {
      throw new IllegalArgumentException(
          "texture: wanted a power of two and lengths above 0, got %d, %s, %s"
              .formatted(size, metresU, metresV));
    }
    this.size = size;
    this.perU = (float) (1 / metresU);
    this.perV = (float) (1 / metresV);
    this.levels = new float[Integer.numberOfTrailingZeros(size) + 1][];
    float[] finest = new float[3 * size * size];
    for (int y = 0, i = 0; y < size; y++) {
      for (int x = 0; x < size; x++, i += 3) {
        Colour c = pattern.at((x + 0.5) / size, (y + 0.5) / size);
        finest[i] = c.r();
        finest[i + 1] = c.g();
        finest[i + 2] = c.b();
      }
    }
    levels[0] = finest;
    for (int l = 1; l < levels.length; l++) {
      levels[l] = halved(levels[l - 1], size >> (l - 1));
    }
  }

  private static float[] halved(float[] fine, int n) {
    int half = n / 2;
    float[] coarse = new float[3 * half * half];
    for (int y = 0; y < half; y++) {
      for (int x = 0; x < half; x++) {
        for (int c = 0; c < 3; c++) {
          int i = 3 * (2 * y * n + 2 * x) + c;
          coarse[3 * (y * half + x) + c] =
              (fine[i] + fine[i + 3] + fine[i + 3 * n] + fine[i + 3 * n + 3]) / 4;
        }
      }
    }
    return coarse;
  }

  /**
   * The pattern, smoothed over a footprint.
   *
   * @param footprint of the pixel, in repeats of the pattern
   * @param into red, green and blue are written here
   */
  void sample(float u, float v, float footprint, float[] into) {
    int level = 0;
    float texels = footprint * size;
    if (texels > 1) {
      level = Math.min(levels.length - 1, Math.getExponent(texels * 1.4142f));
    }
    int n = size >> level;
    float[] texel = levels[level];
    float x = u * n - 0.5f;
    float y = v * n - 0.5f;
    int x0 = floor(x);
    int y0 = floor(y);
    float fx = x - x0;
    float fy = y - y0;
    int mask = n - 1;
    int a = x0 & mask;
    int b = (x0 + 1) & mask;
    int top = (y0 & mask) * n;
    int bottom = ((y0 + 1) & mask) * n;
    int i00 = 3 * (top + a);
    int i01 = 3 * (top + b);
    int i10 = 3 * (bottom + a);
    int i11 = 3 * (bottom + b);
    for (int c = 0; c < 3; c++) {
      float upper = texel[i00 + c] + fx * (texel[i01 + c] - texel[i00 + c]);
      float lower = texel[i10 + c] + fx * (texel[i11 + c] - texel[i10 + c]);
      into[c] = upper + fy * (lower - upper);
    }
  }

  private static int floor(float x) {
    int i = (int) x;
    return i > x ? i - 1 : i;
  }
}
