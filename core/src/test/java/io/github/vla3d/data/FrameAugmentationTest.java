package io.github.vla3d.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything in space moves together: what the robot does afterwards is what it did, moved. */
class FrameAugmentationTest {
  private static final int SIZE = 32;
  private static final Vector3 MIDDLE = new Vector3(0.65, 0, 0.25);

  /** LIBERO's controller: metres and radians of an action of 1. */
  private static final double METRES = 0.05;

  private static final double RADIANS = 0.5;

  static Stream<Long> seeds() {
    return IntStream.range(0, 20).mapToObj(i -> (long) i);
  }

  private static Vector3 vector(SplittableRandom random, double scale) {
    return new Vector3(
        scale * (2 * random.nextDouble() - 1),
        scale * (2 * random.nextDouble() - 1),
        scale * (2 * random.nextDouble() - 1));
  }

  private static RigidTransform pose(SplittableRandom random) {
    return RigidTransform.fromAxisAngle(vector(random, 2), MIDDLE.plus(vector(random, 0.3)));
  }

  /** Bases of LIBERO, and one that is turned. */
  private static RobotBase base(long seed) {
    return seed % 3 == 0
        ? RobotBase.WORLD
        : seed % 3 == 1
            ? new RobotBase(RigidTransform.translation(new Vector3(-0.66, 0, 0.912)))
            : new RobotBase(
                RigidTransform.fromAxisAngle(new Vector3(0, 0, 0.7), new Vector3(1, 2, 0.5)));
  }

  /** A tool in the base frame with the state that its data set gives it. */
  private static Observation observation(
      RigidTransform baseFromTool, RobotBase base, double sign, SplittableRandom random) {
    RigidTransform worldFromTool = base.worldFromBase().compose(baseFromTool);
    Vector3 axisAngle = worldFromTool.axisAngle();
    if (sign < 0) {
      // The same orientation with an angle above pi, as the simulator may have it.
      axisAngle = axisAngle.times((axisAngle.norm() - 2 * Math.PI) / axisAngle.norm());
    }
    Vector3 p = worldFromTool.translation();
    byte[] rgb = new byte[3 * SIZE * SIZE];
    float[] depth = new float[SIZE * SIZE];
    for (int i = 0; i < depth.length; i++) {
      rgb[i] = (byte) random.nextInt(256);
      depth[i] = (float) (0.5 + random.nextDouble());
    }
    Camera camera = new Camera(Intrinsics.of(30, 31, 16, 15, SIZE, SIZE), pose(random));
    View view =
        View.of(
            "agentview",
            RgbImage.copyOf(SIZE, SIZE, rgb),
            Optional.of(DepthImage.of(depth, SIZE, SIZE)),
            Optional.of(camera));
    return new Observation(
        List.of(view),
        new float[] {
          (float) p.x(),
          (float) p.y(),
          (float) p.z(),
          (float) axisAngle.x(),
          (float) axisAngle.y(),
          (float) axisAngle.z(),
          0.04f,
          -0.04f
        },
        List.of(baseFromTool),
        "put it there",
        1.5);
  }

  private static FrameAugmentation drawn(SplittableRandom random) {
    return FrameAugmentation.draw(Math.PI, 0.2, MIDDLE, random);
  }

