package io.github.vla3d.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Joints;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A sample comes back as it was, to the bit, whatever of it is there. */
class SampleCodecTest {
  private static final int WIDTH = 90;
  private static final int HEIGHT = 70;

  private final Random random = new Random(4);

  private RigidTransform pose() {
    Vector3 turn = new Vector3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian());
    return RigidTransform.fromAxisAngle(turn, turn.times(0.3));
  }

  private View view(String name, boolean geometry) {
    byte[] rgb = new byte[3 * WIDTH * HEIGHT];
    random.nextBytes(rgb);
    float[] metres = new float[WIDTH * HEIGHT];
    for (int i = 0; i < metres.length; i++) {
      metres[i] = Math.max(0, random.nextFloat() - 0.1f);
    }
    RigidTransform pose = pose();
    RgbImage picture = RgbImage.owning(WIDTH, HEIGHT, rgb);
    return geometry
        ? new View(
            name,
            picture,
            Optional.of(DepthImage.of(metres, WIDTH, HEIGHT)),
            Optional.of(new Camera(Intrinsics.of(81.3, -79.7, 44, 36, WIDTH, HEIGHT), pose)),
            Optional.of(new Camera(Intrinsics.of(81.3, -79.7, 44.5, 36.5, WIDTH, HEIGHT), pose)))
        : View.of(name, picture, Optional.empty(), Optional.empty());
  }

  private LabelledObject object(boolean placed) {
    BitSet bits = new BitSet();
    random.ints(50, 0, WIDTH * HEIGHT).forEach(bits::set);
    return new LabelledObject(
        random.nextInt(),
        "Müsli",
        random.nextDouble(),
        Map.of("a", new ObjectMask(WIDTH, HEIGHT, bits), "b", new ObjectMask(8, 9, new BitSet())),
        placed
            ? Optional.of(new LabelledObject.Place(pose().translation(), new Vector3(-0.0, 1, 0.1)))
            : Optional.empty());
  }

  private SceneSource.Item item(boolean full) {
    return new SceneSource.Item(
        new SampleOrder.Sample(0, 3, 14),
        new Observation(
            full ? List.of(view("a", true), view("b", false)) : List.of(view("a", false)),
            full ? new float[] {1, -0f, Float.MIN_VALUE} : new float[0],
            full ? List.of(pose(), pose().compose(pose())) : List.of(),
            full ? "put it there" : "",
            0.1 + 0.2,
            full ? new Joints(new double[] {1, 2}, new double[] {3}) : Joints.NONE),
        new ActionChunks.Chunk(
            new float[][] {{1, 2, 3}, {random.nextFloat(), 5, -0f}}, new boolean[] {false, true}),
        full ? List.of(object(true), object(false)) : List.of());
  }

  /** All parts of a view; a depth image has no equality of its own. */
  private static Stream<Object> parts(View view) {
    return Stream.of(
        view.name(),
        view.rgb(),
        view.camera(),
        view.depthCamera(),
        view.depth().map(DepthImage::toArray).orElse(new float[0]));
  }

  private static void assertSame(SceneSource.Item a, SceneSource.Item b) {
    assertThat(a.sample()).isEqualTo(b.sample());
    Observation x = a.observation();
    Observation y = b.observation();
    assertThat(
            Arrays.deepEquals(
                x.views().stream().flatMap(SampleCodecTest::parts).toArray(),
                y.views().stream().flatMap(SampleCodecTest::parts).toArray()))
        .isTrue();
    assertThat(x.state()).isEqualTo(y.state());
    assertThat(x.worldFromEffectors()).isEqualTo(y.worldFromEffectors());
    assertThat(x.instruction()).isEqualTo(y.instruction());
    assertThat(x.seconds()).isEqualTo(y.seconds());
    assertThat(x.joints()).isEqualTo(y.joints());
    assertThat(a.actions().actions()).isDeepEqualTo(b.actions().actions());
    assertThat(a.actions().padded()).isEqualTo(b.actions().padded());
    assertThat(a.objects()).isEqualTo(b.objects());
  }

  @Test
  void aFullOneAndAnEmptyOne() {
    for (boolean full : new boolean[] {true, false}) {
      SceneSource.Item item = item(full);
      assertSame(SampleCodec.read(item.sample(), SampleCodec.write(item)), item);
    }
  }
}
