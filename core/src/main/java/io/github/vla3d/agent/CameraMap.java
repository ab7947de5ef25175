package io.github.vla3d.agent;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.policy.PolicyException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which view of an observation a policy gets as which camera. Given, or found: first by the same
 * name, then by what data sets and robots call the same place.
 */
final class CameraMap {
  /** What the cameras of LIBERO, DROID, ALOHA and of their copies are called; a row, a place. */
  private static final List<Set<String>> PLACES =
      List.of(
          Set.of(
              "agentview",
              "agentview_image",
              "agentview_rgb",
              "image",
              "base",
              "base_0_rgb",
              "exterior_image_1_left",
              "cam_high",
              "front",
              "top"),
          Set.of(
              "wrist",
              "wrist_image",
              "image2",
              "eye_in_hand",
              "eye_in_hand_rgb",
              "robot0_eye_in_hand",
              "robot0_eye_in_hand_image",
              "left_wrist_0_rgb",
              "wrist_image_left",
              "cam_left_wrist"),
          Set.of("right_wrist_0_rgb", "cam_right_wrist"));

  /** Cameras of LeRobot that are declared to stay empty. */
  private static final String EMPTY = "empty_camera_";

  private final List<String> cameras;
  private final Set<String> required;
  private final Map<String, String> given;
  private final Map<String, String> synonyms;

  /**
   * @param cameras of the policy, in its order
   * @param required those that must be there
   * @param given views by cameras; empty: find them
   * @param synonyms other names that the checkpoint itself has for cameras: cameras by names
   */
  CameraMap(
      List<String> cameras,
      List<String> required,
      Map<String, String> given,
      Map<String, String> synonyms) {
    this.cameras = cameras;
    this.required = new LinkedHashSet<>(required);
    this.given = given;
    this.synonyms = synonyms;
    for (String camera : given.keySet()) {
      if (!cameras.contains(camera)) {
        throw new PolicyException(
            "camera mapping: wanted cameras of the policy, some of %s, got '%s'"
                .formatted(cameras, camera));
      }
    }
  }

  /**
   * The views by the policy's names, in its order.
   *
   * @throws PolicyException if a view or a camera is missing, or it is not clear which is which
   */
  Map<String, View> assign(Observation observation) {
    Map<String, View> assigned =
        given.isEmpty() ? found(observation.views()) : asGiven(observation);
    if (assigned.isEmpty() || !assigned.keySet().containsAll(required)) {
      throw new PolicyException(
          "cameras: wanted %s, got views %s%s"
              .formatted(
                  required.isEmpty() ? "at least one of " + cameras : required,
                  names(observation.views()),
                  given.isEmpty()
                      ? ": name the view of each camera (camera mapping)"
                      : ", mapped by " + given));
    }
    return assigned;
  }

  private Map<String, View> asGiven(Observation observation) {
    Map<String, View> assigned = new LinkedHashMap<>();
    for (String camera : cameras) {
      @Nullable String name = given.get(camera);
      if (name != null) {
        Optional<View> view = observation.view(name);
        assigned.put(
            camera,
            view.orElseThrow(
                () ->
                    new PolicyException(
                        "camera '%s': wanted a view '%s', got %s"
                            .formatted(camera, name, names(observation.views())))));
      }
    }
    return assigned;
  }

  private Map<String, View> found(List<View> views) {
    Map<String, View> byCamera = new LinkedHashMap<>();
    List<View> left = new ArrayList<>(views);
    for (View view : views) {
      for (String camera : cameras) {
        boolean named =
            camera.equals(view.name())
                || last(camera).equals(last(view.name()))
                || camera.equals(synonym(view.name()));
        if (named && left.contains(view) && !byCamera.containsKey(camera)) {
          byCamera.put(camera, view);
          left.remove(view);
        }
      }
    }
    for (Set<String> place : PLACES) {
      List<String> wanted =
          cameras.stream()
              .filter(camera -> !byCamera.containsKey(camera) && place.contains(last(camera)))
              .toList();
      List<View> there = left.stream().filter(view -> place.contains(last(view.name()))).toList();
      if (wanted.size() == 1 && there.size() == 1) {
        byCamera.put(wanted.get(0), there.get(0));
        left.remove(there.get(0));
      }
    }
    List<String> open =
        cameras.stream()
            .filter(camera -> !byCamera.containsKey(camera) && !last(camera).startsWith(EMPTY))
            .toList();
    if (!open.isEmpty() && !left.isEmpty()) {
      throw new PolicyException(
          "cameras: wanted a view for each of %s, got views %s, of which %s might be any: name the view of each camera (camera mapping)"
              .formatted(open, names(views), names(left)));
    }
    Map<String, View> ordered = new LinkedHashMap<>();
    for (String camera : cameras) {
      @Nullable View view = byCamera.get(camera);
      if (view != null) {
        ordered.put(camera, view);
      }
    }
    return ordered;
  }

  private @Nullable String synonym(String view) {
    @Nullable String camera = synonyms.get(view);
    return camera == null ? synonyms.get(LerobotProcessors.feature(view)) : camera;
  }

  /** A name without the part that says that it is a picture. */
  private static String last(String name) {
    return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1);
  }

  private static List<String> names(List<View> views) {
    return views.stream().map(View::name).toList();
  }
}
