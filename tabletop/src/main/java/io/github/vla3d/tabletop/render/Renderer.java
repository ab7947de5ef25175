package io.github.vla3d.tabletop.render;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Vector3;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Draws a {@link Scene}. Visibility is decided at the centres, edges and corners of the pixels:
 * what is at the centre gives depth and id, exactly; colour is the mean of the nine points (1 2 1
 * in each direction), of which only those that see another surface than the centre are shaded on
 * their own.
 *
 * <p>The same scene and camera give the same bits everywhere. One thread at a time.
 */
public final class Renderer {
  private static final double NEAR = 0.01;

  private final ShadowMap shadows;
  private Scene scene = new Scene(new Light(new Vector3(0, 0, 1), NONE, NONE, NONE), NONE);
  private static final Colour NONE = new Colour(0, 0, 0);

  private @Nullable Still still;
  private final ScreenTriangles ownTriangles = new ScreenTriangles();
  private Rasterizer ownRaster = new Rasterizer(1, 1, ownTriangles);

  // Those of the picture that is drawn.
  private ScreenTriangles triangles = ownTriangles;
  private Rasterizer raster = ownRaster;
  private final Shader shader;
  private double[] points = new double[0];

  // The points about a centre, those at edges first, and their weights in sixteenths.
  private static final int[] AROUND_X = {0, -1, 1, 0, -1, 1, -1, 1};
  private static final int[] AROUND_Y = {-1, 0, 0, 1, -1, -1, 1, 1};
  private static final int[] WEIGHT = {2, 2, 2, 2, 1, 1, 1, 1};
  private final int[] keys = new int[8];
  private final int[] weights = new int[8];
  private final int[] firsts = new int[8];
  private final float[] sum = new float[3];

  // Not 0 where the row of the grid that is painted may have an edge; see findMixed.
  private int[] mixed = new int[0];

  private final double[] eye = new double[3];
  private final double[] axes = new double[9];
  private double fx;
  private double fy;
  private double cx;
  private double cy;

  /**
   * @param middle of what throws shadows
   */
  public Renderer(Vector3 middle) {
    this.shadows = new ShadowMap(middle);
    this.shader = new Shader(shadows, scene);
  }

  /** Takes the scene as it is now: call it before the pictures of a moment. */
  public void prepare(Scene now) {
    this.scene = now;
    shadows.draw(now);
  }

  /**
   * Draws what a camera sees that will see the scene again: what stays is not made anew then. The
   * bits are those of {@link #draw}. One such camera at a time.
   *
   * @param camera an upright pinhole: no skew, focal lengths above 0, of the picture's size
   */
  public void drawStill(Camera camera, Picture picture) {
    Still known = still;
    if (known == null || !known.fits(camera, scene)) {
      known = new Still(camera, scene);
      still = known;
    }
    draw(camera, picture, known);
  }

  /**
   * Draws what a camera sees.
   *
   * @param camera an upright pinhole: no skew, focal lengths above 0, of the picture's size
   */
  public void draw(Camera camera, Picture picture) {
    draw(camera, picture, null);
  }

  private void draw(Camera camera, Picture picture, @Nullable Still known) {
    Intrinsics k = camera.intrinsics();
    if (k.width() != picture.width() || k.height() != picture.height()) {
      throw new IllegalArgumentException(
          "picture: wanted %d x %d as the camera, got %d x %d"
              .formatted(k.width(), k.height(), picture.width(), picture.height()));
    }
    if (k.skew() != 0 || !(k.fx() > 0 && k.fy() > 0)) {
      throw new IllegalArgumentException("camera: wanted an upright pinhole, got " + k);
    }
    take(camera);
    if (known == null) {
      drawAll(k);
      begin();
      for (int y = 0; y < k.height(); y++) {
        paint(picture, y);
      }
    } else {
      drawMoved(known);
      begin();
      paintChanged(known);
      known.picture.copyTo(picture);
    }
  }

  private void drawAll(Intrinsics k) {
    int width = 2 * k.width() + 1;
    int height = 2 * k.height() + 1;
    if (ownRaster.width != width || ownRaster.height != height) {
      ownRaster = new Rasterizer(width, height, ownTriangles);
    }
    raster = ownRaster;
    triangles = ownTriangles;
    raster.clear();
    triangles.count = 0;
    for (int i = 0; i < scene.items.size(); i++) {
      project(i);
    }
  }

  private void drawMoved(Still known) {
    raster = known.raster;
    triangles = known.triangles;
    if (!known.begin()) {
      project(known.resting, true);
      known.keep();
    }
    project(known.resting, false);
    known.compare(shadows);
  }

  private void project(Resting resting, boolean rests) {
    for (int i = 0; i < scene.items.size(); i++) {
      if (resting.rests(i) == rests) {
        project(i);
      }
    }
  }

