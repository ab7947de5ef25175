package io.github.vla3d.tabletop;

import java.util.List;
import java.util.Locale;

/** What is changed in a perturbed episode: LIBERO-Plus's seven, and occlusion. */
public enum Dimension {
  /** The scene camera: orbit, distance, turn in place, focal length. */
  CAMERA("orbit", "distance", "turn", "focal"),
  /** The arm's first joint angles, by 0.1 rad (L2) a severity. */
  ROBOT(""),
  /** The words. */
  LANGUAGE(""),
  /** The lamp. */
  LIGHT(""),
  /** Surfaces of table and walls. */
  BACKGROUND(""),
  /**
   * The scene camera's picture (LIBERO-Plus's five), and, as our addition, depth and calibration.
   */
  NOISE("motion", "gaussian", "zoom", "fog", "glass", "depth", "calibration"),
  /** Where things begin, and more things. */
  LAYOUT("moved", "added"),
  /** A screen hides 30, 50, 70, 90 % of the target from the scene camera: severities 1 to 4. */
  OCCLUSION("");

  private final List<String> kinds;

  Dimension(String... kinds) {
    this.kinds = List.of(kinds);
  }

  /** Kinds within it; one empty name if there is only one. */
  public List<String> kinds() {
    return kinds;
  }

  /** Largest severity. */
  public int severities() {
    return this == OCCLUSION ? 4 : 5;
  }

  /** As in names of episodes. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
