package io.github.vla3d.tabletop.render;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.List;

/** Surfaces of simple bodies. */
public final class Meshes {
  private Meshes() {}

  /** A box with its centre at the origin; the texture covers each face in metres. */
  public static Mesh box(Vector3 half) {
    double[] h = {half.x(), half.y(), half.z()};
    Growing mesh = new Growing();
    for (int axis = 0; axis < 3; axis++) {
      int u = (axis + 1) % 3;
      int v = (axis + 2) % 3;
      for (int side = -1; side <= 1; side += 2) {
        double[][] p = new double[4][3];
        for (int corner = 0; corner < 4; corner++) {
          double a = corner == 0 || corner == 3 ? -1 : 1;
          double b = corner < 2 ? -1 : 1;
          p[corner][axis] = side * h[axis];
          p[corner][u] = side * a * h[u];
          p[corner][v] = b * h[v];
        }
        double[] n = new double[3];
        n[axis] = side;
        int[] index = new int[4];
        for (int corner = 0; corner < 4; corner++) {
          // Upright on the sides: the texture's v runs against z.
          double s =
              axis == 2
                  ? p[corner][0] + h[0]
                  : axis == 0 ? p[corner][1] + h[1] : p[corner][0] + h[0];
          double t = axis == 2 ? h[1] - p[corner][1] : h[2] - p[corner][2];
          index[corner] = mesh.vertex(p[corner], n, s, t);
        }
        mesh.quad(index[0], index[1], index[2], index[3], 2 * axis + (side + 1) / 2);
      }
    }
    return mesh.build();
  }

  /** A rectangle in the plane z = 0, seen from above; the texture covers it in metres. */
  public static Mesh sheet(double length, double width) {
    Growing mesh = new Growing();
    double[] up = {0, 0, 1};
    double a = length / 2;
    double b = width / 2;
    mesh.quad(
        mesh.vertex(new double[] {-a, -b, 0}, up, 0, width),
        mesh.vertex(new double[] {a, -b, 0}, up, length, width),
        mesh.vertex(new double[] {a, b, 0}, up, length, 0),
        mesh.vertex(new double[] {-a, b, 0}, up, 0, 0),
        0);
    return mesh.build();
  }

  /**
   * A surface of revolution about z.
   *
   * @param profile radius and height, from the bottom outside round to the end; a repeated point is
   *     an edge
   * @param segments about the axis
   */
  public static Mesh lathe(double[][] profile, int segments) {
    Growing mesh = new Growing();
    double length = 0;
    double[] along = new double[profile.length];
    for (int i = 1; i < profile.length; i++) {
      length += distance(profile[i - 1], profile[i]);
      along[i] = length;
    }
    int group = 0;
    for (int from = 0; from < profile.length - 1; ) {
      int to = from + 1;
      while (to < profile.length - 1 && distance(profile[to], profile[to + 1]) > 1e-9) {
        to++;
      }
      ring(mesh, profile, along, from, to, segments, group++);
      from = to + 1;
    }
    return mesh.build();
  }

  private static void ring(
      Growing mesh, double[][] profile, double[] along, int from, int to, int segments, int group) {
    int first = mesh.count();
    for (int i = from; i <= to; i++) {
      double[] before = profile[Math.max(from, i - 1)];
      double[] after = profile[Math.min(to, i + 1)];
      double dr = after[0] - before[0];
      double dz = after[1] - before[1];
      double norm = Math.sqrt(dr * dr + dz * dz);
      for (int s = 0; s <= segments; s++) {
        double angle = 2 * Math.PI * (s % segments) / segments;
        double c = StrictMath.cos(angle);
        double d = StrictMath.sin(angle);
        mesh.vertex(
            new double[] {profile[i][0] * c, profile[i][0] * d, profile[i][1]},
            new double[] {dz / norm * c, dz / norm * d, -dr / norm},
            (double) s / segments,
            along[i]);
      }
    }
    int row = segments + 1;
    for (int i = 0; i < to - from; i++) {
      for (int s = 0; s < segments; s++) {
        int a = first + i * row + s;
        boolean point = profile[from + i][0] < 1e-9;
        boolean end = profile[from + i + 1][0] < 1e-9;
        if (!point) {
          mesh.triangle(a, a + 1, a + row, group);
        }
        if (!end) {
          mesh.triangle(a + 1, a + row + 1, a + row, group);
        }
      }
    }
  }

