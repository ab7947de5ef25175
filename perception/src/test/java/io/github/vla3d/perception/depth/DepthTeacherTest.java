package io.github.vla3d.perception.depth;

import static io.github.vla3d.perception.depth.BoxScene.FRONT;
import static io.github.vla3d.perception.depth.BoxScene.TOP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.depth.BoxScene.Box;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DepthTeacherTest {
  private static final Box RED = Box.at(0.05, -0.12, 0.08, 0.06, 0.07, 200, 40, 40);
  private static final Box BLUE = Box.at(-0.05, 0.14, 0.06, 0.10, 0.05, 40, 60, 200);
  private static final List<RigidTransform> NO_HAND = List.of();

  private static List<LabelledObject> first(Observation observation) {
    try (DepthTeacher teacher = new DepthTeacher()) {
      return teacher.label(0, 0, observation);
    }
  }

  private static double overlap(LabelledObject object, BoxScene scene, int box, String view) {
    BitSet truth = scene.truth(box, view);
    BitSet both = Objects.requireNonNull(object.masks().get(view)).pixels();
    BitSet either = (BitSet) both.clone();
    both.and(truth);
    either.or(truth);
    return (double) both.cardinality() / either.cardinality();
  }

  private static LabelledObject nearest(List<LabelledObject> objects, Vector3 to) {
    return objects.stream()
        .min((a, b) -> Double.compare(distance(a, to), distance(b, to)))
        .orElseThrow();
  }

  private static double distance(LabelledObject object, Vector3 to) {
    return object.place().orElseThrow().centroid().distance(to);
  }

  @ParameterizedTest
  @ValueSource(ints = {96, 128, 256, 384})
  void findsBoxesInEveryResolution(int size) {
    BoxScene scene = new BoxScene(size, RED, BLUE);
    List<LabelledObject> objects = first(scene.observe(NO_HAND, FRONT, TOP));
    assertThat(objects).hasSize(2);
    for (int b = 0; b < 2; b++) {
      Box box = b == 0 ? RED : BLUE;
      LabelledObject object = nearest(objects, box.centre());
      assertThat(distance(object, box.centre())).isLessThan(0.008);
      assertThat(object.masks()).containsOnlyKeys(FRONT, TOP);
      assertThat(overlap(object, scene, b, FRONT)).isGreaterThan(0.8);
      assertThat(overlap(object, scene, b, TOP)).isGreaterThan(0.8);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {FRONT, TOP})
  void findsBoxesInOneView(String view) {
    BoxScene scene = new BoxScene(256, RED, BLUE);
    List<LabelledObject> objects = first(scene.observe(NO_HAND, view));
    assertThat(objects).hasSize(2);
    assertThat(overlap(nearest(objects, RED.centre()), scene, 0, view)).isGreaterThan(0.85);
    assertThat(distance(nearest(objects, RED.centre()), RED.centre())).isLessThan(0.03);
  }

  @Test
  void tellsTouchingBoxesApart() {
    Box low = Box.at(0.03, 0.0, 0.08, 0.08, 0.04, 220, 210, 40);
    Box tall = Box.at(0.0, 0.08, 0.08, 0.08, 0.09, 30, 60, 160);
    BoxScene scene = new BoxScene(256, low, tall);
    List<LabelledObject> objects = first(scene.observe(NO_HAND, FRONT, TOP));
    assertThat(objects).hasSize(2);
    assertThat(overlap(nearest(objects, low.centre()), scene, 0, FRONT)).isGreaterThan(0.75);
    assertThat(overlap(nearest(objects, tall.centre()), scene, 1, FRONT)).isGreaterThan(0.75);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.003})
  void takesItsThresholdsFromTheNoise(double noise) {
    BoxScene scene = new BoxScene(256, RED, BLUE).withNoise(noise);
    List<LabelledObject> objects = first(scene.observe(NO_HAND, FRONT, TOP));
    assertThat(objects).hasSize(2);
    assertThat(overlap(nearest(objects, RED.centre()), scene, 0, FRONT)).isGreaterThan(0.7);
  }

  /** Thinner than four standard deviations of a pixel: neighbours have to be asked. */
  @Test
  void seesFlatThingsThroughNoise() {
    Box flat = Box.at(0.05, -0.12, 0.10, 0.10, 0.011, 200, 40, 40);
    BoxScene scene = new BoxScene(256, flat, BLUE).withNoise(0.003);
    List<LabelledObject> objects = first(scene.observe(NO_HAND, FRONT, TOP));
    assertThat(objects).hasSize(2);
    LabelledObject object = nearest(objects, flat.centre());
    assertThat(overlap(object, scene, 0, FRONT)).isGreaterThan(0.8);
    assertThat(overlap(object, scene, 0, TOP)).isGreaterThan(0.8);
    assertThat(distance(object, flat.centre())).isLessThan(0.005);
  }

  @Test
  void inventsNothing() {
    assertThat(first(new BoxScene(128).observe(NO_HAND, FRONT, TOP))).isEmpty();
    assertThat(first(new BoxScene(128, RED).withoutDepth().observe(NO_HAND, FRONT, TOP))).isEmpty();
    assertThat(first(new BoxScene(128).withoutTable().observe(NO_HAND, FRONT, TOP))).isEmpty();
    assertThat(first(new Observation(List.of(), new float[0], NO_HAND, "", 0))).isEmpty();
  }

  @Test
  void knowsNoThingWithoutWhatItStandsOn() {
    Box wall = new Box(new Vector3(-0.3, -2, -2), new Vector3(-0.2, 2, 2), 90, 90, 90);
    assertThat(first(new BoxScene(128, wall).withoutTable().observe(NO_HAND, FRONT))).isEmpty();
  }

  @Test
  void followsWhatTheHandCarries() {
    DepthTeacher teacher = new DepthTeacher();
    int identity = -1;
    for (int frame = 0; frame < 24; frame++) {
      Vector3 lift =
          new Vector3(0, 0.004 * Math.max(0, frame - 12), 0.008 * Math.max(0, frame - 4));
      Box carried = RED.moved(lift);
      // Hanging down: the axes of a hand that points to the table.
      RigidTransform hand =
          RigidTransform.of(
              new double[] {1, 0, 0, 0, -1, 0, 0, 0, -1},
              new Vector3(0.05, -0.12, 0.06).plus(lift));
      BoxScene scene = new BoxScene(128, carried, BLUE);
      List<LabelledObject> objects =
          teacher.label(3, frame, scene.observe(List.of(hand), FRONT, TOP));
      LabelledObject object = nearest(objects, carried.centre());
      assertThat(distance(object, carried.centre())).as("frame %d", frame).isLessThan(0.02);
      if (frame == 0) {
        identity = object.identity();
      }
      assertThat(object.identity()).as("frame %d", frame).isEqualTo(identity);
    }
  }

  @Test
  void saysTheSameTwice() {
    Observation seen = new BoxScene(256, RED, BLUE).withNoise(0.002).observe(NO_HAND, FRONT, TOP);
    assertThat(first(seen)).isEqualTo(first(seen));
  }

  @Test
  void wantsFramesInOrder() {
    Observation seen = new BoxScene(96, RED).observe(NO_HAND, FRONT);
    DepthTeacher teacher = new DepthTeacher();
    teacher.label(0, 4, seen); // those before could not be read
    assertThatIllegalArgumentException()
        .isThrownBy(() -> teacher.label(0, 3, seen))
        .withMessageContaining("got 3 after 4 of episode 0");
    assertThat(teacher.label(1, 0, seen)).isNotEmpty();
  }
}
