package io.github.vla3d.policy.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.policy.processing.ImageResize;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.List;

/** Resizes. Sizes come from the cases of the manifest, or from the tensors. */
final class ResizeParts {
  private static final Tolerance TORCH = Tolerance.of(0, 1e-6);
  private static final Tolerance JAX = Tolerance.of(0, 1e-5);
  private static final Tolerance ONE_LEVEL = Tolerance.of(0, 1);

  private ResizeParts() {}

  static void lerobot(Fixture fixture, JsonNode entry) {
    String file = "lerobot_resize.safetensors";
    for (JsonNode item : entry.path("cases")) {
      String name = "c" + item.path("case").asInt();
      int height = item.path("out_hw").path(0).asInt();
      int width = item.path("out_hw").path(1).asInt();
      Tensor image = channelsFirst(fixture.input(file, name + ".f32_hwc.in"));
      fixture.compare(
          file,
          name + ".f32_hwc.centered",
          channelsLast(ImageResize.lerobot(image, height, width).image()),
          TORCH);
      for (int border : new int[] {0, -1}) {
        fixture.compare(
            file,
            name + ".f32_chw.left_top_pad" + (border == 0 ? "0" : "m1"),
            ImageResize.lowerRight(image, height, width, border).image(),
            TORCH);
      }
    }
    for (String name : fixture.specs(file).keySet()) {
      if (name.startsWith("big.centered_")) {
        int size = Integer.parseInt(name.substring("big.centered_".length()));
        Tensor big = fixture.input(file, "big.in");
        fixture.compare(file, name, ImageResize.lerobot(big, size, size).image(), TORCH);
      }
    }
  }

  static void pil(Fixture fixture, JsonNode entry) {
    String file = "pil_resize_with_pad.safetensors";
    for (JsonNode item : entry.path("cases")) {
      String name = "c" + item.path("case").asInt();
      int height = item.path("out_hw").path(0).asInt();
      int width = item.path("out_hw").path(1).asInt();
      Tensor image = fixture.input(file, name + ".in");
      fixture.compare(
          file, name + ".out", ImageResize.pil(image, height, width).image(), Tolerance.EXACT);
    }
    TensorSpec wanted = fixture.specs(file).get("batch.out");
    if (wanted != null) {
      List<Long> shape = wanted.shape();
      int height = Math.toIntExact(shape.get(shape.size() - 3));
      int width = Math.toIntExact(shape.get(shape.size() - 2));
      Tensor batch = fixture.input(file, "batch.in");
      fixture.compare(
          file, "batch.out", ImageResize.pil(batch, height, width).image(), Tolerance.EXACT);
    }
    if (fixture.specs(file).containsKey("convert_to_uint8.out")) {
      Tensor floats = fixture.input(file, "convert_to_uint8.in");
      fixture.compare(
          file, "convert_to_uint8.out", ImageResize.toBytes("image", floats), Tolerance.EXACT);
    }
  }

  static void openpi(Fixture fixture, JsonNode entry) {
    String file = "openpi_inmodel_resize.safetensors";
    for (JsonNode item : entry.path("cases")) {
      String name = "c" + item.path("case").asInt();
      int height = item.path("out_hw").path(0).asInt();
      int width = item.path("out_hw").path(1).asInt();
      Tensor image = fixture.input(file, name + ".f32.in");
      Tensor torch = ImageResize.openpiTorch(channelsFirst(image), height, width).image();
      fixture.compare(file, name + ".f32.torch_out", channelsLast(torch), TORCH);
      fixture.compare(file, name + ".f32.torch_out_chw", torch, TORCH);
      fixture.compare(
          file, name + ".f32.jax_out", ImageResize.openpiJax(image, height, width).image(), JAX);
      Tensor bytes = fixture.input(file, name + ".u8.in");
      fixture.compare(
          file,
          name + ".u8.jax_out",
          ImageResize.openpiJax(bytes, height, width).image(),
          ONE_LEVEL);
    }
  }

  private static Tensor channelsFirst(Tensor image) {
    return image.permute(0, 3, 1, 2);
  }

  private static Tensor channelsLast(Tensor image) {
    return image.permute(0, 2, 3, 1);
  }
}
