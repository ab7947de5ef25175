package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.policy.processing.ImageResize;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.policy.processing.Resized;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A camera as pi0 and pi0.5 of LeRobot take it. */
public final class CameraInputs {
  /** Which LeRobot a policy was trained with. */
  public enum Resize {
    /** {@link ImageResize#lerobot}. */
    CURRENT,
    /** {@link ImageResize#lerobot044}. */
    UNTIL_044
  }

  /**
   * @param name of the feature
   * @param image F32 [B, 3, h, w] in [-1, 1]; -1 where the camera is missing
   * @param present BOOL [B]
   * @param transform from the camera's pixels to those of the image; empty for a missing camera
   */
  public record CameraInput(
      String name, Tensor image, Tensor present, Optional<ImageTransform> transform) {}

  private CameraInputs() {}

  /**
   * Resizes, scales to [-1, 1] and fills up.
   *
   * @param observation with pictures F32 [B, 3, h, w] or [B, h, w, 3] in [0, 1]; other entries and
   *     cameras that are not declared are ignored
   * @param declared names of the cameras' features, in the order of the configuration
   * @return the cameras that are there in this order, then those that are missing
   * @throws ProcessingException if none is there, or one is no picture
   */
  public static List<CameraInput> of(
      Map<String, Tensor> observation,
      List<String> declared,
      int height,
      int width,
      Resize resize) {
    Map<String, Tensor> present = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    for (String name : declared) {
      @Nullable Tensor image = observation.get(name);
      if (image == null) {
        missing.add(name);
      } else {
        present.put(name, image);
      }
    }
    if (present.isEmpty()) {
      throw new ProcessingException(
          "cameras: wanted at least one of %s, got %s".formatted(declared, observation.keySet()));
    }
    List<CameraInput> inputs = new ArrayList<>();
    present.forEach((name, image) -> inputs.add(present(name, image, height, width, resize)));
    Tensor like = inputs.get(0).image();
    for (String name : missing) {
      Tensor none = Tensors.full(-1, DType.F32, like.device(), like.shape());
      inputs.add(new CameraInput(name, none, mask(like, false), Optional.empty()));
    }
    return inputs;
  }

  private static CameraInput present(
      String name, Tensor image, int height, int width, Resize resize) {
    if (image.dim() != 4
        || !image.dtype().isFloating()
        || (image.size(1) != 3 && image.size(3) != 3)) {
      throw new ProcessingException(
          "%s: wanted floating [B, 3, h, w] or [B, h, w, 3], got %s".formatted(name, image));
    }
    Tensor first = (image.size(1) == 3 ? image : image.permute(0, 3, 1, 2)).to(DType.F32);
    Resized resized;
    if (first.size(2) == height && first.size(3) == width) {
      resized = new Resized(first, ImageTransform.identity(width, height));
    } else if (resize == Resize.CURRENT) {
      resized = ImageResize.lerobot(first, height, width);
    } else {
      resized = ImageResize.lerobot044(first, height, width);
    }
    Tensor scaled = resized.image().mul(2).sub(1);
    return new CameraInput(name, scaled, mask(scaled, true), Optional.of(resized.transform()));
  }

  private static Tensor mask(Tensor like, boolean present) {
    Device device = like.device();
    return Tensors.full(present ? 1 : 0, DType.BOOL, device, like.size(0));
  }
}
