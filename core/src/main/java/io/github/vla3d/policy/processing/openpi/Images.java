package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.policy.processing.ImageResize;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/** What clients send as a picture. */
final class Images {
  private Images() {}

  /** U8 [h, w, 3] from [h, w, 3] or [3, h, w]. */
  static Tensor parse(Request request, String key) {
    Tensor image = request.get(key);
    return checked(key, image.dim() == 3 && image.size(0) == 3 ? lastChannels(image) : image);
  }

  /** U8 [h, w, 3] from [3, h, w]. */
  static Tensor parseFirstChannels(Request request, String key) {
    Tensor image = request.get(key);
    return checked(key, image.dim() == 3 ? lastChannels(image) : image);
  }

  private static Tensor lastChannels(Tensor image) {
    return image.permute(1, 2, 0).contiguous();
  }

  private static Tensor checked(String key, Tensor image) {
    if (image.dim() != 3 || image.size(2) != 3 || image.numel() == 0) {
      throw new ProcessingException(key + ": wanted a colour picture, got " + image);
    }
    return ImageResize.toBytes(key, image);
  }

  static Tensor black(Tensor like) {
    return Tensors.zeros(DType.U8, Device.CPU, like.shape());
  }
}
