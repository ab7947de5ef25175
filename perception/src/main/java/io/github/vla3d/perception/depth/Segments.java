package io.github.vla3d.perception.depth;

/**
 * The foreground of one view in pieces: neighbours hang together unless they lie far apart, or a
 * colour step coincides with a depth step or a concave crease.
 */
final class Segments {
  /** Piece of each pixel, -1 in the background. */
  final int[] piece;

  int count;
  int[] sizes = new int[16];

  /** Whether a pixel hangs together with the one to its right, and with the one below. */
  final boolean[] right;

  final boolean[] below;

  /** Whether the two were cut although they lie near each other. */
  final boolean[] cutRight;

  final boolean[] cutBelow;
  private final int[] queue;

  private final SeenPoints v;
  private final DepthParameters parameters;
  private final int reach;

  Segments(SeenPoints v, DepthParameters parameters) {
    this.v = v;
    this.parameters = parameters;
    reach = (int) Math.max(1, Math.round(parameters.creaseReach() * Math.min(2, v.scale)));
    piece = new int[v.pixels];
    right = new boolean[v.pixels];
    below = new boolean[v.pixels];
    cutRight = new boolean[v.pixels];
    cutBelow = new boolean[v.pixels];
    queue = new int[v.pixels];
    link();
    components();
  }

  private void link() {
    int w = v.width;
    for (int row = 0, i = 0; row < v.height; row++) {
      for (int column = 0; column < w; column++, i++) {
        if (!v.foreground[i]) {
          continue;
        }
        if (column + 1 < w && v.foreground[i + 1] && near(i, i + 1)) {
          right[i] = true;
          cutRight[i] = cut(i, i + 1, 1, column, w - 1 - column);
        }
        if (row + 1 < v.height && v.foreground[i + w] && near(i, i + w)) {
          below[i] = true;
          cutBelow[i] = cut(i, i + w, w, row, v.height - 1 - row);
        }
      }
    }
  }

  private boolean near(int i, int j) {
    double limit =
        Math.max(
            parameters.link(),
            parameters.linkFootprints() * Math.max(v.footprint(i), v.footprint(j)));
    return squared(i, j) <= limit * limit;
  }

  private double squared(int i, int j) {
    double dx = v.x[i] - v.x[j];
    double dy = v.y[i] - v.y[j];
    double dz = v.z[i] - v.z[j];
    return dx * dx + dy * dy + dz * dz;
  }

  /**
   * @param before pixels in front of i along the direction
   * @param after pixels behind i
   */
  private boolean cut(int i, int j, int step, int before, int after) {
    int a = before >= 1 && v.foreground[i - step] ? i - step : i;
    int b = after >= 2 && v.foreground[j + step] ? j + step : j;
    int colour = v.colourDistance(a, b);
    if (colour < parameters.colourStep()) {
      return false;
    }
    // Black beside white needs less shape than brown beside red.
    double ease = Math.max(0.4, Math.min(1, parameters.colourStep() / colour * 1.5));
    return depthStep(i, j, a, b, ease) || crease(i, step, before, after, ease);
  }

  /** More than the slopes on both sides explain. */
  private boolean depthStep(int i, int j, int a, int b, double ease) {
    double step = v.depth[j] - v.depth[i];
    double slopeA = a == i ? 0 : v.depth[i] - v.depth[a];
    double slopeB = b == j ? 0 : v.depth[b] - v.depth[j];
    double excess = Math.min(Math.abs(step - slopeA), Math.abs(step - slopeB));
    return excess
        > Math.max(ease * Math.max(parameters.depthStep(), 1.5 * v.footprint(i)), 4 * v.noise);
  }

