package io.github.vla3d.data.doctor;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Makes a sound episode faulty in one way, with the place and the magnitude drawn from a seed. */
final class FaultInjector {
  private static final double[] UNITS = {1000, 0.001, 100, 0.01, 10, 0.1, 1 / 0.3048, 1 / 0.0254};
  private static final int[][] SIZES = {
    {64, 64},
    {84, 84},
    {128, 128},
    {160, 120},
    {224, 224},
    {256, 256},
    {320, 240},
    {480, 480},
    {512, 512},
    {640, 480}
  };

  private FaultInjector() {}

  /**
   * @param places names under which the doctor may report it: all of them have to be named, or the
   *     one name that stands for all
   */
  record Faulty(Episode episode, FaultKind kind, List<String> places, String what) {
    /** Whether the diagnosis names this fault at this place. */
    boolean named(Diagnosis diagnosis) {
      if (kind == FaultKind.HALF_PIXEL) {
        return diagnosis.notes().stream().anyMatch(note -> note.contains("half a pixel"));
      }
      List<String> found =
          diagnosis.faults().stream()
              .filter(fault -> fault.kind() == kind)
              .map(Fault::view)
              .toList();
      return found.contains(String.join(" and ", places))
          || found.containsAll(places)
          || (places.size() > 1 && found.contains(Fault.ALL_VIEWS));
    }
  }

  static boolean isWrist(String view) {
    return view.contains("wrist") || view.contains("eye_in_hand");
  }

  static Faulty inject(Episode sound, FaultKind kind, long seed) {
    Random random = new Random(31 * seed + kind.ordinal());
    List<String> views = sound.viewNames();
    String one = views.get(random.nextInt(views.size()));
    List<String> places = random.nextBoolean() ? List.of(one) : views;
    String wrist = views.stream().filter(FaultInjector::isWrist).findFirst().orElse(views.get(0));
    return switch (kind) {
      case CAMERA_INVERTED -> poses(sound, kind, places, RigidTransform::inverse);
      case OPENGL_AXES ->
          poses(
              sound,
              kind,
              places,
              p -> Camera.fromOpenGl(Intrinsics.of(1, 1, 1, 1, 2, 2), p).worldFromCamera());
      case TRANSPOSED -> poses(sound, kind, turning(sound, places), Correction::transposed);
      case QUATERNION_ORDER -> quaternion(sound, places, random);
      case DEPTH_UNIT -> {
        double unit = UNITS[random.nextInt(UNITS.length)];
        yield depths(sound, kind, places, "times " + unit, (z, ray) -> unit * z);
      }
      case RAY_DISTANCE -> depths(sound, kind, places, "", (z, ray) -> z * ray);
      case Z_BUFFER -> {
        double near = Math.exp(Math.log(0.005) + random.nextDouble() * Math.log(0.1 / 0.005));
        double far = Math.exp(Math.log(5) + random.nextDouble() * Math.log(600 / 5.0));
        yield depths(
            sound,
            kind,
            places,
            near + " to " + far,
            (z, ray) -> z >= far ? 1 : Math.max(0, (1 - near / z) / (1 - near / far)));
      }
      case UPSIDE_DOWN -> {
        boolean turned = random.nextBoolean();
        yield pictures(
            sound,
            kind,
            places,
            turned ? "turned" : "rows",
            k ->
                turned
                    ? ImageTransform.rotate180(k.width(), k.height())
                    : ImageTransform.reverseRows(k.width(), k.height()));
      }
      case MIRRORED ->
          pictures(sound, kind, places, "", k -> ImageTransform.mirror(k.width(), k.height()));
      case OTHER_RESOLUTION -> resolution(sound, places, random);
      case HALF_PIXEL -> {
        double du = random.nextBoolean() ? 0.5 : -0.5;
        double dv = random.nextBoolean() ? 0.5 : -0.5;
        yield cameras(
            sound,
            kind,
            views,
            du + ", " + dv,
            camera -> {
              double[] k = camera.intrinsics().matrix();
              k[2] += du;
              k[5] += dv;
              return with(camera, k);
            });
      }
      case VIEWS_SWAPPED -> swapped(sound, random);
      case WRIST_FROZEN -> frozen(sound, wrist, random);
      case OUT_OF_TIME -> late(sound, wrist, random);
      case INCONSISTENT -> throw new IllegalArgumentException("not a fault with an inverse");
    };
  }

