package io.github.vla3d.tabletop.render;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The light that comes from a triangle at a point of the grid.
 *
 * <p>On a plane everything that shading wants - depth, texture, place in the shadow map - is a
 * linear function over the picture, divided by another one. These are made once for each run of
 * pixels on one triangle. On smooth surfaces the normal is interpolated besides.
 */
final class Shader {
  private static final double OFFSET = 0.003;

  /** Red, green and blue of the last point that was shaded on its own. */
  float red;

  float green;
  float blue;

  /** Red, green and blue of a row's pixels, and their depth; one place more for a single point. */
  float[] reds = new float[0];

  float[] greens = reds;
  float[] blues = reds;
  double[] depths = new double[0];

  private final ShadowMap shadows;
  private final float[] texel = new float[3];
  private Scene scene;
  private ScreenTriangles triangles = new ScreenTriangles();

  // The camera: rays are (x - cx) / fx, (y - cy) / fy, 1.
  private double fx;
  private double fy;
  private double cx;
  private double cy;
  private final double[] eye = new double[3];
  private final double[] axes = new double[9];

  /** The rows of the shadow map's matrix by the rays, as planes over the grid. */
  private final double[][] mapRays = new double[3][3];

  private Rays rays = new Rays(new Pinhole(1, 1, 0, 0, 0, 0));

  /** A camera's inside, in grid coordinates. */
  private record Pinhole(double fx, double fy, double cx, double cy, int width, int height) {}

  /** The rays (x, y, 1) of a camera, with one over their lengths. */
  private static final class Rays {
    final double[] x;
    final double[] y;
    final float[] shortening;

    Rays(Pinhole k) {
      x = new double[k.width];
      y = new double[k.height];
      shortening = new float[k.width * k.height];
      for (int i = 0; i < k.width; i++) {
        x[i] = (i - k.cx) / k.fx;
      }
      for (int j = 0; j < k.height; j++) {
        y[j] = (j - k.cy) / k.fy;
        for (int i = 0; i < k.width; i++) {
          shortening[j * k.width + i] = (float) (1 / Math.sqrt(x[i] * x[i] + y[j] * y[j] + 1));
        }
      }
    }
  }

