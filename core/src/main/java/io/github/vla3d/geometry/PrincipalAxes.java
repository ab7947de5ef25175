package io.github.vla3d.geometry;

import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.EigenDecompositionSymmetric;
import org.hipparchus.linear.RealVector;

/**
 * Directions of largest, middle and smallest variance of points about their mean.
 *
 * @param variance along each axis, descending
 */
record PrincipalAxes(Vector3 mean, Vector3 first, Vector3 second, Vector3 third, Vector3 variance) {
  static PrincipalAxes of(PointCloud cloud, int[] indices) {
    if (indices.length < 3) {
      throw new GeometryException(
          "principal axes: wanted at least 3 points, got " + indices.length);
    }
    double[] xyz = cloud.coordinates();
    double[] mean = new double[3];
    for (int i : indices) {
      for (int a = 0; a < 3; a++) {
        mean[a] += xyz[3 * i + a] / indices.length;
      }
    }
    double[][] covariance = new double[3][3];
    for (int i : indices) {
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
          covariance[a][b] +=
              (xyz[3 * i + a] - mean[a]) * (xyz[3 * i + b] - mean[b]) / indices.length;
        }
      }
    }
    var eigen = new EigenDecompositionSymmetric(new Array2DRowRealMatrix(covariance, false));
    return new PrincipalAxes(
        new Vector3(mean[0], mean[1], mean[2]),
        vector(eigen.getEigenvector(0)),
        vector(eigen.getEigenvector(1)),
        vector(eigen.getEigenvector(2)),
        new Vector3(eigen.getEigenvalue(0), eigen.getEigenvalue(1), eigen.getEigenvalue(2)));
  }

  private static Vector3 vector(RealVector v) {
    return new Vector3(v.getEntry(0), v.getEntry(1), v.getEntry(2)).normalized();
  }
}