  /**
   * A camera that looks straight down may have a rotation that equals its transpose to a fraction
   * of a degree. Without motion that shows nowhere, so another view is taken.
   */
  private static List<String> turning(Episode sound, List<String> places) {
    if (sound.frames() > 1 || places.size() > 1) {
      return places;
    }
    List<View> views = new ArrayList<>(sound.observation(0).views());
    views.sort((a, b) -> Boolean.compare(places.contains(b.name()), places.contains(a.name())));
    return views.stream()
        .filter(
            view -> {
              RigidTransform pose = view.camera().orElseThrow().worldFromCamera();
              return pose.inverse().compose(Correction.transposed(pose)).angle()
                  > Math.toRadians(1);
            })
        .map(View::name)
        .limit(1)
        .toList();
  }

  private static Camera with(Camera camera, double[] k) {
    return new Camera(
        Intrinsics.fromRowMajor(k, camera.intrinsics().width(), camera.intrinsics().height()),
        camera.worldFromCamera());
  }

  private static Faulty poses(
      Episode sound, FaultKind kind, List<String> places, UnaryOperator<RigidTransform> fault) {
    return cameras(
        sound,
        kind,
        places,
        "",
        camera -> new Camera(camera.intrinsics(), fault.apply(camera.worldFromCamera())));
  }

  private static Faulty cameras(
      Episode sound,
      FaultKind kind,
      List<String> places,
      String what,
      UnaryOperator<Camera> fault) {
    return views(
        sound,
        kind,
        places,
        what,
        view ->
            new View(
                view.name(),
                view.rgb(),
                view.depth(),
                view.camera().map(fault),
                view.depthCamera().map(fault)));
  }

  private interface DepthFault {
    double apply(double z, double rayLength);
  }

  private static Faulty depths(
      Episode sound, FaultKind kind, List<String> places, String what, DepthFault fault) {
    return views(
        sound,
        kind,
        places,
        what,
        view -> {
          DepthImage depth = view.depth().orElseThrow();
          Intrinsics k = view.depthCamera().orElseThrow().intrinsics();
          float[] z = depth.toArray();
          for (int i = 0; i < z.length; i++) {
            if (z[i] > 0) {
              Pixel centre = Pixel.centre(i % depth.width(), i / depth.width());
              z[i] = (float) fault.apply(z[i], k.ray(centre).norm());
            }
          }
          return new View(
              view.name(),
              view.rgb(),
              Optional.of(DepthImage.of(z, depth.width(), depth.height())),
              view.camera(),
              view.depthCamera());
        });
  }

  private interface PictureFault {
    ImageTransform of(Intrinsics k);
  }

  private static Faulty pictures(
      Episode sound, FaultKind kind, List<String> places, String what, PictureFault fault) {
    return views(
        sound,
        kind,
        places,
        what,
        view -> {
          ImageTransform transform = fault.of(view.camera().orElseThrow().intrinsics());
          return new View(
              view.name(),
              moved(view.rgb(), transform),
              view.depth().map(d -> d.transformed(transform)),
              view.camera(),
              view.depthCamera());
        });
  }

  private static RgbImage moved(RgbImage rgb, ImageTransform transform) {
    byte[] from = rgb.toArray();
    byte[] to = new byte[from.length];
    ImageTransform back = transform.inverse();
    for (int i = 0; i < to.length / 3; i++) {
      Pixel p = back.apply(Pixel.centre(i % rgb.width(), i / rgb.width()));
      System.arraycopy(from, 3 * ((int) p.v() * rgb.width() + (int) p.u()), to, 3 * i, 3);
    }
    return RgbImage.owning(rgb.width(), rgb.height(), to);
  }

  private static Faulty resolution(Episode sound, List<String> places, Random random) {
    Intrinsics k = sound.observation(0).views().get(0).camera().orElseThrow().intrinsics();
    int[] size;
    do {
      size = SIZES[random.nextInt(SIZES.length)];
    } while (Math.abs((double) size[0] / k.width() - 1) < 0.1);
    double x = (double) size[0] / k.width();
    double y = (double) size[1] / k.height();
    return cameras(
        sound,
        FaultKind.OTHER_RESOLUTION,
        places,
        size[0] + "x" + size[1],
        camera -> {
          double[] m = camera.intrinsics().matrix();
          for (int i = 0; i < 3; i++) {
            m[i] *= x;
            m[3 + i] *= y;
          }
          return with(camera, m);
        });
  }

