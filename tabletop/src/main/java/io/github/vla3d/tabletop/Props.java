package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Part;
import io.github.vla3d.tabletop.physics.Rotations;
import io.github.vla3d.tabletop.physics.Solid;
import io.github.vla3d.tabletop.render.Material;
import io.github.vla3d.tabletop.render.Mesh;
import io.github.vla3d.tabletop.render.Meshes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The catalogue: every kind of thing by its name. */
final class Props {
  private static final double FRICTION = 0.8;
  private static final int SEGMENTS = 24;
  private static final int ROUND = 6;

  private static final Map<String, Prop> MADE = new ConcurrentHashMap<>();

  private Props() {}

  /**
   * The kind of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Prop get(String kind) {
    return MADE.computeIfAbsent(kind, Props::make);
  }

  private static Prop make(String kind) {
    return switch (kind) {
      case "red block" -> block(kind, 0xC8302B);
      case "green block" -> block(kind, 0x3C9A45);
      case "blue block" -> block(kind, 0x2F62B8);
      case "yellow block" -> block(kind, 0xE3B62C);
      case "tomato can" -> can(kind, 0xC22B25, 0xF4EBD8, 0xE4A11B);
      case "bean can" -> can(kind, 0x2C7A46, 0xF4EBD8, 0x8A4B2A);
      case "corn can" -> can(kind, 0xE8B92F, 0x2C7A46, 0xF6F0DD);
      case "tuna can" -> can(kind, 0x2B67A8, 0xF4EBD8, 0xD8D8D8);
      case "ketchup bottle" -> bottle(kind, 0xB3231F, 0xF4EBD8, 0xC8302B, 0xF0F0EA);
      case "mustard bottle" -> bottle(kind, 0xE0B21E, 0xF4EBD8, 0x8A6A1A, 0xC23A25);
      case "water bottle" -> bottle(kind, 0x5AA7D6, 0xF4F8FA, 0x2F62B8, 0x2F62B8);
      case "black bowl" -> bowl(kind, 0x2B2C30);
      case "white bowl" -> bowl(kind, 0xE9E6DD);
      case "plate" -> plate(kind, 0xF0EEE6, 0x3E6FA8);
      case "red plate" -> plate(kind, 0xD9897C, 0x9E2F28);
      case "red mug" -> mug(kind, 0xC33C31);
      case "blue mug" -> mug(kind, 0x39689F);
      case "white mug" -> mug(kind, 0xE9E6DD);
      case "butter" -> carton(kind, 0xEBC94A, 0x2F62B8, 0xFAF4E0, new Vector3(0.05, 0.021, 0.018));
      case "cream cheese" ->
          carton(kind, 0xE8EDF0, 0x2F62B8, 0x4C9A56, new Vector3(0.048, 0.022, 0.018));
      case "pudding box" ->
          carton(kind, 0x6B3E26, 0xF0E0C0, 0xD9A13B, new Vector3(0.045, 0.02, 0.03));
      case "tea box" -> carton(kind, 0x2F7D5B, 0xF2E6C4, 0xC23A25, new Vector3(0.04, 0.022, 0.03));
      case "basket" -> basket(kind);
      case "cabinet" -> cabinet(kind);
      case "drawer" -> drawer(kind);
      case "chest" -> chest(kind);
      case "lid" -> lid(kind);
      default -> throw new IllegalArgumentException("prop: no such kind: '" + kind + "'");
    };
  }

  private static Prop block(String kind, int colour) {
    double h = 0.022;
    Vector3 half = new Vector3(h, h, h);
    Vector3 centre = new Vector3(0, 0, h);
    return Prop.of(
        kind,
        new Solid(List.of(Part.box(centre, half)), 0.1, FRICTION),
        List.of(new Surface(at(Meshes.box(half), centre), Material.plain(colour, 0.15))),
        new Grip(Grip.Kind.SQUARE, 0.022, 0),
        0,
        2 * h);
  }

  private static Prop carton(String kind, int paper, int band, int mark, Vector3 half) {
    Vector3 centre = new Vector3(0, 0, half.z());
    Material print =
        Material.textured(Patterns.carton(paper, band, mark, 2 * half.x(), 2 * half.y()), 0.1);
    return Prop.of(
        kind,
        new Solid(List.of(Part.box(centre, half)), 0.15, FRICTION),
        List.of(new Surface(at(Meshes.box(half), centre), print)),
        new Grip(Grip.Kind.ACROSS, Math.min(half.z(), 2 * half.z() - 0.025), 0),
        0,
        2 * half.z());
  }

  private static Prop can(String kind, int paper, int band, int mark) {
    double r = 0.032;
    double h = 0.095;
    Material metal = Material.plain(0xB9BCC0, 0.5);
    double[][] side = {{r, 0.001}, {r, h - 0.001}};
    double[][] ends = {
      {0, 0},
      {r - 0.001, 0},
      {r, 0.001},
      {r, 0.001},
      {r, h - 0.001},
      {r - 0.002, h},
      {r - 0.004, h - 0.003},
      {r - 0.004, h - 0.003},
      {0, h - 0.003}
    };
    // The label lies a hair outside of the metal.
    for (double[] p : side) {
      p[0] += 0.0003;
    }
    return Prop.of(
        kind,
        new Solid(Solid.cylinder(r, 0, h, ROUND), 0.2, FRICTION),
        List.of(
            new Surface(Meshes.lathe(ends, SEGMENTS), metal),
            new Surface(
                Meshes.lathe(side, SEGMENTS),
                Material.textured(Patterns.label(paper, band, mark, 0xB9BCC0, h), 0.25))),
        new Grip(Grip.Kind.ROUND, 0.07, 0),
        0,
        h);
  }

  private static Prop bottle(String kind, int body, int paper, int band, int cap) {
    double r = 0.027;
    double[][] outline = {
      {0, 0},
      {r - 0.002, 0},
      {r, 0.003},
      {r, 0.003},
      {r, 0.095},
      {r - 0.004, 0.108},
      {0.012, 0.128},
      {0.011, 0.14},
      {0.011, 0.14},
      {0, 0.14}
    };
    double[][] lid = {
      {0.013, 0.136}, {0.013, 0.136}, {0.013, 0.156}, {0.012, 0.158}, {0.012, 0.158}, {0, 0.158}
    };
    double[][] label = {{r + 0.0004, 0.02}, {r + 0.0004, 0.085}};
    List<Part> parts = new ArrayList<>(Solid.cylinder(r, 0, 0.1, ROUND));
    parts.addAll(Solid.cylinder(0.013, 0.1, 0.158, 3));
    return Prop.of(
        kind,
        new Solid(parts, 0.2, FRICTION),
        List.of(
            new Surface(Meshes.lathe(outline, SEGMENTS), Material.plain(body, 0.5)),
            new Surface(Meshes.lathe(lid, 16), Material.plain(cap, 0.2)),
            new Surface(
                Meshes.lathe(label, SEGMENTS),
                Material.textured(Patterns.label(paper, band, body, body, 0.065), 0.1))),
        new Grip(Grip.Kind.ROUND, 0.136, 0),
        0,
        0.158);
  }

  private static Prop bowl(String kind, int colour) {
    double rim = 0.062;
    double foot = 0.034;
    double h = 0.05;
    List<double[]> profile = new ArrayList<>();
    profile.add(new double[] {0, 0});
    profile.add(new double[] {foot, 0});
    profile.add(new double[] {foot, 0});
    int steps = 6;
    for (int i = 1; i <= steps; i++) {
      double s = (double) i / steps;
      profile.add(new double[] {foot + (rim - foot) * s * (1.45 - 0.45 * s), h * s});
    }
    profile.add(new double[] {rim - 0.002, h + 0.0015});
    profile.add(new double[] {rim - 0.004, h});
    for (int i = steps - 1; i >= 1; i--) {
      double s = (double) i / steps;
      profile.add(
          new double[] {foot + (rim - foot) * s * (1.45 - 0.45 * s) - 0.0045, h * s + 0.001});
    }
    profile.add(new double[] {foot * 0.7, 0.006});
    profile.add(new double[] {0, 0.005});
    List<Part> parts = new ArrayList<>(Solid.wall(foot + 0.006, rim, 0.002, h, 0.006, 12));
    parts.addAll(Solid.cylinder(foot + 0.004, 0, 0.006, 4));
    return Prop.of(
        kind,
        new Solid(parts, 0.2, FRICTION),
        List.of(
            new Surface(
                Meshes.lathe(profile.toArray(double[][]::new), 28), Material.plain(colour, 0.35))),
        new Grip(Grip.Kind.RIM, 0.042, 0.0555),
        0.05,
        0.006);
  }

  private static Prop plate(String kind, int colour, int ring) {
    double r = 0.09;
    double[][] outer = {
      {0, 0}, {0.055, 0}, {0.055, 0}, {0.06, 0.002}, {r, 0.014}, {r, 0.0165}, {r - 0.003, 0.0165}
    };
    double[][] band = {{r - 0.003, 0.0165}, {r - 0.014, 0.0125}};
    double[][] inner = {{r - 0.014, 0.0125}, {0.062, 0.0065}, {0.055, 0.005}, {0, 0.005}};
    List<Part> parts = new ArrayList<>(Solid.wall(0.06, r, 0.001, 0.0155, 0.006, 12));
    parts.addAll(Solid.cylinder(0.062, 0, 0.005, 4));
    return Prop.of(
        kind,
        new Solid(parts, 0.35, FRICTION),
        List.of(
            new Surface(Meshes.lathe(outer, 32), Material.plain(colour, 0.4)),
            new Surface(Meshes.lathe(band, 32), Material.plain(ring, 0.4)),
            new Surface(Meshes.lathe(inner, 32), Material.plain(colour, 0.4))),
        new Grip(Grip.Kind.NONE, 0, 0),
        0.06,
        0.005);
  }

  private static Prop mug(String kind, int colour) {
    double r = 0.037;
    double h = 0.08;
    double[][] profile = {
      {0, 0},
      {r - 0.003, 0},
      {r, 0.003},
      {r, 0.003},
      {r, h - 0.002},
      {r - 0.002, h},
      {r - 0.0045, h - 0.002},
      {r - 0.0045, 0.008},
      {r - 0.0045, 0.008},
      {0, 0.006}
    };
    Mesh handle =
        Meshes.moved(
            Meshes.bow(0.021, 0.0045, -Math.PI / 2, Math.PI / 2, 10, 8),
            RigidTransform.translation(new Vector3(r - 0.003, 0, 0.042)));
    List<Part> parts = new ArrayList<>(Solid.wall(r, r, 0, h, 0.0055, 10));
    parts.addAll(Solid.cylinder(r - 0.002, 0, 0.006, 4));
    parts.add(Part.box(new Vector3(r + 0.01, 0, 0.063), new Vector3(0.011, 0.0045, 0.004)));
    parts.add(Part.box(new Vector3(r + 0.01, 0, 0.021), new Vector3(0.011, 0.0045, 0.004)));
    parts.add(Part.box(new Vector3(r + 0.018, 0, 0.042), new Vector3(0.004, 0.0045, 0.02)));
    return Prop.of(
        kind,
        new Solid(parts, 0.22, FRICTION),
        List.of(
            new Surface(Meshes.lathe(profile, SEGMENTS), Material.plain(colour, 0.4)),
            new Surface(handle, Material.plain(colour, 0.4))),
        new Grip(Grip.Kind.RIM, 0.068, 0.0343),
        0.03,
        0.006);
  }

  private static Prop basket(String kind) {
    double length = 0.2;
    double width = 0.17;
    double height = 0.075;
    double wall = 0.008;
    Material weave = Material.textured(Patterns.weave(0xC79A5B, 0x6E4A22, 0.04), 0.05);
    List<Surface> surfaces = new ArrayList<>();
    List<Part> parts = Solid.openBox(length, width, height, wall);
    for (Part part : parts) {
      surfaces.add(
          new Surface(at(Meshes.box(part.half()), part.solidFromPart().translation()), weave));
    }
    return Prop.of(
        kind, new Solid(parts, 0.8, FRICTION), surfaces, Grip.NONE, width / 2 - wall, wall);
  }

  // The cabinet: a body with room for two drawers, whose fronts look towards -y.
  static final double CABINET_WIDTH = 0.2;
  static final double CABINET_DEPTH = 0.18;
  static final double CABINET_HEIGHT = 0.2;
  private static final double BOARD = 0.01;
  static final double DRAWER_HEIGHT = 0.08;

  /** Where a drawer's foot is in the cabinet: 0 the lower, 1 the upper. */
  static Vector3 drawerPlace(int which) {
    return new Vector3(0, 0, BOARD + 0.004 + which * (DRAWER_HEIGHT + BOARD + 0.004));
  }

