package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.scene.instance.Assignment;
import io.github.vla3d.scene.instance.Boxes;
import io.github.vla3d.scene.instance.DetectionLosses;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Assignment problems, and the matchers and the set criterion that are built on them. */
final class MatchingParts {
  private static final Tolerance TOTAL = Tolerance.of(1e-9, 0);
  private static final Tolerance LOSS = Tolerance.of(1e-5, 1e-6);
  private static final Tolerance GRADIENT = Tolerance.of(1e-4, 1e-6);

  private MatchingParts() {}

  /** Pairs by ascending row. */
  private record Pairs(long[] rows, long[] columns) {
    static Pairs of(double[][] cost, int columns) {
      boolean turned = columns > cost.length;
      int[] of = Assignment.solve(turned ? transposed(cost, columns) : cost);
      List<long[]> pairs = new ArrayList<>();
      for (int i = 0; i < of.length; i++) {
        pairs.add(turned ? new long[] {i, of[i]} : new long[] {of[i], i});
      }
      pairs.sort(Comparator.comparingLong(pair -> pair[0]));
      return new Pairs(
          pairs.stream().mapToLong(pair -> pair[0]).toArray(),
          pairs.stream().mapToLong(pair -> pair[1]).toArray());
    }

    private static double[][] transposed(double[][] cost, int columns) {
      double[][] turned = new double[columns][cost.length];
      for (int i = 0; i < cost.length; i++) {
        for (int j = 0; j < columns; j++) {
          turned[j][i] = cost[i][j];
        }
      }
      return turned;
    }

    double total(double[][] cost) {
      double sum = 0;
      for (int i = 0; i < rows.length; i++) {
        sum += cost[(int) rows[i]][(int) columns[i]];
      }
      return sum;
    }

    void compare(ComponentFile file, String row, String column) {
      file.compare(row, Tensors.of(rows, rows.length), Tolerance.EXACT);
      file.compare(column, Tensors.of(columns, columns.length), Tolerance.EXACT);
    }
  }

