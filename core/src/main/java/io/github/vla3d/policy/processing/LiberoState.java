package io.github.vla3d.policy.processing;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/** What LIBERO's simulator reports, as policies have learnt it. */
public final class LiberoState {
  private LiberoState() {}

  /**
   * Position, axis times angle, and the two finger positions.
   *
   * @param position F32 [B, 3], metres
   * @param quaternion F32 [B, 4], x y z w
   * @param fingers F32 [B, 2], metres
   * @return F32 [B, 8]
   */
  public static Tensor of(Tensor position, Tensor quaternion, Tensor fingers) {
    require("eef_pos", position, 3);
    require("eef_quat", quaternion, 4);
    require("gripper_qpos", fingers, 2);
    return Scope.tensor(
        () ->
            Tensors.cat(
                -1,
                position.to(DType.F32),
                axisAngle(quaternion.to(DType.F32), 1e-10),
                fingers.to(DType.F32)));
  }

  /**
   * Rotation axis times angle in radians, in [0, 2 pi]: the sign of the quaternion is kept, as the
   * training data has it.
   *
   * @param quaternion floating [B, 4], x y z w
   * @param smallest sines of half the angle up to this one give 0: LeRobot has 1e-10, openpi 0
   * @return [B, 3] of the same type
   */
  public static Tensor axisAngle(Tensor quaternion, double smallest) {
    require("quaternion", quaternion, 4);
    return Scope.tensor(
        () -> {
          Tensor w = quaternion.narrow(-1, 3, 1).clamp(-1, 1);
          Tensor sine = w.mul(w).neg().add(1).clampMin(0).sqrt();
          Tensor none = sine.le(smallest);
          Tensor angle = arccos(w).mul(2);
          return quaternion
              .narrow(-1, 0, 3)
              .div(sine.maskedFill(none, 1))
              .mul(angle)
              .maskedFill(none, 0);
        });
  }

  /** On the host, in the precision of the tensor. */
  private static Tensor arccos(Tensor x) {
    double[] values = x.toDoubles();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.acos(values[i]);
    }
    return Tensors.of(values, x.shape()).to(x.dtype()).to(x.device());
  }

  /**
   * The pictures as the policies know them: the simulator's rows and columns in reverse order.
   *
   * @param image [.., h, w] with the channels before
   */
  public static Tensor rotated(Tensor image) {
    return image.flip(-2, -1);
  }

  private static void require(String name, Tensor x, int size) {
    if (x.dim() != 2 || x.size(1) != size || !x.dtype().isFloating()) {
      throw new ProcessingException(
          "%s: wanted floating numbers [B, %d], got %s".formatted(name, size, x));
    }
  }
}
