package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.GeometryException;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.input.SceneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a robot may hand over by mistake, through the whole agent: an error that names the thing,
 * what was wanted and what was got, or the way around the plug-in, on which actions are the base's
 * bit for bit. Never an action that is no number.
 */
class BadInputTest {
  private static final int PIXELS = 56;

  @TempDir static Path folder;

  private static final Map<PiFamily, Agent> BASES = new EnumMap<>(PiFamily.class);
  private static final Map<PiFamily, Agent> PLUGGED = new EnumMap<>(PiFamily.class);

  private static Path policy(PiFamily family, List<String> cameras) {
    Path place = folder.resolve(family.type() + cameras.size());
    FreshPolicy.test(family, cameras)
        .write(
            place,
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            1);
    return place;
  }

  /** Every probe becomes a token; the gates of views read depth, so that bad depth would show. */
  private static AgentOptions plugged(Preset preset) {
    return AgentOptions.DEFAULTS.withMemory(policy -> ScenePlugin.fresh(policy, preset, 1, 5));
  }

  private static Preset preset() {
    return Preset.of("test")
        .with("scene.selection.score", "0")
        .with("scene.selection.radius", "0")
        .with("scene.gate.depth", "true");
  }

  @BeforeAll
  static void load() {
    for (PiFamily family : PiFamily.values()) {
      Path place = policy(family, List.of("agentview", "wrist"));
      BASES.put(family, Agent.load(place, AgentOptions.DEFAULTS));
      PLUGGED.put(family, Agent.load(place, plugged(preset())));
    }
  }

  @AfterAll
  static void close() {
    BASES.values().forEach(Agent::close);
    PLUGGED.values().forEach(Agent::close);
  }

  private static ActionChunk base(PiFamily family, Observation observation) {
    return Objects.requireNonNull(BASES.get(family)).act(observation, 1);
  }

  private static ActionChunk withPlugin(PiFamily family, Observation observation) {
    ActionChunk chunk = Objects.requireNonNull(PLUGGED.get(family)).act(observation, 1);
    for (int h = 0; h < chunk.horizon(); h++) {
      for (float number : chunk.action(h)) {
        assertThat(number).isFinite();
      }
    }
    return chunk;
  }

  // ---------------------------------------- observations

  private static View seen(String name) {
    return SceneTrainingTest.view(name, name.equals("wrist") ? 2 : 1, true);
  }

  private static View withDepth(View view, UnaryOperator<float[]> change) {
    float[] metres = change.apply(view.depth().orElseThrow().toArray());
    return View.of(
        view.name(), view.rgb(), Optional.of(DepthImage.of(metres, PIXELS, PIXELS)), view.camera());
  }

  private static View withCamera(View view, Optional<Camera> camera) {
    return View.of(view.name(), view.rgb(), view.depth(), camera);
  }

  private static View moved(View view, Vector3 to) {
    Camera camera = view.camera().orElseThrow();
    return withCamera(
        view,
        Optional.of(
            new Camera(
                camera.intrinsics(),
                RigidTransform.of(new double[] {1, 0, 0, 0, -1, 0, 0, 0, -1}, to))));
  }

  private static Observation observation(View... views) {
    return SceneTrainingTest.observation(views);
  }

  private static Observation reaching(List<RigidTransform> effectors, View... views) {
    Observation like = observation(views);
    return new Observation(
        like.views(), like.state(), effectors, like.instruction(), like.seconds());
  }

  private static final UnaryOperator<float[]> NOTHING =
      metres -> {
        Arrays.fill(metres, 0);
        return metres;
      };

  /** What the others rely on: good input is not acted on as the base does. */
  @ParameterizedTest
  @EnumSource
  void goodInputIsUsed(PiFamily family) {
    Observation good = observation(seen("agentview"), seen("wrist"));
    assertThat(withPlugin(family, good)).isNotEqualTo(base(family, good));
    Observation one = observation(seen("agentview"), withDepth(seen("wrist"), NOTHING));
    assertThat(withPlugin(family, one)).isNotEqualTo(withPlugin(family, good));
  }

  // ---------------------------------------- refused

