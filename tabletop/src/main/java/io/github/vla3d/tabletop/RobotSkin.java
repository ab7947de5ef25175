package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.render.Material;
import io.github.vla3d.tabletop.render.Mesh;
import io.github.vla3d.tabletop.render.Meshes;
import java.util.List;
import java.util.stream.IntStream;

/** What the robot looks like: surfaces in the frames of base, joints, hand and fingers. */
final class RobotSkin {
  private static final Material SHELL = Material.plain(0xEDEDE8, 0.35);
  private static final Material JOINT = Material.plain(0x3B4148, 0.3);
  private static final Material PAD = Material.plain(0x22262B, 0.2);
  private static final int SEGMENTS = 14;

  private static final List<Surface> BASE = makeBase();
  private static final List<List<Surface>> LINKS =
      IntStream.range(0, 7).mapToObj(RobotSkin::makeLink).toList();
  private static final List<Surface> HAND = makeHand();
  private static final List<Surface> LEFT = makeFinger(1);
  private static final List<Surface> RIGHT = makeFinger(-1);

  private RobotSkin() {}

  /** On the table, in the base's frame. */
  static List<Surface> base() {
    return BASE;
  }

  /** In the frame of a joint, 0 to 6. */
  static List<Surface> link(int joint) {
    return LINKS.get(joint);
  }

  /** In the hand's frame, whose origin is between the finger tips. */
  static List<Surface> hand() {
    return HAND;
  }

  /** In the frame of a finger's pad; the finger is on the side of y. */
  static List<Surface> finger(int side) {
    return side > 0 ? LEFT : RIGHT;
  }

  private static List<Surface> makeBase() {
    double[][] foot = {
      {0, -0.012},
      {0.095, -0.012},
      {0.095, -0.012},
      {0.095, 0.02},
      {0.08, 0.035},
      {0.068, 0.09},
      {0.062, 0.16},
      {0.062, 0.2},
      {0.062, 0.2},
      {0, 0.2}
    };
    return List.of(new Surface(Meshes.lathe(foot, 18), SHELL));
  }

  private static List<Surface> makeLink(int joint) {
    return switch (joint) {
      case 0 -> List.of(rod(0, 0, -0.14, 0, 0, 0, 0.06, SHELL));
      case 1 -> List.of(barrel(0.062, 0.085), rod(0, 0, 0, 0, -0.12, 0, 0.058, SHELL));
      case 2 ->
          List.of(
              rod(0, 0, -0.18, 0, 0, -0.08, 0.056, SHELL),
              rod(0, 0, -0.08, 0.0825, 0, 0, 0.05, SHELL));
      case 3 -> List.of(barrel(0.055, 0.075));
      case 4 ->
          List.of(
              rod(-0, 0, -0.26, 0.0825, 0, -0.384, 0.048, SHELL),
              rod(0, 0, -0.26, 0, 0, -0.05, 0.048, SHELL));
      case 5 -> List.of(barrel(0.05, 0.065), rod(0, 0, 0, 0.088, 0, 0, 0.043, SHELL));
      case 6 ->
          List.of(
              new Surface(Meshes.cylinder(0.044, -0.05, 0.06, SEGMENTS), SHELL),
              new Surface(Meshes.cylinder(0.036, 0.06, 0.107, SEGMENTS), JOINT));
      default -> throw new IllegalArgumentException("joint: wanted 0 to 6, got " + joint);
    };
  }

  private static List<Surface> makeHand() {
    return List.of(
        box(0, 0, 0.03 - 0.097, 0.022, 0.098, 0.022, SHELL),
        box(0, 0, 0.012 - 0.097, 0.022, 0.06, 0.014, SHELL),
        box(0, 0, 0.057 - 0.097, 0.019, 0.09, 0.007, JOINT));
  }

  private static List<Surface> makeFinger(int side) {
    return List.of(
        box(0, 0, 0.004, 0.0105, 0.007, 0.0218, PAD),
        box(0, side * 0.004, -0.02, 0.0105, 0.011, 0.01, JOINT));
  }

  private static Surface barrel(double radius, double half) {
    return new Surface(
        Meshes.capsule(radius, radius * 0.4 - half, half - radius * 0.4, SEGMENTS), JOINT);
  }

  private static Surface rod(
      double x, double y, double z, double a, double b, double c, double radius, Material made) {
    return new Surface(
        Props.rod(new Vector3(x, y, z), new Vector3(a, b, c), radius, SEGMENTS), made);
  }

  private static Surface box(
      double x, double y, double z, double a, double b, double c, Material made) {
    Mesh mesh = Meshes.box(new Vector3(a, b, c));
    return new Surface(Meshes.moved(mesh, RigidTransform.translation(new Vector3(x, y, z))), made);
  }
}