  private boolean crease(int i, int step, int before, int after, double ease) {
    for (int k = 0; k <= 1; k++) { // the crease is at i or at its neighbour
      int m = i + k * step;
      if (before + k < reach || after - k < reach) {
        continue;
      }
      int a = m - reach * step;
      int b = m + reach * step;
      if (!v.foreground[a] || !v.foreground[b] || !v.foreground[m]) {
        continue;
      }
      double ax = v.x[m] - v.x[a];
      double ay = v.y[m] - v.y[a];
      double az = v.z[m] - v.z[a];
      double bx = v.x[b] - v.x[m];
      double by = v.y[b] - v.y[m];
      double bz = v.z[b] - v.z[m];
      double la = Math.sqrt(ax * ax + ay * ay + az * az);
      double lb = Math.sqrt(bx * bx + by * by + bz * bz);
      if (la == 0 || lb == 0) {
        continue;
      }
      double cos = (ax * bx + ay * by + az * bz) / (la * lb);
      double bend = Math.acos(Math.max(-1, Math.min(1, cos)));
      // Concave: the middle is farther from the camera than the line between the ends.
      double t = la / (la + lb);
      double line = v.depth[a] + t * (v.depth[b] - v.depth[a]);
      double limit = Math.max(ease * parameters.crease(), 4 * v.noise / Math.min(la, lb));
      if (v.depth[m] > line && bend > limit) {
        return true;
      }
    }
    return false;
  }

  private void components() {
    int w = v.width;
    boolean[] edge = new boolean[v.pixels];
    for (int i = 0; i < v.pixels; i++) {
      piece[i] = -1;
      // Along its line a cut goes on for a pixel, so that no single pixel bridges it.
      if (right[i] && cutRight[i]) {
        for (int j = Math.max(i - w, i % w); j <= Math.min(i + w, v.pixels - 2); j += w) {
          edge[j] = true;
          edge[j + 1] = true;
        }
      }
      if (below[i] && cutBelow[i]) {
        int row = i / w;
        for (int c = Math.max(i % w - 1, 0); c <= Math.min(i % w + 1, w - 1); c++) {
          edge[row * w + c] = true;
          edge[(row + 1) * w + c] = true;
        }
      }
    }
    for (int i = 0; i < v.pixels; i++) {
      if (v.foreground[i] && !edge[i] && piece[i] < 0) {
        flood(i, edge);
      }
    }
    growBack();
    // What the cuts ate whole.
    boolean[] none = new boolean[v.pixels];
    for (int i = 0; i < v.pixels; i++) {
      if (v.foreground[i] && piece[i] < 0) {
        flood(i, none);
      }
    }
  }

  private void flood(int seed, boolean[] edge) {
    int head = 0;
    int tail = 0;
    queue[tail++] = seed;
    piece[seed] = count;
    while (head < tail) {
      int i = queue[head++];
      for (int d = 0; d < 4; d++) {
        int j = neighbour(i, d);
        if (j >= 0 && piece[j] < 0 && !edge[j]) {
          piece[j] = count;
          queue[tail++] = j;
        }
      }
    }
    if (count == sizes.length) {
      sizes = java.util.Arrays.copyOf(sizes, 2 * count);
    }
    sizes[count++] = tail;
  }

  private void growBack() {
    int tail = 0;
    for (int i = 0; i < v.pixels; i++) {
      if (piece[i] >= 0) {
        queue[tail++] = i;
      }
    }
    for (int head = 0; head < tail; head++) {
      int i = queue[head];
      for (int d = 0; d < 4; d++) {
        int j = neighbour(i, d);
        if (j >= 0 && piece[j] < 0) {
          piece[j] = piece[i];
          sizes[piece[i]]++;
          queue[tail++] = j;
        }
      }
    }
  }

  /** The neighbour in direction 0 right, 1 left, 2 below, 3 above if it hangs together, else -1. */
  int neighbour(int i, int direction) {
    int w = v.width;
    return switch (direction) {
      case 0 -> right[i] && !cutRight[i] ? i + 1 : -1;
      case 1 -> i % w > 0 && right[i - 1] && !cutRight[i - 1] ? i - 1 : -1;
      case 2 -> below[i] && !cutBelow[i] ? i + w : -1;
      default -> i >= w && below[i - w] && !cutBelow[i - w] ? i - w : -1;
    };
  }
}
