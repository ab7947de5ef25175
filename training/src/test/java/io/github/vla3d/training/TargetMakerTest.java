package io.github.vla3d.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.agent.Orientation;
import io.github.vla3d.agent.PreparedObservation;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.agent.SceneObjective;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.data.ViewTransforms;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenParts;
import io.github.vla3d.scene.completion.MirrorCompleter;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.torch.Scope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels lie over the picture that the tower sees, whichever way up the file stores it. */
class TargetMakerTest {
  private static final int SIZE = 56;

  @TempDir Path folder;

  /** The numbers of one object in one view. */
  private record Label(boolean[] mask, float[] box, float[] centroid) {}

  /** An upright view of a slope with an object in one corner, and its mask. */
  private static View upright() {
    byte[] rgb = new byte[3 * SIZE * SIZE];
    float[] metres = new float[SIZE * SIZE];
    for (int i = 0; i < metres.length; i++) {
      metres[i] = 0.6f + 0.003f * (i % SIZE) + 0.001f * (i / SIZE);
      rgb[3 * i] = (byte) (i % SIZE);
    }
    Camera camera =
        new Camera(
            Intrinsics.of(60, 58, 27, 29, SIZE, SIZE),
            RigidTransform.of(
                new double[] {1, 0, 0, 0, -1, 0, 0, 0, -1}, new Vector3(0.5, 0, 0.8)));
    return View.of(
        "agentview",
        RgbImage.copyOf(SIZE, SIZE, rgb),
        Optional.of(DepthImage.of(metres, SIZE, SIZE)),
        Optional.of(camera));
  }

  private static boolean shows(int column, int row) {
    return column >= 6 && column < 20 && row >= 30 && row < 50 && !(column < 10 && row < 40);
  }

  private static BitSet bits(boolean reversed, boolean mirrored) {
    BitSet bits = new BitSet();
    for (int i = 0; i < SIZE * SIZE; i++) {
      int column = mirrored ? SIZE - 1 - i % SIZE : i % SIZE;
      int row = reversed ? SIZE - 1 - i / SIZE : i / SIZE;
      bits.set(i, shows(column, row));
    }
    return bits;
  }

  private static Observation stored(View view) {
    return new Observation(
        List.of(view),
        new float[8],
        List.of(RigidTransform.translation(new Vector3(0.5, 0, 0.3))),
        "put it there",
        0);
  }

  private Label label(boolean reversed, boolean mirrored, Orientation wanted) {
    ImageTransform turn = ImageTransform.identity(SIZE, SIZE);
    if (reversed) {
      turn = turn.then(ImageTransform.reverseRows(SIZE, SIZE));
    }
    if (mirrored) {
      turn = turn.then(ImageTransform.mirror(SIZE, SIZE));
    }
    Observation stored = stored(ViewTransforms.apply(upright(), turn));
    LabelledObject object = object(bits(reversed, mirrored));
    Preset preset = Preset.of("test");
    try (Agent agent =
        Agent.load(folder.resolve("policy"), AgentOptions.DEFAULTS.withOrientation(wanted))) {
      return Scope.call(
          scope -> {
            PreparedObservation prepared = agent.prepare(List.of(stored));
            List<String> cameras = List.of(prepared.views().get(0).camera());
            SceneObjective.Labels labels =
                new TargetMaker(
                        preset.scene(),
                        PresetSections.labels(preset),
                        agent.policy().grid(),
                        new MirrorCompleter())
                    .make(prepared, cameras, new long[] {0}, List.of(List.of(object)), false);
            return new Label(
                labels.targets().masks().toBooleans(),
                labels.targets().boxes().toFloats(),
                labels.targets().centroids().toFloats());
          });
    }
  }

  @Test
  void labelsAreTurnedWithThePictures() {
    FreshPolicy.test(PiFamily.PI05, List.of("agentview"))
        .write(
            folder.resolve("policy"),
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            1);
    Label plain = label(false, false, Orientation.STORED);
    assertThat(plain.mask[45 * SIZE + 15]).isTrue();
    assertThat(plain.mask[35 * SIZE + 7]).isFalse();
    for (boolean reversed : new boolean[] {false, true}) {
      for (boolean mirrored : new boolean[] {false, true}) {
        Label turned = label(reversed, mirrored, Orientation.UPRIGHT);
        assertThat(turned.mask).isEqualTo(plain.mask);
        assertThat(turned.box).isEqualTo(plain.box);
        same(turned.centroid, plain.centroid);
        Label other = label(reversed, mirrored, Orientation.MIRRORED);
        for (int i = 0; i < SIZE * SIZE; i++) {
          assertThat(other.mask[i]).isEqualTo(plain.mask[i / SIZE * SIZE + SIZE - 1 - i % SIZE]);
        }
        assertThat(other.box[0]).isCloseTo(1 - plain.box[0], within(1e-6f));
        same(other.centroid, plain.centroid);
      }
    }
  }

  private static LabelledObject object(BitSet bits) {
    return new LabelledObject(11, "bowl", Map.of("agentview", new ObjectMask(SIZE, SIZE, bits)));
  }

  /** What a head learns of an object is what the predictor is asked for, and more: its share. */
  @Test
  void aHeadIsToldWhatIsHiddenOfEachObject() {
    FreshPolicy.test(PiFamily.PI05, List.of("agentview"))
        .write(
            folder.resolve("policy"),
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            1);
    // Of the second object three pixels are seen: nobody knows what is hidden of it.
    BitSet few = new BitSet();
    few.set(10 * SIZE + 40, 10 * SIZE + 43);
    List<LabelledObject> objects = List.of(object(bits(false, false)), object(few));
    try (Agent agent =
        Agent.load(
            folder.resolve("policy"), AgentOptions.DEFAULTS.withOrientation(Orientation.STORED))) {
      Scope.run(
          () -> {
            PreparedObservation prepared = agent.prepare(List.of(stored(upright())));
            List<String> cameras = List.of(prepared.views().get(0).camera());
            for (String source : List.of("mirror", "head")) {
              Preset preset = Preset.of("test").with("scene.completion.source", source);
              SceneObjective.Labels labels =
                  new TargetMaker(
                          preset.scene(),
                          PresetSections.labels(preset),
                          agent.policy().grid(),
                          new MirrorCompleter())
                      .make(prepared, cameras, new long[] {0}, List.of(objects), true);
              CompletionQueries asked = Objects.requireNonNull(labels.completion());
              if (source.equals("mirror")) {
                assertThat(labels.parts()).isNull();
                continue;
              }
              HiddenParts parts = Objects.requireNonNull(labels.parts());
              assertThat(parts.known().toBooleans()[0]).isTrue();
              assertThat(parts.shares().toFloats()[0]).isBetween(0f, 1f);
              assertThat(parts.occluded().toBooleans()[0]).isEqualTo(asked.valid().toBooleans()[0]);
              assertThat(parts.occluded().toBooleans()[0]).isTrue();
              assertThat(Arrays.copyOf(parts.points().toFloats(), 15))
                  .isEqualTo(Arrays.copyOf(asked.points().toFloats(), 15));
              for (int i = 1; i < parts.known().size(1); i++) {
                assertThat(parts.known().toBooleans()[i]).isFalse();
              }
            }
          });
    }
  }

  private static void same(float[] a, float[] b) {
    for (int i = 0; i < 3; i++) {
      assertThat(a[i]).isCloseTo(b[i], within(1e-5f));
    }
  }
}