  private static Faulty quaternion(Episode sound, List<String> places, Random random) {
    boolean scalarWasLast = random.nextBoolean();
    boolean arm = sound.frames() > 1 && random.nextInt(3) == 0;
    if (!arm) {
      return poses(
          sound,
          FaultKind.QUATERNION_ORDER,
          places,
          pose -> Correction.reordered(pose, scalarWasLast));
    }
    return new Faulty(
        FakeEpisode.of(
            sound,
            frame -> {
              Observation o = sound.observation(frame);
              return new Observation(
                  o.views(),
                  o.state(),
                  o.worldFromEffectors().stream()
                      .map(pose -> Correction.reordered(pose, scalarWasLast))
                      .toList(),
                  o.instruction(),
                  o.seconds());
            }),
        FaultKind.QUATERNION_ORDER,
        List.of(Fault.END_EFFECTOR),
        "arm");
  }

  private static Faulty swapped(Episode sound, Random random) {
    List<String> views = sound.viewNames();
    int a = random.nextInt(views.size());
    int b = (a + 1 + random.nextInt(views.size() - 1)) % views.size();
    String first = views.get(Math.min(a, b));
    String second = views.get(Math.max(a, b));
    return new Faulty(
        FakeEpisode.of(
            sound,
            frame -> {
              Observation o = sound.observation(frame);
              return withViews(
                  o,
                  view ->
                      view.name().equals(first)
                          ? seen(view, o.view(second).orElseThrow())
                          : view.name().equals(second)
                              ? seen(view, o.view(first).orElseThrow())
                              : view);
            }),
        FaultKind.VIEWS_SWAPPED,
        List.of(first, second),
        "");
  }

  /** The camera of the one view with the pictures of the other. */
  private static View seen(View camera, View pictures) {
    return new View(
        camera.name(), pictures.rgb(), pictures.depth(), camera.camera(), camera.depthCamera());
  }

  private static View posed(View pictures, View pose) {
    return new View(
        pictures.name(), pictures.rgb(), pictures.depth(), pose.camera(), pose.depthCamera());
  }

  private static Faulty frozen(Episode sound, String wrist, Random random) {
    int what = random.nextInt(3);
    return new Faulty(
        FakeEpisode.of(
            sound,
            frame -> {
              View still = sound.observation(0).view(wrist).orElseThrow();
              return withViews(
                  sound.observation(frame),
                  view ->
                      !view.name().equals(wrist)
                          ? view
                          : what == 0
                              ? posed(view, still)
                              : what == 1 ? posed(still, view) : still);
            }),
        FaultKind.WRIST_FROZEN,
        List.of(wrist),
        List.of("pose", "picture", "both").get(what));
  }

  private static Faulty late(Episode sound, String wrist, Random random) {
    int lag = (2 + random.nextInt(5)) * (random.nextBoolean() ? 1 : -1);
    boolean poseToo = random.nextBoolean();
    return new Faulty(
        FakeEpisode.of(
            sound,
            frame -> {
              int other = Math.max(0, Math.min(sound.frames() - 1, frame + lag));
              View then = sound.observation(other).view(wrist).orElseThrow();
              return withViews(
                  sound.observation(frame),
                  view -> !view.name().equals(wrist) ? view : poseToo ? then : posed(then, view));
            }),
        FaultKind.OUT_OF_TIME,
        List.of(wrist),
        (poseToo ? "view " : "pictures ") + lag);
  }

  private static Faulty views(
      Episode sound, FaultKind kind, List<String> places, String what, UnaryOperator<View> fault) {
    return new Faulty(
        FakeEpisode.of(
            sound,
            frame ->
                withViews(
                    sound.observation(frame),
                    view -> places.contains(view.name()) ? fault.apply(view) : view)),
        kind,
        places,
        what);
  }

  private static Observation withViews(Observation o, UnaryOperator<View> change) {
    List<View> views =
        o.views().stream().map(change).collect(Collectors.toCollection(ArrayList::new));
    return o.withViews(views);
  }
}