  private static double[][] matrix(Tensor cost) {
    int rows = (int) cost.size(0);
    int columns = (int) cost.size(1);
    double[] flat = cost.toDoubles();
    double[][] matrix = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(flat, i * columns, matrix[i], 0, columns);
    }
    return matrix;
  }

  static void problems(ComponentFile file, JsonNode entry) {
    for (JsonNode problem : entry.required("cases")) {
      String name = "m" + problem.required("i").asInt() + ".";
      Tensor cost = file.input(name + "cost");
      double[][] matrix = matrix(cost);
      Pairs got = Pairs.of(matrix, (int) cost.size(1));
      file.fixture()
          .compare(
              file.name() + "#" + name + "total",
              problem.required("total").asDouble(),
              got.total(matrix),
              TOTAL);
      if (problem.required("unique_optimum_likely").asBoolean()) {
        got.compare(file, name + "row", name + "col");
      } else {
        // Another optimum is as good: theirs must cost as much as ours, and pair as many.
        Pairs theirs =
            new Pairs(file.input(name + "row").toLongs(), file.input(name + "col").toLongs());
        file.fixture()
            .compareEqual(file.name() + "#" + name + "pairs", theirs.rows.length, got.rows.length);
        file.fixture()
            .compare(
                file.name() + "#" + name + "theirs",
                theirs.total(matrix),
                got.total(matrix),
                Tolerance.of(1e-9, 1e-12));
      }
    }
  }

  static void matchers(ComponentFile file) {
    Tensor logits = file.leaf("logits");
    Tensor boxes = file.leaf("boxes");
    List<Pairs> pairs = new ArrayList<>();
    for (int b = 0; b < logits.size(0); b++) {
      Tensor labels = file.input("target" + b + ".labels");
      Tensor wanted = file.input("target" + b + ".boxes");
      Tensor cls = DetectionLosses.focalCost(logits.detach().select(0, b)).indexSelect(1, labels);
      Tensor own = boxes.detach().select(0, b);
      Tensor l1 = own.unsqueeze(1).sub(wanted.unsqueeze(0)).abs().sum(false, -1);
      Tensor giou = DetectionLosses.pairwiseGiou(own, wanted).neg();
      Tensor detr = cls.mul(2).add(l1.mul(5)).add(giou.mul(2));
      Pairs matched = Pairs.of(matrix(detr), (int) labels.numel());
      matched.compare(file, "detr.idx" + b + ".row", "detr.idx" + b + ".col");
      pairs.add(matched);

      Tensor points = file.input("maskdino.points" + b);
      Tensor masks = sampled(file.input("pred_masks").select(0, b), points).unsqueeze(1);
      Tensor wantedMasks = sampled(file.input("target" + b + ".masks"), points).unsqueeze(0);
      Tensor dino =
          cls.mul(4)
              .add(l1.mul(5))
              .add(giou.mul(2))
              .add(maskCost(masks, wantedMasks).mul(5))
              .add(DetectionLosses.dice(masks, wantedMasks).mul(5));
      Pairs.of(matrix(dino), (int) labels.numel())
          .compare(file, "maskdino.idx" + b + ".row", "maskdino.idx" + b + ".col");
    }
    criterion(file, logits, boxes, pairs);
  }

  private static Tensor maskCost(Tensor masks, Tensor wanted) {
    long n = masks.size(0);
    long m = wanted.size(1);
    long p = masks.size(2);
    return DetectionLosses.maskCrossEntropy(masks.expand(n, m, p), wanted.expand(n, m, p));
  }

  /** Masks [n, h, w] at points [1, p, 2] of (x, y) in [0, 1]: [n, p]. */
  private static Tensor sampled(Tensor masks, Tensor points) {
    if (masks.size(0) == 0) {
      return Tensors.zeros(0, points.size(1));
    }
    Tensor grid = points.mul(2).sub(1).unsqueeze(1); // [1, 1, p, 2]
    return Functional.gridSample(masks.unsqueeze(0), grid).select(0, 0).select(1, 0);
  }

  private static void criterion(
      ComponentFile file, Tensor logits, Tensor boxes, List<Pairs> pairs) {
    Tensor isClass = Tensors.zeros(logits.shape());
    Tensor l1 = Tensors.zeros();
    Tensor giou = Tensors.zeros();
    long n = 0;
    long right = 0;
    for (int b = 0; b < pairs.size(); b++) {
      Pairs matched = pairs.get(b);
      long[] labels = file.input("target" + b + ".labels").toLongs();
      Tensor wanted = file.input("target" + b + ".boxes");
      long[] best = logits.detach().select(0, b).argmax(-1, false).toLongs();
      for (int i = 0; i < matched.rows.length; i++, n++) {
        long probe = matched.rows[i];
        long target = matched.columns[i];
        long label = labels[(int) target];
        isClass.select(0, b).select(0, probe).select(0, label).fill_(1);
        right += best[(int) probe] == label ? 1 : 0;
        Tensor own = boxes.select(0, b).select(0, probe);
        Tensor to = wanted.select(0, target);
        l1 = l1.add(own.sub(to).abs().sum());
        giou = giou.add(Boxes.giou(Boxes.corners(own), Boxes.corners(to)).neg().add(1));
      }
    }
    double divisor = Math.max(1, n);
    Tensor ce = DetectionLosses.focal(logits, isClass).sum().div(divisor);
    l1 = l1.div(divisor);
    giou = giou.div(divisor);
    Tensor total = ce.mul(2).add(l1.mul(5)).add(giou.mul(2));
    file.compare("criterion.loss_ce", ce.detach(), LOSS);
    file.compare("criterion.loss_bbox", l1.detach(), LOSS);
    file.compare("criterion.loss_giou", giou.detach(), LOSS);
    file.compare("criterion.total_2_5_2", total.detach(), LOSS);
    file.compare(
        "criterion.class_error", Tensors.scalar(100 - 100.0 * right / n).to(DType.F32), LOSS);
    total.backward();
    file.compareGradient("criterion.grad_logits", logits.grad(), GRADIENT);
    file.compareGradient("criterion.grad_boxes", boxes.grad(), GRADIENT);
  }
}
