package io.github.vla3d.scene.conformance;

import io.github.vla3d.geometry.Clouds;
import io.github.vla3d.geometry.KdTree;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Tolerance;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Farthest points, and distances between clouds. */
final class CloudParts {
  private static final Tolerance DISTANCE = Tolerance.of(1e-4, 1e-6);
  private static final Pattern SCORE = Pattern.compile("(cd\\d+)\\.fscore_([0-9.]+)");

  private final ComponentFile file;

  CloudParts(ComponentFile file) {
    this.file = file;
  }

  void verify() {
    for (String name : file.names()) {
      if (name.matches("fps\\d+\\.points")) {
        String picks = name.replace("points", "idx");
        int count = (int) file.input(picks).numel();
        int[] got = Clouds.farthestPoints(cloud(file.input(name)), count, 0);
        long[] wide = Arrays.stream(got).asLongStream().toArray();
        file.compare(picks, Tensors.of(wide, count), Tolerance.EXACT);
      }
      Matcher score = SCORE.matcher(name);
      if (score.matches()) {
        chamfer(score.group(1) + ".", name, Double.parseDouble(score.group(2)));
      }
    }
  }

  private static PointCloud cloud(Tensor points) {
    return PointCloud.of(points.toFloats());
  }

  private void chamfer(String name, String score, double threshold) {
    Tensor a = file.input(name + "a");
    Tensor b = file.input(name + "b");
    int batch = (int) a.size(0);
    double[] l1 = new double[batch];
    double[] l2 = new double[batch];
    double[] there = new double[batch];
    double[] back = new double[batch];
    double[] both = new double[batch];
    Tensor[] squared = new Tensor[2 * batch];
    Tensor[] nearest = new Tensor[2 * batch];
    for (int i = 0; i < batch; i++) {
      PointCloud one = cloud(a.select(0, i));
      PointCloud other = cloud(b.select(0, i));
      Clouds.Chamfer chamfer = Clouds.chamfer(one, other);
      l1[i] = chamfer.l1();
      l2[i] = chamfer.l2();
      double[] forward = Clouds.squaredDistances(one, other);
      double[] backward = Clouds.squaredDistances(other, one);
      squared[i] = Tensors.of(forward, forward.length);
      squared[batch + i] = Tensors.of(backward, backward.length);
      nearest[i] = nearest(one, other);
      nearest[batch + i] = nearest(other, one);
      there[i] = within(forward, threshold);
      back[i] = within(backward, threshold);
      double sum = there[i] + back[i];
      both[i] = sum == 0 ? 0 : 2 * there[i] * back[i] / sum;
    }
    compare(name + "cd_p", l1);
    compare(name + "cd_t", l2);
    compare(name + "precision1", there);
    compare(name + "precision2", back);
    compare(score, both);
    file.compare(name + "dist1_a_to_b", Tensors.stack(0, Arrays.copyOf(squared, batch)), DISTANCE);
    file.compare(
        name + "dist2_b_to_a",
        Tensors.stack(0, Arrays.copyOfRange(squared, batch, 2 * batch)),
        DISTANCE);
    file.compare(name + "idx1", Tensors.stack(0, Arrays.copyOf(nearest, batch)), Tolerance.EXACT);
    file.compare(
        name + "idx2",
        Tensors.stack(0, Arrays.copyOfRange(nearest, batch, 2 * batch)),
        Tolerance.EXACT);
    gradient(name, a, b);
  }

  private void compare(String name, double[] values) {
    file.compare(name, Tensors.of(values, values.length), DISTANCE);
  }

  private static Tensor nearest(PointCloud from, PointCloud to) {
    KdTree tree = new KdTree(to);
    int[] index = new int[from.size()];
    for (int i = 0; i < index.length; i++) {
      index[i] = tree.nearest(from.get(i));
    }
    return Tensors.of(index, index.length);
  }

  private static double within(double[] squared, double threshold) {
    return Arrays.stream(squared).filter(value -> value < threshold).count()
        / (double) squared.length;
  }

  /** Of the sum of cd_p over the batch, by the first cloud. */
  private void gradient(String name, Tensor a, Tensor b) {
    Tensor points = a.to(DType.F64).copy().requiresGrad_(true);
    Tensor all =
        points.unsqueeze(2).sub(b.to(DType.F64).unsqueeze(1)).square().sum(false, -1); // [B, n, m]
    Tensor there = all.amin(false, 2).sqrt().mean(false, 1);
    Tensor back = all.amin(false, 1).sqrt().mean(false, 1);
    there.add(back).mul(0.5).sum().backward();
    file.compareGradient(name + "grad_a_of_cd_p", points.grad(), DISTANCE);
  }
}