  /** A cylinder with round ends between two heights on the axis z. */
  public static Mesh capsule(double radius, double from, double to, int segments) {
    List<double[]> profile = new ArrayList<>();
    int steps = 4;
    for (int i = 0; i <= steps; i++) {
      double a = -Math.PI / 2 + Math.PI / 2 * i / steps;
      profile.add(
          new double[] {
            i == 0 ? 0 : radius * StrictMath.cos(a), from + radius * StrictMath.sin(a)
          });
    }
    for (int i = 0; i <= steps; i++) {
      double a = Math.PI / 2 * i / steps;
      profile.add(
          new double[] {
            i == steps ? 0 : radius * StrictMath.cos(a), to + radius * StrictMath.sin(a)
          });
    }
    return lathe(profile.toArray(double[][]::new), segments);
  }

  /** An upright cylinder between two heights, with flat ends. */
  public static Mesh cylinder(double radius, double from, double to, int segments) {
    double[][] profile = {
      {0, from}, {radius, from}, {radius, from}, {radius, to}, {radius, to}, {0, to}
    };
    return lathe(profile, segments);
  }

  /**
   * A bent rod: part of a torus in the plane y = 0.
   *
   * @param bend radius of the bend
   * @param radius of the rod
   */
  public static Mesh bow(double bend, double radius, double from, double to, int steps, int sides) {
    Growing mesh = new Growing();
    for (int i = 0; i <= steps; i++) {
      double a = from + (to - from) * i / steps;
      for (int s = 0; s <= sides; s++) {
        double b = 2 * Math.PI * (s % sides) / sides;
        double r = bend + radius * StrictMath.cos(b);
        double[] n = {
          StrictMath.cos(b) * StrictMath.cos(a),
          StrictMath.sin(b),
          StrictMath.cos(b) * StrictMath.sin(a)
        };
        mesh.vertex(
            new double[] {r * StrictMath.cos(a), radius * StrictMath.sin(b), r * StrictMath.sin(a)},
            n,
            0,
            0);
      }
    }
    for (int i = 0; i < steps; i++) {
      for (int s = 0; s < sides; s++) {
        int v = i * (sides + 1) + s;
        mesh.quad(v, v + 1, v + sides + 2, v + sides + 1, 0);
      }
    }
    return mesh.build();
  }

  /** The mesh somewhere else. */
  public static Mesh moved(Mesh mesh, RigidTransform to) {
    Growing result = new Growing();
    for (int v = 0; v < mesh.vertices(); v++) {
      Vector3 p =
          to.apply(
              new Vector3(
                  mesh.positions[3 * v], mesh.positions[3 * v + 1], mesh.positions[3 * v + 2]));
      Vector3 n =
          to.rotate(
              new Vector3(mesh.normals[3 * v], mesh.normals[3 * v + 1], mesh.normals[3 * v + 2]));
      result.vertex(
          new double[] {p.x(), p.y(), p.z()},
          new double[] {n.x(), n.y(), n.z()},
          mesh.uvs[2 * v],
          mesh.uvs[2 * v + 1]);
    }
    for (int i = 0; i < mesh.size(); i++) {
      result.triangle(
          mesh.triangles[3 * i],
          mesh.triangles[3 * i + 1],
          mesh.triangles[3 * i + 2],
          mesh.groups[i]);
    }
    return result.build();
  }

  private static double distance(double[] a, double[] b) {
    return Math.sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]));
  }

  /** A mesh under construction. */
  private static final class Growing {
    private final List<double[]> vertices = new ArrayList<>();
    private final List<int[]> triangles = new ArrayList<>();

    int count() {
      return vertices.size();
    }

    int vertex(double[] p, double[] n, double u, double v) {
      vertices.add(new double[] {p[0], p[1], p[2], n[0], n[1], n[2], u, v});
      return vertices.size() - 1;
    }

    void triangle(int a, int b, int c, int group) {
      triangles.add(new int[] {a, b, c, group});
    }

    void quad(int a, int b, int c, int d, int group) {
      triangle(a, b, c, group);
      triangle(a, c, d, group);
    }

    Mesh build() {
      float[] p = new float[3 * vertices.size()];
      float[] n = new float[3 * vertices.size()];
      float[] t = new float[2 * vertices.size()];
      for (int i = 0; i < vertices.size(); i++) {
        double[] v = vertices.get(i);
        for (int j = 0; j < 3; j++) {
          p[3 * i + j] = (float) v[j];
          n[3 * i + j] = (float) v[3 + j];
        }
        t[2 * i] = (float) v[6];
        t[2 * i + 1] = (float) v[7];
      }
      int[] index = new int[3 * triangles.size()];
      byte[] group = new byte[triangles.size()];
      for (int i = 0; i < group.length; i++) {
        int[] k = triangles.get(i);
        System.arraycopy(k, 0, index, 3 * i, 3);
        group[i] = (byte) k[3];
      }
      return new Mesh(p, n, t, index, group);
    }
  }
}