  @Test
  void depthOfAnotherSize() {
    View good = seen("agentview");
    assertThatThrownBy(
            () ->
                View.of(
                    good.name(),
                    good.rgb(),
                    Optional.of(DepthImage.of(new float[28 * 28], 28, 28)),
                    good.camera()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("view agentview: wanted a depth of 56 x 56, got 28 x 28");
    assertThatThrownBy(() -> DepthImage.of(new float[100], PIXELS, PIXELS))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("depth: wanted a value for each of 56x56 pixels, got 100");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void camerasAndEndEffectorsThatAreNoNumbers(double bad) {
    assertThatThrownBy(() -> Intrinsics.of(bad, 60, 28, 28, PIXELS, PIXELS))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("intrinsics: wanted finite numbers, got [" + bad);
    double[] rotation = {1, 0, 0, 0, bad, 0, 0, 0, -1};
    assertThatThrownBy(() -> RigidTransform.of(rotation, Vector3.ZERO))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("rotation: wanted finite numbers, got")
        .hasMessageContaining(String.valueOf(bad));
    assertThatThrownBy(() -> RigidTransform.translation(new Vector3(0, bad, 0)))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("translation: wanted finite numbers, got")
        .hasMessageContaining(String.valueOf(bad));
  }

  /** Finite as the robot has it, but not in fp32, in which the method computes. */
  @ParameterizedTest
  @EnumSource
  void numbersThatAreTooLarge(PiFamily family) {
    View good = seen("agentview");
    Camera long39 =
        new Camera(
            Intrinsics.of(1e39, 1e39, 28, 28, PIXELS, PIXELS),
            good.camera().orElseThrow().worldFromCamera());
    assertThatThrownBy(
            () ->
                withPlugin(
                    family, observation(seen("wrist"), withCamera(good, Optional.of(long39)))))
        .isInstanceOf(SceneException.class)
        .hasMessageContaining("intrinsics: wanted finite numbers, got [Infinity");
    assertThatThrownBy(
            () ->
                withPlugin(
                    family, observation(seen("wrist"), moved(good, new Vector3(0, 1e39, 0)))))
        .isInstanceOf(SceneException.class)
        .hasMessageContaining("cameraFromWorld: wanted finite numbers, got [");
    assertThatThrownBy(
            () ->
                withPlugin(
                    family,
                    reaching(List.of(RigidTransform.translation(new Vector3(1e39, 0, 0))), good)))
        .isInstanceOf(SceneException.class)
        .hasMessageContaining("end-effector: wanted finite numbers, got [Infinity, 0.0, 0.0]");
  }

  @ParameterizedTest
  @EnumSource
  void endEffectorsMissing(PiFamily family) {
    View good = seen("agentview");
    assertThatThrownBy(() -> withPlugin(family, reaching(List.of(), good)))
        .isInstanceOf(SceneException.class)
        .hasMessageContaining("end-effector: wanted the poses of 1 (one an arm), got 0");
    RigidTransform pose = RigidTransform.translation(new Vector3(.5, 0, .3));
    assertThatThrownBy(() -> withPlugin(family, reaching(List.of(pose, pose), good)))
        .isInstanceOf(SceneException.class)
        .hasMessageContaining("wanted the poses of 1 (one an arm), got 2");
    // Where the plug-in has nothing to say, it does not ask.
    Observation flat = reaching(List.of(), SceneTrainingTest.view("agentview", 1, false));
    assertThat(withPlugin(family, flat)).isEqualTo(base(family, flat));
    Agent agent = Objects.requireNonNull(PLUGGED.get(family));
    List<ActionChunk> both =
        agent.act(List.of(observation(good), flat), new long[] {1, 1}, agent.sampling());
    assertThat(both).hasSize(2);
  }

  @Test
  void moreCamerasThanViews() {
    Path five = policy(PiFamily.PI05, List.of("a", "b", "c", "d", "e"));
    assertThatThrownBy(() -> Agent.load(five, plugged(preset())).close())
        .isInstanceOf(SceneException.class)
        .hasMessageContaining("cameras: wanted at most 4 (scene.views.max), got 5: [");
    Agent.load(five, plugged(preset().with("scene.views.max", "5"))).close();
  }

  /** A view that no camera of the policy is for is not read, by base and plug-in alike. */
  @ParameterizedTest
  @EnumSource
  void moreViewsThanCameras(PiFamily family) {
    List<View> all = new ArrayList<>(List.of(seen("agentview"), seen("wrist")));
    Observation two = observation(all.toArray(View[]::new));
    IntStream.range(0, 4).forEach(i -> all.add(SceneTrainingTest.view("more" + i, 5 + i, true)));
    Observation six = observation(all.toArray(View[]::new));
    assertThat(withPlugin(family, six)).isEqualTo(withPlugin(family, two));
    Observation unknown = observation(SceneTrainingTest.view("behind", 1, true));
    assertThatThrownBy(() -> withPlugin(family, unknown))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("cameras: wanted")
        .hasMessageContaining("behind");
  }

  // ---------------------------------------- gone around

  @ParameterizedTest
  @EnumSource
  void camerasMissing(PiFamily family) {
    View blind = withCamera(seen("agentview"), Optional.empty());
    View other = withCamera(seen("wrist"), Optional.empty());
    Observation none = observation(blind, other);
    assertThat(withPlugin(family, none)).isEqualTo(base(family, none));
    // Of one view: it counts as absent, whatever depth it has.
    Observation half = observation(blind, seen("wrist"));
    View without = View.of(blind.name(), blind.rgb(), Optional.empty(), Optional.empty());
    assertThat(withPlugin(family, half))
        .isEqualTo(withPlugin(family, observation(without, seen("wrist"))))
        .isNotEqualTo(base(family, half));
  }

  @ParameterizedTest
  @EnumSource
  void depthThatIsNoNumberIsNone(PiFamily family) {
    float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1};
    UnaryOperator<float[]> holes =
        metres -> {
          for (int i = 0; i < metres.length; i += 3) {
            metres[i] = 0;
          }
          return metres;
        };
    UnaryOperator<float[]> wrong =
        metres -> {
          for (int i = 0; i < metres.length; i += 3) {
            metres[i] = bad[i / 3 % bad.length];
          }
          return metres;
        };
    Observation empty =
        observation(withDepth(seen("agentview"), holes), withDepth(seen("wrist"), holes));
    Observation broken =
        observation(withDepth(seen("agentview"), wrong), withDepth(seen("wrist"), wrong));
    assertThat(withPlugin(family, broken))
        .isEqualTo(withPlugin(family, empty))
        .isNotEqualTo(withPlugin(family, observation(seen("agentview"), seen("wrist"))));
  }

  /** Nothing measured, or nothing but NaN, or all too far away: as if there were no depth. */
  @ParameterizedTest
  @EnumSource
  void depthThatIsInvalidAllOver(PiFamily family) {
    for (float value : new float[] {0, Float.NaN, Float.POSITIVE_INFINITY, -1, 2.5f, 1e30f}) {
      UnaryOperator<float[]> all =
          metres -> {
            Arrays.fill(metres, value);
            return metres;
          };
      Observation nothing =
          observation(withDepth(seen("agentview"), all), withDepth(seen("wrist"), all));
      assertThat(withPlugin(family, nothing)).as("%s", value).isEqualTo(base(family, nothing));
    }
    // One pixel is enough to use the plug-in, and few enough to see what else breaks.
    UnaryOperator<float[]> one =
        metres -> {
          Arrays.fill(metres, Float.NaN);
          metres[100] = 0.8f;
          return metres;
        };
    Observation sparse =
        observation(withDepth(seen("agentview"), one), withDepth(seen("wrist"), NOTHING));
    assertThat(withPlugin(family, sparse)).isNotEqualTo(base(family, sparse));
  }

  // ---------------------------------------- strange, but numbers

  @ParameterizedTest
  @EnumSource
  void strangeNumbersGiveNumbers(PiFamily family) {
    View good = seen("agentview");
    List<Observation> strange =
        List.of(
            observation(moved(good, new Vector3(1e4, -1e4, 1e4))),
            observation(moved(good, new Vector3(0.5, 0, -3))),
            observation(
                withDepth(
                    good,
                    metres -> {
                      Arrays.fill(metres, Float.MIN_VALUE);
                      return metres;
                    })),
            reaching(List.of(RigidTransform.translation(new Vector3(1e6, -1e6, 1e6))), good));
    for (Observation observation : strange) {
      withPlugin(family, observation);
    }
  }
}