  private static Prop cabinet(String kind) {
    double x = CABINET_WIDTH / 2;
    double y = CABINET_DEPTH / 2;
    double z = CABINET_HEIGHT / 2;
    double b = BOARD / 2;
    List<Part> parts = new ArrayList<>();
    parts.add(Part.box(new Vector3(0, 0, b), new Vector3(x, y, b)));
    parts.add(Part.box(new Vector3(0, 0, 2 * z - b), new Vector3(x, y, b)));
    parts.add(
        Part.box(
            new Vector3(0, 0, BOARD + DRAWER_HEIGHT + 0.006 + b - 0.001),
            new Vector3(x - BOARD, y, b - 0.001)));
    parts.add(Part.box(new Vector3(x - b, 0, z), new Vector3(b, y, z - BOARD)));
    parts.add(Part.box(new Vector3(b - x, 0, z), new Vector3(b, y, z - BOARD)));
    parts.add(Part.box(new Vector3(0, y - b, z), new Vector3(x - BOARD, b, z - BOARD)));
    Material wood = Material.textured(Patterns.wood(0xA9744A, 0x6F4526, 0.3), 0.15);
    List<Surface> surfaces = new ArrayList<>();
    for (Part part : parts) {
      surfaces.add(
          new Surface(at(Meshes.box(part.half()), part.solidFromPart().translation()), wood));
    }
    return Prop.of(kind, new Solid(parts, 0, FRICTION), surfaces, Grip.NONE, x, 2 * z);
  }

