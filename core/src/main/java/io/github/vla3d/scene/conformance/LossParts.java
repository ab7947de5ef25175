package io.github.vla3d.scene.conformance;

import io.github.vla3d.scene.instance.Boxes;
import io.github.vla3d.scene.instance.DetectionLosses;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Tolerance;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Focal, box and mask losses. Divisors stand in the names of the results. */
final class LossParts {
  private static final Tolerance VALUE = Tolerance.of(1e-5, 1e-6);
  private static final Tolerance GRADIENT = Tolerance.of(1e-4, 1e-6);
  private static final Pattern LOSS =
      Pattern.compile("(.*)\\.loss_(?:noalpha_gamma([0-9.]+)_)?num(\\d+)");

  private final ComponentFile file;

  LossParts(ComponentFile file) {
    this.file = file;
  }

  void verify() {
    for (String name : file.names()) {
      Matcher loss = LOSS.matcher(name);
      if (loss.matches()) {
        loss(name, loss.group(1), loss.group(2), Double.parseDouble(loss.group(3)));
      }
    }
    boxes();
    Tensor masks = file.input("batch_cost.pred").unsqueeze(1);
    Tensor wanted = file.input("batch_cost.targets").unsqueeze(0);
    long[] all = {masks.size(0), wanted.size(1), masks.size(2)};
    file.compare("batch_cost.dice", DetectionLosses.dice(masks, wanted), VALUE);
    file.compare(
        "batch_cost.sigmoid_ce",
        DetectionLosses.maskCrossEntropy(masks.expand(all), wanted.expand(all)),
        VALUE);
    file.compare("masks_to_boxes.out", boxesOf(file.input("masks_to_boxes.in")), VALUE);
    Tensor grid = file.input("point_sample.coords").mul(2).sub(1).unsqueeze(2);
    file.compare(
        "point_sample.out",
        Functional.gridSample(file.input("point_sample.map"), grid).squeeze(-1),
        VALUE);
    file.compare("uncertainty.out", file.input("uncertainty.in").abs().neg(), VALUE);
  }

  private void loss(String name, String kind, @Nullable String gamma, double divisor) {
    boolean focal = kind.startsWith("focal");
    Tensor logits = file.leaf(focal ? "focal.logits" : "mask.logits");
    Tensor targets = file.input(focal ? "focal.targets" : "mask.targets");
    UnaryOperator<Tensor> function =
        switch (kind) {
          case "focal", "focal_maskdino" ->
              gamma == null
                  ? x -> DetectionLosses.focal(x, targets).mean(false, 1)
                  : x ->
                      DetectionLosses.focusedCrossEntropy(x, targets, Double.parseDouble(gamma))
                          .mean(false, 1);
          case "dice_detr", "dice_maskdino" -> x -> DetectionLosses.dice(x, targets);
          case "mask_ce_maskdino" -> x -> DetectionLosses.maskCrossEntropy(x, targets);
          default -> x -> x.mul(Double.NaN); // an unknown loss fails
        };
    Tensor value = function.apply(logits).sum().div(divisor);
    file.compare(name, value.detach(), VALUE);
    String gradient = kind + (gamma == null ? ".grad" : ".grad_noalpha");
    if (file.has(gradient)) {
      value.backward();
      file.compareGradient(gradient, logits.grad(), GRADIENT);
    }
  }

  private void boxes() {
    Tensor first = file.input("box.b1_cxcywh");
    Tensor second = file.input("box.b2_cxcywh");
    file.compare("box.b1_xyxy", Boxes.corners(first), VALUE);
    file.compare("box.b2_xyxy", Boxes.corners(second), VALUE);
    file.compare("box.back_cxcywh", Boxes.centres(file.input("box.b1_xyxy")), VALUE);
    Tensor a = file.leaf("box.b1_xyxy");
    Tensor rows = a.unsqueeze(1);
    Tensor columns = file.input("box.b2_xyxy").unsqueeze(0);
    Tensor giou = Boxes.giou(rows, columns);
    file.compare("box.union", Boxes.union(rows, columns).detach(), VALUE);
    file.compare("box.iou", Boxes.iou(rows, columns).detach(), VALUE);
    file.compare("box.giou", giou.detach(), VALUE);
    giou.neg().add(1).sum().backward();
    file.compareGradient("box.grad_b1_xyxy_of_sum_1_minus_giou", a.grad(), GRADIENT);
  }

  /** The first and last column and row of masks [n, h, w], as (left, top, right, bottom). */
  private static Tensor boxesOf(Tensor masks) {
    Tensor inside = masks.ne(0);
    Tensor across = inside.any(false, 1); // [n, w]
    Tensor down = inside.any(false, 2);
    return Tensors.stack(
        1, end(across, false), end(down, false), end(across, true), end(down, true));
  }

  private static Tensor end(Tensor occupied, boolean last) {
    Tensor places =
        Tensors.arange(0, (double) occupied.size(1), 1, DType.F32, Device.CPU)
            .expand(occupied.shape());
    return last
        ? places.maskedFill(occupied.not(), Double.NEGATIVE_INFINITY).amax(false, 1)
        : places.maskedFill(occupied.not(), Double.POSITIVE_INFINITY).amin(false, 1);
  }
}
