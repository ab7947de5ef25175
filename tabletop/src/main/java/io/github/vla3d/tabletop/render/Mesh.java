package io.github.vla3d.tabletop.render;

import java.util.List;

/**
 * A closed surface of triangles, counter-clockwise seen from outside. Immutable.
 *
 * <p>Each triangle belongs to a group, within which shading is smooth: where groups meet, the
 * picture has an edge.
 */
public final class Mesh {
  final float[] positions;
  final float[] normals;
  final float[] uvs;
  final int[] triangles;
  final byte[] groups;
  final float radius;

  /** Whether the corners of every triangle have one normal. */
  final boolean flat;

  /**
   * @param positions three numbers a vertex, metres
   * @param normals three numbers a vertex, unit
   * @param uvs two numbers a vertex
   * @param triangles three vertices each
   * @param groups one number a triangle, 0 to 63
   */
  Mesh(float[] positions, float[] normals, float[] uvs, int[] triangles, byte[] groups) {
    this.positions = positions;
    this.normals = normals;
    this.uvs = uvs;
    this.triangles = triangles;
    this.groups = groups;
    float most = 0;
    for (int i = 0; i < positions.length; i += 3) {
      most =
          Math.max(
              most,
              positions[i] * positions[i]
                  + positions[i + 1] * positions[i + 1]
                  + positions[i + 2] * positions[i + 2]);
    }
    this.radius = (float) Math.sqrt(most);
    this.flat = isFlat();
  }

  private boolean isFlat() {
    for (int k = 0; k < triangles.length; k++) {
      int a = 3 * triangles[k - k % 3];
      int b = 3 * triangles[k];
      for (int i = 0; i < 3; i++) {
        if (normals[a + i] != normals[b + i]) {
          return false;
        }
      }
    }
    return true;
  }

  int vertices() {
    return positions.length / 3;
  }

  /** Triangles. */
  public int size() {
    return groups.length;
  }

  /** Corner 0, 1 or 2 of a triangle: x, y, z in metres. */
  public double[] corner(int triangle, int corner) {
    int v = 3 * triangles[3 * triangle + corner];
    return new double[] {positions[v], positions[v + 1], positions[v + 2]};
  }

  /** One mesh of several; their groups stay apart. */
  public static Mesh join(List<Mesh> meshes) {
    int vertices = meshes.stream().mapToInt(Mesh::vertices).sum();
    int triangles = meshes.stream().mapToInt(Mesh::size).sum();
    float[] p = new float[3 * vertices];
    float[] n = new float[3 * vertices];
    float[] t = new float[2 * vertices];
    int[] index = new int[3 * triangles];
    byte[] group = new byte[triangles];
    int v = 0;
    int k = 0;
    int g = 0;
    for (Mesh mesh : meshes) {
      System.arraycopy(mesh.positions, 0, p, 3 * v, mesh.positions.length);
      System.arraycopy(mesh.normals, 0, n, 3 * v, mesh.normals.length);
      System.arraycopy(mesh.uvs, 0, t, 2 * v, mesh.uvs.length);
      int most = 0;
      for (int i = 0; i < mesh.size(); i++) {
        group[k + i] = (byte) ((g + mesh.groups[i]) & 63);
        most = Math.max(most, mesh.groups[i] + 1);
        for (int c = 0; c < 3; c++) {
          index[3 * (k + i) + c] = v + mesh.triangles[3 * i + c];
        }
      }
      v += mesh.vertices();
      k += mesh.size();
      g += most;
    }
    return new Mesh(p, n, t, index, group);
  }
}