  /** Where a drawer's handle is, in the drawer. */
  static final Vector3 HANDLE = new Vector3(0, -CABINET_DEPTH / 2 - 0.052, DRAWER_HEIGHT / 2);

  private static Prop drawer(String kind) {
    double width = CABINET_WIDTH - 2 * BOARD - 0.006;
    double depth = CABINET_DEPTH - BOARD - 0.006;
    double wall = 0.007;
    List<Part> parts = new ArrayList<>();
    Vector3 shift = new Vector3(0, -BOARD / 2 - 0.002, 0);
    for (Part part : Solid.openBox(width, depth, DRAWER_HEIGHT - 0.012, wall)) {
      parts.add(Part.box(part.solidFromPart().translation().plus(shift), part.half()));
    }
    parts.add(
        Part.box(
            new Vector3(0, -CABINET_DEPTH / 2 - 0.004, DRAWER_HEIGHT / 2),
            new Vector3(CABINET_WIDTH / 2 - 0.002, 0.006, DRAWER_HEIGHT / 2)));
    int boards = parts.size();
    // A bar on two feet.
    parts.add(Part.box(HANDLE, new Vector3(0.04, 0.006, 0.006)));
    for (int side = -1; side <= 1; side += 2) {
      parts.add(
          Part.box(
              new Vector3(0.036 * side, HANDLE.y() + 0.021, HANDLE.z()),
              new Vector3(0.004, 0.021, 0.004)));
    }
    Material front = Material.textured(Patterns.wood(0xC08A5A, 0x8A5A34, 0.25), 0.15);
    Material metal = Material.plain(0xC9C5BA, 0.6);
    List<Surface> surfaces = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      surfaces.add(
          new Surface(
              at(Meshes.box(part.half()), part.solidFromPart().translation()),
              i < boards ? front : metal));
    }
    return Prop.of(
        kind,
        new Solid(parts, 0.5, FRICTION),
        surfaces,
        new Grip(Grip.Kind.BAR, HANDLE.z(), -HANDLE.y()),
        depth / 2 - wall,
        wall);
  }

  static final double CHEST = 0.13;

  private static Prop chest(String kind) {
    double wall = 0.008;
    double height = 0.07;
    List<Part> parts = Solid.openBox(CHEST, CHEST, height, wall);
    Material paint = Material.textured(Patterns.wood(0x7FA08A, 0x5C7E69, 0.3), 0.2);
    List<Surface> surfaces = new ArrayList<>();
    for (Part part : parts) {
      surfaces.add(
          new Surface(at(Meshes.box(part.half()), part.solidFromPart().translation()), paint));
    }
    return Prop.of(
        kind, new Solid(parts, 0.6, FRICTION), surfaces, Grip.NONE, CHEST / 2 - wall, wall);
  }

  /** Height of the rim below a lid's board, metres. */
  static final double LID_RIM = 0.008;

  /** A board with a knob above and a rim below that keeps it in place. */
  private static Prop lid(String kind) {
    double half = CHEST / 2 + 0.002;
    // Small enough to go in at any angle.
    double inner = CHEST / 2 - 0.025;
    Vector3 boardCentre = new Vector3(0, 0, 0.012);
    Vector3 board = new Vector3(half, half, 0.004);
    Vector3 rimCentre = new Vector3(0, 0, LID_RIM / 2);
    Vector3 rim = new Vector3(inner, inner, LID_RIM / 2);
    List<Part> parts = new ArrayList<>();
    parts.add(Part.box(rimCentre, rim));
    parts.add(Part.box(boardCentre, board));
    parts.addAll(Solid.cylinder(0.014, 0.016, 0.046, 4));
    Material paint = Material.textured(Patterns.wood(0x7FA08A, 0x5C7E69, 0.3), 0.2);
    double[][] knob = {
      {0.01, 0.016},
      {0.01, 0.026},
      {0.014, 0.03},
      {0.0155, 0.036},
      {0.014, 0.043},
      {0.008, 0.046},
      {0, 0.0465}
    };
    return Prop.of(
        kind,
        new Solid(parts, 0.2, FRICTION),
        List.of(
            new Surface(at(Meshes.box(rim), rimCentre), paint),
            new Surface(at(Meshes.box(board), boardCentre), paint),
            new Surface(Meshes.lathe(knob, 16), Material.plain(0xD9B23C, 0.6))),
        new Grip(Grip.Kind.ROUND, 0.036, 0),
        0,
        0.016);
  }

  private static Mesh at(Mesh mesh, Vector3 place) {
    return Meshes.moved(mesh, RigidTransform.translation(place));
  }

  /** A rod with round ends between two points. */
  static Mesh rod(Vector3 from, Vector3 to, double radius, int segments) {
    Vector3 way = to.minus(from);
    double length = way.norm();
    double across = StrictMath.sqrt(way.x() * way.x() + way.y() * way.y());
    double lean = StrictMath.atan2(across, way.z());
    double heading = across < 1e-9 ? 0 : StrictMath.atan2(way.y(), way.x());
    RigidTransform place =
        Rotations.aboutZ(heading, from).compose(Rotations.aboutY(lean, Vector3.ZERO));
    return Meshes.moved(Meshes.capsule(radius, 0, length, segments), place);
  }
}