  private void begin() {
    shader.begin(
        scene, triangles, axes, eye, new double[] {fx, fy, cx, cy}, raster.width, raster.height);
  }

  private void take(Camera camera) {
    Intrinsics k = camera.intrinsics();
    // Grid coordinates: two points a pixel, so that centres are at odd ones.
    fx = 2 * k.fx();
    fy = 2 * k.fy();
    cx = 2 * k.cx();
    cy = 2 * k.cy();
    double[] r = camera.worldFromCamera().rotation();
    Vector3 t = camera.worldFromCamera().translation();
    eye[0] = t.x();
    eye[1] = t.y();
    eye[2] = t.z();
    System.arraycopy(r, 0, axes, 0, 9);
  }

  /** Brings an item's triangles onto the screen. */
  private void project(int number) {
    Scene.Item item = scene.items.get(number);
    Mesh mesh = item.mesh;
    double[] m = new double[12];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        m[4 * i + j] =
            axes[i] * item.rotation[j]
                + axes[3 + i] * item.rotation[3 + j]
                + axes[6 + i] * item.rotation[6 + j];
        m[4 * i + 3] += axes[3 * j + i] * (item.translation[j] - eye[j]);
      }
    }
    if (outside(m, mesh.radius)) {
      return;
    }
    int n = mesh.vertices();
    if (points.length < 5 * n) {
      points = new double[5 * n];
    }
    float[] p = mesh.positions;
    for (int v = 0; v < n; v++) {
      double x = p[3 * v];
      double y = p[3 * v + 1];
      double z = p[3 * v + 2];
      double a = m[0] * x + m[1] * y + m[2] * z + m[3];
      double b = m[4] * x + m[5] * y + m[6] * z + m[7];
      double c = m[8] * x + m[9] * y + m[10] * z + m[11];
      points[5 * v] = a;
      points[5 * v + 1] = b;
      points[5 * v + 2] = c;
      if (c > NEAR) {
        points[5 * v + 3] = fx * a / c + cx;
        points[5 * v + 4] = fy * b / c + cy;
      }
    }
    int[] t = mesh.triangles;
    for (int k = 0; k < t.length; k += 3) {
      triangle(number, k / 3, 5 * t[k], 5 * t[k + 1], 5 * t[k + 2]);
    }
  }

  /** Whether a ball about the item's origin lies beyond one side of the picture. */
  private boolean outside(double[] m, double radius) {
    double x = m[3];
    double y = m[7];
    double z = m[11];
    if (z + radius < NEAR) {
      return true;
    }
    double w = raster.width;
    double h = raster.height;
    return beyond(x * fx + z * cx, Math.hypot(fx, cx), radius)
        || beyond(-x * fx + z * (w - cx), Math.hypot(fx, w - cx), radius)
        || beyond(y * fy + z * cy, Math.hypot(fy, cy), radius)
        || beyond(-y * fy + z * (h - cy), Math.hypot(fy, h - cy), radius);
  }

  private static boolean beyond(double side, double norm, double radius) {
    return side < -radius * norm;
  }

  private void triangle(int item, int meshTriangle, int a, int b, int c) {
    double ax = points[a];
    double ay = points[a + 1];
    double az = points[a + 2];
    double bx = points[b];
    double by = points[b + 1];
    double bz = points[b + 2];
    double qx = points[c];
    double qy = points[c + 1];
    double qz = points[c + 2];
    // Rows of the inverse of [A B C]: the ray (x, y, 1) times row i is the weight of corner i by z.
    double r0 = by * qz - bz * qy;
    double r1 = bz * qx - bx * qz;
    double r2 = bx * qy - by * qx;
    double determinant = ax * r0 + ay * r1 + az * r2;
    if (!(determinant < -1e-12)) {
      return; // seen from behind, or from its edge
    }
    boolean behind = az <= NEAR || bz <= NEAR || qz <= NEAR;
    if (behind && az <= NEAR && bz <= NEAR && qz <= NEAR) {
      return;
    }
    if (!behind && aside(a, b, c)) {
      return;
    }
    int key = item << 6 | scene.items.get(item).mesh.groups[meshTriangle];
    int t = triangles.add(item, meshTriangle, key);
    double[] planes = triangles.planes;
    double d = 1 / determinant;
    plane(t, 0, r0 * d, r1 * d, r2 * d);
    plane(t, 1, (qy * az - qz * ay) * d, (qz * ax - qx * az) * d, (qx * ay - qy * ax) * d);
    plane(t, 2, (ay * bz - az * by) * d, (az * bx - ax * bz) * d, (ax * by - ay * bx) * d);
    int o = t * ScreenTriangles.PLANES;
    double u = planes[o] + planes[o + 3] + planes[o + 6];
    double v = planes[o + 1] + planes[o + 4] + planes[o + 7];
    double w = planes[o + 2] + planes[o + 5] + planes[o + 8];
    if (!behind) {
      raster.fill(
          points[a + 3],
          points[a + 4],
          points[b + 3],
          points[b + 4],
          points[c + 3],
          points[c + 4],
          u,
          v,
          w,
          t);
    } else {
      clipped(new double[][] {{ax, ay, az}, {bx, by, bz}, {qx, qy, qz}}, u, v, w, t);
    }
  }

  private boolean aside(int a, int b, int c) {
    double w = raster.width;
    double h = raster.height;
    return (points[a + 3] < 0 && points[b + 3] < 0 && points[c + 3] < 0)
        || (points[a + 3] > w && points[b + 3] > w && points[c + 3] > w)
        || (points[a + 4] < 0 && points[b + 4] < 0 && points[c + 4] < 0)
        || (points[a + 4] > h && points[b + 4] > h && points[c + 4] > h);
  }

  /** A plane over rays (x, y, 1) becomes one over the grid. */
  private void plane(int t, int corner, double x, double y, double z) {
    double[] planes = triangles.planes;
    int o = t * ScreenTriangles.PLANES + 3 * corner;
    planes[o] = x / fx;
    planes[o + 1] = y / fy;
    planes[o + 2] = z - x * cx / fx - y * cy / fy;
  }

  /** Draws the part of a triangle that lies before the camera. */
  private void clipped(double[][] corners, double u, double v, double w, int number) {
    double[][] kept = new double[4][];
    int n = 0;
    for (int i = 0; i < 3; i++) {
      double[] a = corners[i];
      double[] b = corners[(i + 1) % 3];
      if (a[2] > NEAR) {
        kept[n++] = a;
      }
      if ((a[2] > NEAR) != (b[2] > NEAR)) {
        double s = (NEAR - a[2]) / (b[2] - a[2]);
        kept[n++] = new double[] {a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]), NEAR};
      }
    }
    for (int i = 2; i < n; i++) {
      double[] a = kept[0];
      double[] b = kept[i - 1];
      double[] c = kept[i];
      raster.fill(
          fx * a[0] / a[2] + cx,
          fy * a[1] / a[2] + cy,
          fx * b[0] / b[2] + cx,
          fy * b[1] / b[2] + cy,
          fx * c[0] / c[2] + cx,
          fy * c[1] / c[2] + cy,
          u,
          v,
          w,
          number);
    }
  }

  /** Paints the pixels of a still camera's picture that are no longer what they were. */
  private void paintChanged(Still known) {
    int width = known.picture.width();
    for (int y = 0; y < known.picture.height(); y++) {
      int first = Math.min(known.firstChanged(y), width);
      int end = Math.max(first, Math.min(known.endChanged(y), width));
      paintRelit(known, y, 0, first);
      paint(known, y, first, end);
      paintRelit(known, y, end, width);
    }
  }

  private void paintRelit(Still known, int y, int from, int to) {
    int row = y * known.picture.width();
    for (int x = from; x < to; x++) {
      if (known.lightChanged(row + x, shadows)) {
        paint(known, y, x, x + 1);
      }
    }
  }

  private void paint(Still known, int y, int from, int to) {
    Picture picture = known.picture;
    int gy = 2 * y + 1;
    for (int x = from; x < to; x++) {
      int pixel = y * picture.width() + x;
      int gx = 2 * x + 1;
      int t = raster.triangle[gy * raster.width + gx];
      known.shade(shader, shadows, t, pixel, gx, gy);
      double depth = t < 0 ? 0 : 1 / triangles.inverseDepth(t, gx, gy);
      put(picture, known, pixel, gx, gy, depth, shader.red, shader.green, shader.blue);
    }
  }

  private void paint(Picture picture, int y) {
    int width = picture.width();
    int gy = 2 * y + 1;
    int[] seen = raster.triangle;
    int row = gy * raster.width + 1;
    for (int x = 0; x < width; ) {
      int t = seen[row + 2 * x];
      int end = x + 1;
      while (end < width && seen[row + 2 * end] == t) {
        end++;
      }
      shader.shade(t, 2 * x + 1, gy, end - x, x);
      int at = y * width + x;
      byte id = t < 0 ? 0 : (byte) scene.items.get(triangles.item[t]).id;
      Arrays.fill(picture.ids(), at, at + end - x, id);
      if (t < 0) {
        Arrays.fill(shader.depths, x, end, 0);
      }
      x = end;
    }
    findMixed(row - 1);
    float[] depth = picture.depth();
    byte[] rgb = picture.rgb();
    for (int x = 0; x < width; x++) {
      int pixel = y * width + x;
      depth[pixel] = (float) shader.depths[x];
      float r = shader.reds[x];
      float g = shader.greens[x];
      float b = shader.blues[x];
      if ((mixed[2 * x] | mixed[2 * x + 1] | mixed[2 * x + 2]) != 0) {
        int at = row + 2 * x;
        int t = seen[at];
        if (edge(seen, at, raster.width, t)) {
          smooth(null, pixel, 2 * x + 1, gy, surface(t), r, g, b);
          r = sum[0];
          g = sum[1];
          b = sum[2];
        }
      }
      rgb[3 * pixel] = Gamma.toScreen(r);
      rgb[3 * pixel + 1] = Gamma.toScreen(g);
      rgb[3 * pixel + 2] = Gamma.toScreen(b);
    }
  }

  /** Where a row of the grid shows another triangle than the rows beside it or the next point. */
  private void findMixed(int row) {
    int n = raster.width;
    if (mixed.length < n) {
      mixed = new int[n];
    }
    int[] seen = raster.triangle;
    int[] into = mixed;
    for (int i = 0; i < n; i++) {
      into[i] = (seen[row + i] ^ seen[row - n + i]) | (seen[row + i] ^ seen[row + n + i]);
    }
    for (int i = 0; i < n - 1; i++) {
      into[i] |= seen[row + i] ^ seen[row + i + 1];
    }
  }

  /** Puts a pixel whose centre has a colour onto the picture. */
  private void put(
      Picture picture,
      Still known,
      int pixel,
      int gx,
      int gy,
      double depth,
      float red,
      float green,
      float blue) {
    int[] seen = raster.triangle;
    int at = gy * raster.width + gx;
    int t = seen[at];
    picture.depth()[pixel] = (float) depth;
    picture.ids()[pixel] = t < 0 ? 0 : (byte) scene.items.get(triangles.item[t]).id;
    float r = red;
    float g = green;
    float b = blue;
    if (edge(seen, at, raster.width, t)) {
      smooth(known, pixel, gx, gy, surface(t), r, g, b);
      r = sum[0];
      g = sum[1];
      b = sum[2];
    }
    picture.rgb()[3 * pixel] = Gamma.toScreen(r);
    picture.rgb()[3 * pixel + 1] = Gamma.toScreen(g);
    picture.rgb()[3 * pixel + 2] = Gamma.toScreen(b);
  }

  /** Whether one of the eight points about a centre sees another surface than the centre. */
  private boolean edge(int[] seen, int at, int stride, int t) {
    int up = at - stride;
    int down = at + stride;
    if (seen[up - 1] == t
        && seen[up + 1] == t
        && seen[down - 1] == t
        && seen[down + 1] == t
        && seen[up] == t
        && seen[down] == t
        && seen[at - 1] == t
        && seen[at + 1] == t) {
      return false;
    }
    int key = surface(t);
    return surface(seen[up - 1]) != key
        || surface(seen[up]) != key
        || surface(seen[up + 1]) != key
        || surface(seen[at - 1]) != key
        || surface(seen[at + 1]) != key
        || surface(seen[down - 1]) != key
        || surface(seen[down]) != key
        || surface(seen[down + 1]) != key;
  }

  private int surface(int t) {
    return t < 0 ? -1 : triangles.surface[t];
  }

  /**
   * The mean over the nine points of a pixel, into {@link #sum}. Each surface is shaded once, at
   * the first of its points.
   */
  private void smooth(
      @Nullable Still known, int pixel, int gx, int gy, int key, float r, float g, float b) {
    int[] seen = raster.triangle;
    int at = gy * raster.width + gx;
    int others = 0;
    int rest = 16;
    for (int i = 0; i < 8; i++) {
      int t = seen[at + AROUND_Y[i] * raster.width + AROUND_X[i]];
      int other = surface(t);
      if (other == key) {
        continue;
      }
      int k = 0;
      while (k < others && keys[k] != other) {
        k++;
      }
      if (k == others) {
        keys[k] = other;
        weights[k] = 0;
        firsts[k] = i;
        others++;
      }
      weights[k] += WEIGHT[i];
      rest -= WEIGHT[i];
    }
    sum[0] = rest * r;
    sum[1] = rest * g;
    sum[2] = rest * b;
    for (int k = 0; k < others; k++) {
      int x = gx + AROUND_X[firsts[k]];
      int y = gy + AROUND_Y[firsts[k]];
      shader.shade(seen[y * raster.width + x], x, y);
      if (known != null) {
        known.alsoLooked(pixel, k, shader);
      }
      // What is brighter than the screen must not outshine its neighbours at an edge.
      sum[0] += weights[k] * Math.min(1, shader.red);
      sum[1] += weights[k] * Math.min(1, shader.green);
      sum[2] += weights[k] * Math.min(1, shader.blue);
    }
    for (int i = 0; i < 3; i++) {
      sum[i] /= 16;
    }
  }
}