  private static RigidTransform ofState(float[] state) {
    return RigidTransform.fromAxisAngle(
        new Vector3(state[3], state[4], state[5]), new Vector3(state[0], state[1], state[2]));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void pointsCamerasAndToolMoveTogetherAndPicturesStay(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    RobotBase base = base(seed);
    Observation before = observation(pose(random), base, 1, random);
    FrameAugmentation frame = drawn(random);
    Observation after = frame.apply(before, base);
    View a = before.views().get(0);
    View b = after.views().get(0);
    assertThat(b.rgb()).isEqualTo(a.rgb());
    assertThat(b.depth()).isEqualTo(a.depth());
    Camera from = a.camera().orElseThrow();
    Camera to = b.camera().orElseThrow();
    assertThat(to.intrinsics()).isEqualTo(from.intrinsics());
    for (int i = 0; i < 20; i++) {
      Pixel pixel = new Pixel(SIZE * random.nextDouble(), SIZE * random.nextDouble());
      double z = a.depth().orElseThrow().at(pixel);
      Vector3 moved = frame.newFromBase().apply(from.unproject(pixel, z));
      assertThat(to.unproject(pixel, z).distance(moved)).isLessThan(1e-9);
    }
    // Gravity and heights stay.
    assertThat(frame.newFromBase().rotate(new Vector3(0, 0, 1)).z()).isCloseTo(1, within(1e-12));
    assertThat(frame.newFromBase().translation().z()).isCloseTo(0, within(1e-12));
    assertThat(frame.newFromBase().apply(MIDDLE).distance(MIDDLE))
        .isLessThanOrEqualTo(0.2 * Math.sqrt(2) + 1e-9);
    assertThat(after.instruction()).isEqualTo(before.instruction());
    assertThat(after.seconds()).isEqualTo(before.seconds());
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theStateIsThatOfTheMovedTool(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    RobotBase base = base(seed);
    Observation before = observation(pose(random), base, seed % 2 == 0 ? 1 : -1, random);
    Observation after = drawn(random).apply(before, base);
    RigidTransform said = ofState(after.state());
    RigidTransform is = base.worldFromBase().compose(after.worldFromEffectors().get(0));
    assertThat(said.near(is, 1e-5, 1e-4)).as("%s and %s", said, is).isTrue();
    assertThat(Arrays.copyOfRange(after.state(), 6, 8)).containsExactly(0.04f, -0.04f);
  }

  /** LIBERO's axis-angles have angles up to 2 pi: a small turn must not jump to the other one. */
  @ParameterizedTest
  @MethodSource("seeds")
  void aSmallTurnIsASmallChangeOfTheState(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    RobotBase base = base(seed);
    Observation before = observation(pose(random), base, seed % 2 == 0 ? 1 : -1, random);
    FrameAugmentation frame = FrameAugmentation.draw(1e-3, 0, MIDDLE, random);
    float[] after = frame.apply(before, base).state();
    for (int i = 0; i < 8; i++) {
      assertThat(after[i]).isCloseTo(before.state()[i], within(0.02f));
    }
  }

  /** Moving and then acting is acting and then moving. */
  @ParameterizedTest
  @MethodSource("seeds")
  void actionsLeadTheMovedToolWhereTheyLedTheTool(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    RobotBase base = base(seed);
    FrameAugmentation frame = drawn(random);
    RigidTransform tool = pose(random);
    float[][] actions = new float[6][7];
    for (float[] action : actions) {
      for (int i = 0; i < 7; i++) {
        action[i] = (float) (2 * random.nextDouble() - 1);
      }
    }
    ActionChunks.Chunk chunk = new ActionChunks.Chunk(actions, new boolean[6]);
    ActionChunks.Chunk moved = frame.apply(chunk, base);
    RigidTransform here = base.worldFromBase().compose(tool);
    RigidTransform there = base.worldFromBase().compose(frame.newFromBase().compose(tool));
    for (int i = 0; i < 6; i++) {
      here = acted(here, actions[i]);
      there = acted(there, moved.actions()[i]);
      assertThat(moved.actions()[i][6]).isEqualTo(actions[i][6]);
      RigidTransform wanted =
          base.worldFromBase()
              .compose(frame.newFromBase())
              .compose(base.worldFromBase().inverse())
              .compose(here);
      assertThat(there.near(wanted, 1e-6, 1e-6)).isTrue();
    }
  }

  private static RigidTransform acted(RigidTransform pose, float[] action) {
    RigidTransform turn =
        RigidTransform.fromAxisAngle(
            new Vector3(RADIANS * action[3], RADIANS * action[4], RADIANS * action[5]),
            new Vector3(0, 0, 0));
    Vector3 place =
        pose.translation()
            .plus(new Vector3(METRES * action[0], METRES * action[1], METRES * action[2]));
    return RigidTransform.of(
        turn.compose(RigidTransform.of(pose.rotation(), Vector3.ZERO)).rotation(), place);
  }

  @Test
  void nothingDrawnIsNothingChanged() {
    SplittableRandom random = new SplittableRandom(1);
    Observation before = observation(pose(random), RobotBase.WORLD, 1, random);
    FrameAugmentation none = FrameAugmentation.draw(0, 0, MIDDLE, random);
    Observation after = none.apply(before, RobotBase.WORLD);
    assertThat(after.views()).isEqualTo(before.views());
    for (int i = 0; i < 8; i++) {
      assertThat(after.state()[i]).isCloseTo(before.state()[i], within(1e-6f));
    }
  }

  @Test
  void anotherRobotIsRefused() {
    SplittableRandom random = new SplittableRandom(1);
    Observation fine = observation(pose(random), RobotBase.WORLD, 1, random);
    FrameAugmentation frame = drawn(random);
    Observation joints =
        new Observation(fine.views(), new float[7], fine.worldFromEffectors(), "", 0);
    assertThatThrownBy(() -> frame.apply(joints, RobotBase.WORLD))
        .hasMessageContaining("state of 8 numbers");
    float[] elsewhere = fine.state();
    elsewhere[0] += 0.1f;
    Observation off = new Observation(fine.views(), elsewhere, fine.worldFromEffectors(), "", 0);
    assertThatThrownBy(() -> frame.apply(off, RobotBase.WORLD))
        .hasMessageContaining("begins with the place of the end-effector");
    ActionChunks.Chunk eight = new ActionChunks.Chunk(new float[1][8], new boolean[1]);
    assertThatThrownBy(() -> frame.apply(eight, RobotBase.WORLD))
        .hasMessageContaining("actions of 7 numbers, got 8");
  }
}
