package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.policy.PolicyException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CameraMapTest {
  private static Observation views(String... names) {
    View[] views =
        Arrays.stream(names)
            .map(name -> Golden.view(name, RgbImage.owning(1, 1, new byte[3])))
            .toArray(View[]::new);
    return Golden.observation("x", new float[0], views);
  }

  private static String assigned(CameraMap map, String... views) {
    return map.assign(views(views)).entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue().name())
        .collect(Collectors.joining(" "));
  }

  private static CameraMap map(String cameras) {
    return new CameraMap(List.of(cameras.split(" ")), List.of(), Map.of(), Map.of());
  }

  @ParameterizedTest
  @CsvSource({
    "front wrist, wrist front, front=front wrist=wrist",
    "observation.images.image observation.images.image2, agentview wrist,"
        + " observation.images.image=agentview observation.images.image2=wrist",
    "observation.images.image observation.images.image2 observation.images.empty_camera_0,"
        + " eye_in_hand agentview,"
        + " observation.images.image=agentview observation.images.image2=eye_in_hand",
    "base_0_rgb left_wrist_0_rgb, image wrist_image, base_0_rgb=image left_wrist_0_rgb=wrist_image",
    "base_0_rgb left_wrist_0_rgb right_wrist_0_rgb, cam_right_wrist cam_left_wrist cam_high,"
        + " base_0_rgb=cam_high left_wrist_0_rgb=cam_left_wrist right_wrist_0_rgb=cam_right_wrist",
    "base_0_rgb left_wrist_0_rgb, agentview, base_0_rgb=agentview",
    "image, image wrist, image=image",
  })
  void viewsAreFoundByTheirNames(String cameras, String views, String wanted) {
    assertThat(assigned(map(cameras), views.split(" "))).isEqualTo(wanted);
  }

  @ParameterizedTest
  @CsvSource({
    "image image2, left right, 'wanted a view for each of [image, image2], got views [left, right]'",
    "image image2, agentview side, 'wanted a view for each of [image2]'",
    "image image2, agentview front, 'of which [agentview, front] might be any'",
  })
  void whatIsNotClearIsAnError(String cameras, String views, String message) {
    assertThatThrownBy(() -> assigned(map(cameras), views.split(" ")))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining(message);
  }

  @Test
  void theCheckpointsOwnRenamingCounts() {
    CameraMap map =
        new CameraMap(
            List.of("observation.images.base_0_rgb"),
            List.of(),
            Map.of(),
            Map.of("observation.images.left", "observation.images.base_0_rgb"));
    assertThat(assigned(map, "left")).isEqualTo("observation.images.base_0_rgb=left");
  }

  @Test
  void whatIsGivenCountsAlone() {
    CameraMap map =
        new CameraMap(List.of("image", "image2"), List.of(), Map.of("image", "wrist"), Map.of());
    assertThat(assigned(map, "image", "wrist", "image2")).isEqualTo("image=wrist");
    assertThatThrownBy(() -> assigned(map, "image"))
        .hasMessage("camera 'image': wanted a view 'wrist', got [image]");
  }

  @Test
  void aRequiredCameraIsMissed() {
    CameraMap map =
        new CameraMap(
            List.of("base_0_rgb", "left_wrist_0_rgb"),
            List.of("base_0_rgb", "left_wrist_0_rgb"),
            Map.of(),
            Map.of());
    assertThatThrownBy(() -> assigned(map, "agentview"))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("wanted [base_0_rgb, left_wrist_0_rgb], got views [agentview]");
  }
}
