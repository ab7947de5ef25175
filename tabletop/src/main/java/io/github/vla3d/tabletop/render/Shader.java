package io.github.vla3d.tabletop.render;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The light that comes from a triangle at a point of the grid.
 *
 * <p>On a plane everything that shading wants - depth, texture, place in the shadow map - is a
 * linear function over the picture, divided by another one. These are made once for each run of
 * pixels on one triangle. On smooth surfaces the normal is interpolated besides.
 */
final class Shader {
  private static final double OFFSET = 0.003;

  /** Red, green and blue of the last call. */
  float red;

  float green;
  float blue;

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
  private float[] shortening = new float[0];
  private int stride;

  /** A camera's inside, in grid coordinates. */
  private record Pinhole(double fx, double fy, double cx, double cy, int width, int height) {}

  /** One over the lengths of the rays of the cameras that draw in turn. */
  private final Map<Pinhole, float[]> shortenings =
      new LinkedHashMap<>(8, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Pinhole, float[]> eldest) {
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
    stride = width;
    shortening =
        shortenings.computeIfAbsent(new Pinhole(fx, fy, cx, cy, width, height), Shader::shortening);
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
  }

  /** One over the length of each ray. */
  private static float[] shortening(Pinhole k) {
    float[] lengths = new float[k.width * k.height];
    for (int y = 0; y < k.height; y++) {
      for (int x = 0; x < k.width; x++) {
        double a = (x - k.cx) / k.fx;
        double b = (y - k.cy) / k.fy;
        lengths[y * k.width + x] = (float) (1 / Math.sqrt(a * a + b * b + 1));
      }
    }
    return lengths;
  }

  /** The scalar product of a world vector with the rays, as a plane over the grid. */
  private void ray(double x, double y, double z, double[] plane) {
    double a = (axes[0] * x + axes[3] * y + axes[6] * z) / fx;
    double b = (axes[1] * x + axes[4] * y + axes[7] * z) / fy;
    plane[0] = a;
    plane[1] = b;
    plane[2] = axes[2] * x + axes[5] * y + axes[8] * z - a * cx - b * cy;
  }

  private static double at(double[] plane, int x, int y) {
    return plane[0] * x + plane[1] * y + plane[2];
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
    Texture texture = material.texture();
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
      place(mapU, 0, nx, ny, nz);
      place(mapV, 1, nx, ny, nz);
      place(mapDepth, 2, nx, ny, nz);
    }
  }

  /** A coordinate of the shadow map, divided by z, as a plane over the grid. */
  private void place(double[] plane, int row, double nx, double ny, double nz) {
    double[] m = shadows.matrix;
    double x = m[4 * row];
    double y = m[4 * row + 1];
    double z = m[4 * row + 2];
    ray(x, y, z, plane);
    double constant =
        x * (eye[0] + OFFSET * nx)
            + y * (eye[1] + OFFSET * ny)
            + z * (eye[2] + OFFSET * nz)
            + m[4 * row + 3];
    for (int i = 0; i < 3; i++) {
      plane[i] += constant * depth[i];
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
    onMapU = Double.NaN;
    share = 0;
    if (t < 0) {
      Colour background = scene.background();
      red = background.r();
      green = background.g();
      blue = background.b();
      return;
    }
    if (t != loaded) {
      load(t);
    }
    double z = 1 / at(depth, x, y);
    double back = shortening[y * stride + x];
    double lampTowards;
    double seen;
    float lit = 0;
    if (flat) {
      seen = -at(facing, x, y) * back;
      lampTowards = towards;
      if (lampTowards > 0) {
        lit =
            (float) lampTowards
                * sees(z * at(mapU, x, y), z * at(mapV, x, y), z * at(mapDepth, x, y));
      }
    } else {
      interpolate(t, x, y, z);
      double nx = scratch[0];
      double ny = scratch[1];
      double nz = scratch[2];
      double rx = (x - cx) / fx;
      double ry = (y - cy) / fy;
      double dx = axes[0] * rx + axes[1] * ry + axes[2];
      double dy = axes[3] * rx + axes[4] * ry + axes[5];
      double dz = axes[6] * rx + axes[7] * ry + axes[8];
      seen = -(nx * dx + ny * dy + nz * dz) * back;
      lampTowards = nx * lampX + ny * lampY + nz * lampZ;
      around(nz);
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
    }
    Colour colour = material.colour();
    float r = colour.r();
    float g = colour.g();
    float b = colour.b();
    Texture texture = material.texture();
    if (texture != null) {
      float footprint = (float) (2 * z / (fx * Math.max(0.25, seen)));
      texture.sample(
          (float) (z * at(u, x, y)), (float) (z * at(v, x, y)), footprint * texture.perV, texel);
      r *= texel[0];
      g *= texel[1];
      b *= texel[2];
    }
    // A little more from where one looks shows the form of what lies in the shade.
    float front = 0.75f + 0.25f * (float) Math.max(0, seen);
    red = r * (lampRed * lit + front * aroundRed);
    green = g * (lampGreen * lit + front * aroundGreen);
    blue = b * (lampBlue * lit + front * aroundBlue);
    double gloss = material.gloss();
    if (gloss > 0 && lit > 0) {
      // Squared cosine between the normal and the half vector of lamp and eye.
      double half = lampTowards + seen;
      double s = half * half / (2 - 2 * at(lampFacing, x, y) * back);
      if (s > 0.6) {
        s *= s;
        s *= s;
        s *= s;
        s *= s;
        float strength = (float) (gloss * s * Math.min(1, 2 * lit));
        red += strength * lampRed;
        green += strength * lampGreen;
        blue += strength * lampBlue;
      }
    }
  }

  private float sees(double mapU, double mapV, double mapDepth) {
    onMapU = mapU;
    onMapV = mapV;
    onMapDepth = mapDepth;
    share = shadows.lit(mapU, mapV, mapDepth);
    return share;
  }

  private void interpolate(int t, int x, int y, double z) {
    int k = 3 * triangles.meshTriangle[t];
    int a = 3 * mesh.triangles[k];
    int b = 3 * mesh.triangles[k + 1];
    int c = 3 * mesh.triangles[k + 2];
    double[] p = triangles.planes;
    int o = t * ScreenTriangles.PLANES;
    double w0 = z * (p[o] * x + p[o + 1] * y + p[o + 2]);
    double w1 = z * (p[o + 3] * x + p[o + 4] * y + p[o + 5]);
    double w2 = z * (p[o + 6] * x + p[o + 7] * y + p[o + 8]);
    float[] n = mesh.normals;
    normal(
        w0 * n[a] + w1 * n[b] + w2 * n[c],
        w0 * n[a + 1] + w1 * n[b + 1] + w2 * n[c + 1],
        w0 * n[a + 2] + w1 * n[b + 2] + w2 * n[c + 2]);
    double norm =
        1 / Math.sqrt(scratch[0] * scratch[0] + scratch[1] * scratch[1] + scratch[2] * scratch[2]);
    scratch[0] *= norm;
    scratch[1] *= norm;
    scratch[2] *= norm;
  }
}