  /** Rays of the cameras that draw in turn. */
  private final Map<Pinhole, Rays> known =
      new LinkedHashMap<>(8, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Pinhole, Rays> eldest) {
          return size() > 4;
        }
      };

  // The light.
  private double lampX;
  private double lampY;
  private double lampZ;
  private float lampRed;
  private float lampGreen;
  private float lampBlue;
  private Colour sky = new Colour(0, 0, 0);
  private Colour ground = sky;

  // The triangle that is loaded.
  private int loaded = -2;
  private Scene.Item item;
  private Mesh mesh;
  private Material material;
  private @Nullable Texture texture;
  private double gloss;
  private final double[] depth = new double[3];
  private final double[] u = new double[3];
  private final double[] v = new double[3];
  private final double[] mapU = new double[3];
  private final double[] mapV = new double[3];
  private final double[] mapDepth = new double[3];
  private final double[] facing = new double[3];
  private final double[] lampFacing = new double[3];
  private final double[] scratch = new double[3];
  private boolean flat;
  private double towards;

  /** Where the last point lies on the shadow map; NaN if it looks away from the lamp. */
  double onMapU;

  double onMapV;
  double onMapDepth;

  /** Share of the lamp that the last point saw. */
  float share;

  private float aroundRed;
  private float aroundGreen;
  private float aroundBlue;

  Shader(ShadowMap shadows, Scene scene) {
    this.shadows = shadows;
    this.scene = scene;
    this.item = new Scene.Item(Meshes.sheet(1, 1), Material.plain(0, 0), 1, false);
    this.mesh = item.mesh;
    this.material = item.material;
  }

  void begin(
      Scene now,
      ScreenTriangles shown,
      double[] worldAxes,
      double[] from,
      double[] pinhole,
      int width,
      int height) {
    scene = now;
    triangles = shown;
    loaded = -2;
    System.arraycopy(worldAxes, 0, axes, 0, 9);
    System.arraycopy(from, 0, eye, 0, 3);
    fx = pinhole[0];
    fy = pinhole[1];
    cx = pinhole[2];
    cy = pinhole[3];
    rays = known.computeIfAbsent(new Pinhole(fx, fy, cx, cy, width, height), Rays::new);
    if (reds.length <= width / 2) {
      reds = new float[width / 2 + 1];
      greens = new float[width / 2 + 1];
      blues = new float[width / 2 + 1];
      depths = new double[width / 2 + 1];
    }
    Light light = now.light();
    lampX = light.toLamp().x();
    lampY = light.toLamp().y();
    lampZ = light.toLamp().z();
    lampRed = light.lamp().r();
    lampGreen = light.lamp().g();
    lampBlue = light.lamp().b();
    sky = light.sky();
    ground = light.ground();
    // l . d over the picture, for highlights.
    ray(lampX, lampY, lampZ, lampFacing);
    double[] m = shadows.matrix;
    for (int i = 0; i < 3; i++) {
      ray(m[4 * i], m[4 * i + 1], m[4 * i + 2], mapRays[i]);
    }
  }

  /** The scalar product of a world vector with the rays, as a plane over the grid. */
  private void ray(double x, double y, double z, double[] plane) {
    double a = (axes[0] * x + axes[3] * y + axes[6] * z) / fx;
    double b = (axes[1] * x + axes[4] * y + axes[7] * z) / fy;
    plane[0] = a;
    plane[1] = b;
    plane[2] = axes[2] * x + axes[5] * y + axes[8] * z - a * cx - b * cy;
  }

  private void load(int t) {
    loaded = t;
    item = scene.items.get(triangles.item[t]);
    mesh = item.mesh;
    material = item.material;
    flat = mesh.flat;
    int k = 3 * triangles.meshTriangle[t];
    int a = mesh.triangles[k];
    int b = mesh.triangles[k + 1];
    int c = mesh.triangles[k + 2];
    double[] p = triangles.planes;
    int o = t * ScreenTriangles.PLANES;
    for (int i = 0; i < 3; i++) {
      depth[i] = p[o + i] + p[o + 3 + i] + p[o + 6 + i];
    }
    texture = material.texture();
    gloss = material.gloss();
    if (texture != null) {
      float[] uv = mesh.uvs;
      for (int i = 0; i < 3; i++) {
        u[i] =
            texture.perU
                * (uv[2 * a] * p[o + i] + uv[2 * b] * p[o + 3 + i] + uv[2 * c] * p[o + 6 + i]);
        v[i] =
            texture.perV
                * (uv[2 * a + 1] * p[o + i]
                    + uv[2 * b + 1] * p[o + 3 + i]
                    + uv[2 * c + 1] * p[o + 6 + i]);
      }
    }
    if (flat) {
      normal(mesh.normals[3 * a], mesh.normals[3 * a + 1], mesh.normals[3 * a + 2]);
      double nx = scratch[0];
      double ny = scratch[1];
      double nz = scratch[2];
      ray(nx, ny, nz, facing);
      towards = nx * lampX + ny * lampY + nz * lampZ;
      around(nz);
      if (towards > 0) {
        place(mapU, 0, nx, ny, nz);
        place(mapV, 1, nx, ny, nz);
        place(mapDepth, 2, nx, ny, nz);
      }
    }
  }

  /** A coordinate of the shadow map, divided by z, as a plane over the grid. */
  private void place(double[] plane, int row, double nx, double ny, double nz) {
    double[] m = shadows.matrix;
    double x = m[4 * row];
    double y = m[4 * row + 1];
    double z = m[4 * row + 2];
    double constant =
        x * (eye[0] + OFFSET * nx)
            + y * (eye[1] + OFFSET * ny)
            + z * (eye[2] + OFFSET * nz)
            + m[4 * row + 3];
    for (int i = 0; i < 3; i++) {
      plane[i] = mapRays[row][i] + constant * depth[i];
    }
  }

  private void normal(double x, double y, double z) {
    double[] m = item.rotation;
    scratch[0] = m[0] * x + m[1] * y + m[2] * z;
    scratch[1] = m[3] * x + m[4] * y + m[5] * z;
    scratch[2] = m[6] * x + m[7] * y + m[8] * z;
  }

  /** Light from above and below on a surface of this slope. */
  private void around(double nz) {
    float up = (float) (0.5 + 0.5 * nz);
    aroundRed = ground.r() + up * (sky.r() - ground.r());
    aroundGreen = ground.g() + up * (sky.g() - ground.g());
    aroundBlue = ground.b() + up * (sky.b() - ground.b());
  }

  /** Shades triangle t, or the background if it is below 0, at a point of the grid. */
  void shade(int t, int x, int y) {
    int spare = reds.length - 1;
    onMapU = Double.NaN;
    share = 0;
    shade(t, x, y, 1, spare);
    red = reds[spare];
    green = greens[spare];
    blue = blues[spare];
  }

  /**
   * Shades triangle t, or the background if it is below 0, at every other point of a row.
   *
   * @param into place of the first point's colour and depth
   */
  void shade(int t, int x, int y, int count, int into) {
    if (t < 0) {
      Colour background = scene.background();
      Arrays.fill(reds, into, into + count, background.r());
      Arrays.fill(greens, into, into + count, background.g());
      Arrays.fill(blues, into, into + count, background.b());
      return;
    }
    if (t != loaded) {
      load(t);
    }
    if (flat) {
      shadeFlat(x, y, count, into);
    } else {
      shadeSmooth(t, x, y, count, into);
    }
  }

  private void shadeFlat(int first, int y, int count, int into) {
    double depthX = depth[0];
    double depthY = depth[1] * y;
    double depth1 = depth[2];
    double facingX = facing[0];
    double facingY = facing[1] * y;
    double facing1 = facing[2];
    float[] shortening = rays.shortening;
    int row = y * rays.x.length;
    for (int i = into, x = first; i < into + count; i++, x += 2) {
      double z = 1 / (depthX * x + depthY + depth1);
      float back = shortening[row + x];
      double seen = -(facingX * x + facingY + facing1) * back;
      float lit = 0;
      if (towards > 0) {
        lit =
            (float) towards
                * sees(
                    z * (mapU[0] * x + mapU[1] * y + mapU[2]),
                    z * (mapV[0] * x + mapV[1] * y + mapV[2]),
                    z * (mapDepth[0] * x + mapDepth[1] * y + mapDepth[2]));
      }
      depths[i] = z;
      colour(i, x, y, z, back, seen, towards, lit);
    }
  }

  private void shadeSmooth(int t, int first, int y, int count, int into) {
    int k = 3 * triangles.meshTriangle[t];
    int a = 3 * mesh.triangles[k];
    int b = 3 * mesh.triangles[k + 1];
    int c = 3 * mesh.triangles[k + 2];
    double[] p = triangles.planes;
    int o = t * ScreenTriangles.PLANES;
    float[] n = mesh.normals;
    double ry = rays.y[y];
    for (int i = into, x = first; i < into + count; i++, x += 2) {
      double z = 1 / (depth[0] * x + depth[1] * y + depth[2]);
      // The normal, from those of the corners.
      double w0 = z * (p[o] * x + p[o + 1] * y + p[o + 2]);
      double w1 = z * (p[o + 3] * x + p[o + 4] * y + p[o + 5]);
      double w2 = z * (p[o + 6] * x + p[o + 7] * y + p[o + 8]);
      normal(
          w0 * n[a] + w1 * n[b] + w2 * n[c],
          w0 * n[a + 1] + w1 * n[b + 1] + w2 * n[c + 1],
          w0 * n[a + 2] + w1 * n[b + 2] + w2 * n[c + 2]);
      double nx = scratch[0];
      double ny = scratch[1];
      double nz = scratch[2];
      double norm = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz);
      nx *= norm;
      ny *= norm;
      nz *= norm;
      double rx = rays.x[x];
      double dx = axes[0] * rx + axes[1] * ry + axes[2];
      double dy = axes[3] * rx + axes[4] * ry + axes[5];
      double dz = axes[6] * rx + axes[7] * ry + axes[8];
      float back = rays.shortening[y * rays.x.length + x];
      double seen = -(nx * dx + ny * dy + nz * dz) * back;
      double lampTowards = nx * lampX + ny * lampY + nz * lampZ;
      around(nz);
      float lit = 0;
      if (lampTowards > 0) {
        double[] m = shadows.matrix;
        double px = eye[0] + z * dx + OFFSET * nx;
        double py = eye[1] + z * dy + OFFSET * ny;
        double pz = eye[2] + z * dz + OFFSET * nz;
        lit =
            (float) lampTowards
                * sees(
                    m[0] * px + m[1] * py + m[2] * pz + m[3],
                    m[4] * px + m[5] * py + m[6] * pz + m[7],
                    m[8] * px + m[9] * py + m[10] * pz + m[11]);
      }
      depths[i] = z;
      colour(i, x, y, z, back, seen, lampTowards, lit);
    }
  }

  /**
   * What the material makes of the light.
   *
   * @param back one over the length of the ray
   * @param seen cosine between the normal and the way back to the eye
   * @param lampTowards cosine between the normal and the way to the lamp
   * @param lit light of the lamp
   */
  private void colour(
      int i, int x, int y, double z, float back, double seen, double lampTowards, float lit) {
    Colour colour = material.colour();
    float r = colour.r();
    float g = colour.g();
    float b = colour.b();
    if (texture != null) {
      float footprint = (float) (2 * z / (fx * Math.max(0.25, seen)));
      texture.sample(
          (float) (z * (u[0] * x + u[1] * y + u[2])),
          (float) (z * (v[0] * x + v[1] * y + v[2])),
          footprint * texture.perV,
          texel);
      r *= texel[0];
      g *= texel[1];
      b *= texel[2];
    }
    // A little more from where one looks shows the form of what lies in the shade.
    float front = 0.75f + 0.25f * (float) Math.max(0, seen);
    r *= lampRed * lit + front * aroundRed;
    g *= lampGreen * lit + front * aroundGreen;
    b *= lampBlue * lit + front * aroundBlue;
    if (gloss > 0 && lit > 0) {
      // Squared cosine between the normal and the half vector of lamp and eye.
      double half = lampTowards + seen;
      double both = 2 - 2 * (lampFacing[0] * x + lampFacing[1] * y + lampFacing[2]) * back;
      // Most points are far from the highlight; they are spared the division.
      double s = half * half > 0.59 * both ? half * half / both : 0;
      if (s > 0.6) {
        s *= s;
        s *= s;
        s *= s;
        s *= s;
        float strength = (float) (gloss * s * Math.min(1, 2 * lit));
        r += strength * lampRed;
        g += strength * lampGreen;
        b += strength * lampBlue;
      }
    }
    reds[i] = r;
    greens[i] = g;
    blues[i] = b;
  }

  private float sees(double u, double v, double depth) {
    onMapU = u;
    onMapV = v;
    onMapDepth = depth;
    share = shadows.lit(u, v, depth);
    return share;
  }
}
