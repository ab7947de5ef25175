package io.github.vla3d.datasets.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.Tiny;
import java.awt.Color;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class ViewTest {
  @Test
  void aSheetShowsColourAboveDepthForEveryCamera() {
    try (Dataset dataset = Datasets.open(Tiny.of("robotwin/legacy"))) {
      BufferedImage sheet = ContactSheet.render(dataset.episode(0), 3, 64);
      assertThat(sheet.getWidth()).isEqualTo(3 * 68 + 4);
      // Two cameras of 4:3, colour and depth each.
      assertThat(sheet.getHeight()).isEqualTo(22 + 4 * (48 + 4));
      Color table = new Color(sheet.getRGB(10, 22 + 40));
      assertThat(table.getRed()).isGreaterThan(2 * table.getBlue());
    }
  }

  @Test
  void aCloudIsTheSameSceneFromElsewhere() {
    try (Dataset dataset = Datasets.open(Tiny.of("robotwin/legacy"))) {
      var observation = dataset.episode(0).observation(0);
      BufferedImage cloud =
          CloudPicture.render(observation, new CloudPicture.Viewpoint(-1.57, 0.9, 0.6), 120, 90);
      int red = 0;
      int blue = 0;
      for (int i = 0; i < 120 * 90; i++) {
        Color at = new Color(cloud.getRGB(i % 120, i / 120));
        red += at.getRed() > 150 ? 1 : 0;
        blue += at.getBlue() > 150 ? 1 : 0;
      }
      assertThat(red).isGreaterThan(1500);
      assertThat(blue).isBetween(100, red);
    }
  }

  @Test
  void aCloudNeedsDepth() {
    try (Dataset dataset = Datasets.open(Tiny.of("lerobot_v3"))) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  CloudPicture.render(
                      dataset.episode(0).observation(0), CloudPicture.Viewpoint.DEFAULT, 60, 40))
          .withMessageContaining("wanted a view with depth and camera");
    }
  }
}
