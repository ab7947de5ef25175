package io.github.vla3d.tabletop.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pictures against rays: every triangle is met or missed by formula, without the rasterizer. */
class RendererTest {
  private static final int SIZE = 96;

  private record Placed(Mesh mesh, RigidTransform pose, int id) {}

  private final Random random = new Random(5);
  private final List<Placed> things = new ArrayList<>();

  private RigidTransform pose(double spread) {
    Vector3 axis = new Vector3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian());
    Vector3 at =
        new Vector3(
            spread * (random.nextDouble() - 0.5),
            spread * (random.nextDouble() - 0.5),
            0.9 + 0.3 * random.nextDouble());
    return RigidTransform.fromAxisAngle(axis, at);
  }

  private Scene scene() {
    Scene scene =
        new Scene(
            new Light(
                new Vector3(0.3, 0.2, 1),
                new Colour(0.6f, 0.6f, 0.6f),
                new Colour(0.3f, 0.3f, 0.3f),
                new Colour(0.1f, 0.1f, 0.1f)),
            new Colour(0, 0, 0));
    Mesh[] meshes = {
      Meshes.box(new Vector3(0.05, 0.03, 0.08)),
      Meshes.cylinder(0.04, 0, 0.1, 12),
      Meshes.capsule(0.03, 0, 0.1, 10),
      Meshes.bow(0.05, 0.01, -1, 1, 6, 6),
      Meshes.sheet(2, 2)
    };
    for (int i = 0; i < 12; i++) {
      Mesh mesh = meshes[i % 4];
      things.add(new Placed(mesh, pose(0.6), 10 + i));
    }
    things.add(new Placed(meshes[4], RigidTransform.translation(new Vector3(0, 0, 0.85)), 5));
    for (Placed thing : things) {
      scene.add(thing.mesh(), Material.plain(0x808080, 0.2), thing.id(), true, thing.pose());
    }
    return scene;
  }

  private static Camera camera(double x, double fy) {
    // Looks down and back, as the scene camera does; the pixels are not square.
    RigidTransform pose =
        RigidTransform.of(
            new double[] {0, 0.6283, -0.778, 1, 0, 0, 0, -0.778, -0.6283},
            new Vector3(x, 0.02, 0.95 + x));
    return new Camera(Intrinsics.of(110, fy, 47.3, 49.1, SIZE, SIZE), pose);
  }

  /**
   * Depth along the optical axis and id of the first triangle that a ray meets from outside;
   * Moeller and Trumbore.
   */
  private double[] cast(Camera camera, double u, double v) {
    Vector3 eye = camera.worldFromCamera().translation();
    Vector3 ray =
        camera
            .worldFromCamera()
            .rotate(camera.intrinsics().ray(new io.github.vla3d.geometry.Pixel(u, v)));
    double nearest = Double.POSITIVE_INFINITY;
    double id = 0;
    for (Placed thing : things) {
      for (int t = 0; t < thing.mesh().size(); t++) {
        Vector3[] p = new Vector3[3];
        for (int c = 0; c < 3; c++) {
          double[] q = thing.mesh().corner(t, c);
          p[c] = thing.pose().apply(new Vector3(q[0], q[1], q[2]));
        }
        Vector3 a = p[1].minus(p[0]);
        Vector3 b = p[2].minus(p[0]);
        Vector3 h = ray.cross(b);
        double d = a.dot(h);
        if (d < 1e-14) {
          // Seen from behind, or from its edge.
          continue;
        }
        Vector3 s = eye.minus(p[0]);
        double w1 = s.dot(h) / d;
        Vector3 k = s.cross(a);
        double w2 = ray.dot(k) / d;
        double z = b.dot(k) / d;
        if (w1 >= 0 && w2 >= 0 && w1 + w2 <= 1 && z > 0.01 && z < nearest) {
          nearest = z;
          id = thing.id();
        }
      }
    }
    return new double[] {nearest, id};
  }

  @Test
  void depthAndIdsAreThoseOfRaysThroughThePixelCentres() {
    Scene scene = scene();
    Renderer renderer = new Renderer(new Vector3(0, 0, 0.9));
    renderer.prepare(scene);
    int compared = 0;
    int others = 0;
    for (Camera camera : List.of(camera(0.7, 110), camera(0.35, 130))) {
      Picture picture = Picture.blank(SIZE, SIZE);
      renderer.draw(camera, picture);
      for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
          int i = y * SIZE + x;
          double[] ray = cast(camera, x + 0.5, y + 0.5);
          if ((picture.ids()[i] & 255) != (int) ray[1]) {
            // At most where an edge passes within a tenth of a pixel of the centre.
            assertThat(seenNear(camera, x + 0.5, y + 0.5, picture.ids()[i] & 255))
                .as("pixel %d %d", x, y)
                .isTrue();
            others++;
            continue;
          }
          compared++;
          if (ray[1] != 0) {
            assertThat((double) picture.depth()[i]).isCloseTo(ray[0], within(ray[0]));
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(18000);
    assertThat(others).isLessThan(20);
  }

  private static org.assertj.core.data.Offset<Double> within(double depth) {
    return org.assertj.core.data.Offset.offset(1e-6 * depth + 1e-6);
  }

  private boolean seenNear(Camera camera, double u, double v, int id) {
    for (int i = 0; i < 16; i++) {
      double a = Math.PI * i / 8;
      if ((int) cast(camera, u + 0.1 * Math.cos(a), v + 0.1 * Math.sin(a))[1] == id) {
        return true;
      }
    }
    return false;
  }

  @Test
  void aSurfaceInTheShadeIsDarkerAndEdgesAreSmooth() {
    Scene scene =
        new Scene(
            new Light(
                new Vector3(0, 0, 1),
                new Colour(0.6f, 0.6f, 0.6f),
                new Colour(0.2f, 0.2f, 0.2f),
                new Colour(0.2f, 0.2f, 0.2f)),
            new Colour(0, 0, 0));
    Material grey = Material.plain(0x909090, 0);
    scene.add(
        Meshes.sheet(2, 2), grey, 5, false, RigidTransform.translation(new Vector3(0, 0, 0.9)));
    scene.add(
        Meshes.box(new Vector3(0.1, 0.1, 0.01)),
        Material.plain(0x904040, 0),
        10,
        true,
        RigidTransform.translation(new Vector3(0, 0, 1.2)));
    Renderer renderer = new Renderer(new Vector3(0, 0, 0.9));
    renderer.prepare(scene);
    Camera low =
        new Camera(
            Intrinsics.of(60, 60, 32, 32, 64, 64),
            RigidTransform.of(
                new double[] {1, 0, 0, 0, 0, 1, 0, -1, 0}, new Vector3(0, -0.6, 1.1)));
    Picture picture = Picture.blank(64, 64);
    renderer.draw(low, picture);
    int shaded = at(picture, low, new Vector3(0, 0, 0.9));
    int lit = at(picture, low, new Vector3(0.3, 0, 0.9));
    assertThat(shaded).isLessThan(lit - 40);
  }

  private static int at(Picture picture, Camera camera, Vector3 place) {
    var pixel = camera.project(place).pixel();
    int i = (int) pixel.v() * picture.width() + (int) pixel.u();
    return picture.rgb()[3 * i + 1] & 255;
  }

  @Test
  void aCameraThatStaysSeesTheSameBits() {
    Scene scene = scene();
    Renderer plain = new Renderer(new Vector3(0, 0, 0.9));
    Renderer quick = new Renderer(new Vector3(0, 0, 0.9));
    for (int step = 0; step < 40; step++) {
      // Things near the end of the list move often, one at its beginning seldom; the lamp once.
      for (int i = 8; i < 12; i++) {
        if (random.nextInt(3) > 0) {
          scene.move(i, pose(0.6));
        }
      }
      if (step % 10 == 9) {
        scene.move(2, pose(0.6));
      }
      if (step == 25) {
        Light l = scene.light();
        scene.light(new Light(new Vector3(-0.4, 0.3, 1), l.lamp(), l.sky(), l.ground()));
      }
      Camera camera = camera(step < 32 ? 0.7 : 0.75, 120);
      Picture wanted = Picture.blank(SIZE, SIZE);
      Picture got = Picture.blank(SIZE, SIZE);
      plain.prepare(scene);
      plain.draw(camera, wanted);
      quick.prepare(scene);
      quick.drawStill(camera, got);
      assertThat(got.rgb()).as("step %d", step).isEqualTo(wanted.rgb());
      assertThat(got.depth()).as("step %d", step).isEqualTo(wanted.depth());
      assertThat(got.ids()).as("step %d", step).isEqualTo(wanted.ids());
    }
  }
}
