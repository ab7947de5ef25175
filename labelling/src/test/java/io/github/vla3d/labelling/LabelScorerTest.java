package io.github.vla3d.labelling;

import static io.github.vla3d.labelling.FakeScene.label;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.labelling.FakeScene.Patch;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.scene.config.Preset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Cases that were worked out by hand. */
class LabelScorerTest {
  private static final Patch LARGE = new Patch(0, 0, 10, 10);
  private static final Patch SMALL = new Patch(0, 20, 5, 4);
  private static final Vector3 FAR = new Vector3(9, 9, 9);

  private static LabelScorer scorer(FakeScene scene) {
    return new LabelScorer(scene, new Lifting(Preset.of("default")));
  }

  private static Figures part(Map<String, Figures> parts, String name) {
    return Objects.requireNonNull(parts.get(name), name);
  }

  private static Scores one(FakeScene scene, LabelledObject... labels) {
    LabelScorer scorer = scorer(scene);
    scorer.add(0, 0, scene.seen(1, FAR), List.of(labels));
    return scorer.scores();
  }

  @Test
  void masksAreMatchedOneToOneAndTheRestIsJudged() {
    FakeScene scene =
        new FakeScene()
            .show("a", 10, LARGE)
            .show("a", 11, SMALL)
            .show("a", 19, new Patch(20, 0, 10, 10))
            .show("a", 12, new Patch(0, 30, 2, 1)); // below the limit of 2.3 pixels
    Figures all =
        one(
                scene,
                label(1, "a", new Patch(0, 0, 8, 10)), // IoU .8 with the large one
                label(2, "a", new Patch(0, 20, 3, 4)), // .6 with the small one
                label(3, "a", new Patch(20, 0, 10, 10)), // a fixture: ignored
                label(4, "a", new Patch(20, 20, 5, 2)), // background
                label(5, "a", new Patch(0, 0, 10, 5)), // .5 with the large one: a duplicate
                label(6, "a", new Patch(0, 30, 2, 1)), // too small an object: ignored
                label(7, "a", new Patch(30, 30, 1, 1))) // below half the limit: nothing
            .all();
    assertThat(all.instances()).isEqualTo(2);
    assertThat(all.recall50()).isEqualTo(1);
    assertThat(all.recall75()).isEqualTo(0.5);
    assertThat(all.boxRecall75()).isEqualTo(0.5);
    assertThat(all.truePositives()).isEqualTo(2);
    assertThat(all.falsePositives()).isEqualTo(2);
    assertThat(all.ignored()).isEqualTo(2);
    assertThat(all.precision50()).isEqualTo(0.5);
  }

  @Test
  void matchesBelowHalfDoNotCount() {
    FakeScene scene = new FakeScene().show("a", 10, LARGE);
    Figures all = one(scene, label(1, "a", new Patch(0, 0, 7, 7))).all(); // 49 of 100
    assertThat(all.recall50()).isZero();
    assertThat(all.precision50()).isZero();
    Figures just = one(scene, label(1, "a", new Patch(0, 0, 10, 5))).all();
    assertThat(just.recall50()).isEqualTo(1);
  }

  @Test
  void theBoxIsThatOfTheMask() {
    // Two pixels far apart make a large box out of a good mask.
    BitSet bits = LARGE.mask().pixels();
    bits.set(31 * FakeScene.SIDE + 31);
    LabelledObject label =
        new LabelledObject(
            1, "", Map.of("a", new ObjectMask(FakeScene.SIDE, FakeScene.SIDE, bits)));
    Figures all = one(new FakeScene().show("a", 10, LARGE), label).all();
    assertThat(all.recall75()).isEqualTo(1);
    assertThat(all.boxRecall75()).isZero();
  }

  @Test
  void centroidsWithoutMatchAreInfinitelyFar() {
    FakeScene scene = new FakeScene().show("a", 10, LARGE).show("a", 11, SMALL);
    Scores scores = one(scene, label(1, Map.of("a", LARGE), new Vector3(0, 0.01, 0)));
    Figures all = scores.all();
    assertThat(all.centroids()).isEqualTo(2);
    assertThat(all.centroidMedian()).isCloseTo(0.01, within(1e-12));
    assertThat(all.centroidP90()).isInfinite();
    assertThat(all.centroidWithin20mm()).isEqualTo(0.5);
    ObjectNode json = scores.toJson();
    assertThat(json.get("centroid_error_p90_m").isNull()).isTrue();
    assertThat(json.get("centroid_error_median_m").asDouble()).isCloseTo(0.01, within(1e-12));
  }

  @Test
  void theCentroidIsThatOfTheFirstViewWithAMatch() {
    FakeScene scene =
        new FakeScene().show("a", 10, LARGE).show("b", 10, SMALL).put(0, 10, new Vector3(1, 0, 0));
    Figures all =
        one(
                scene,
                label(1, Map.of("a", LARGE), new Vector3(1, 0, 0.015)),
                label(2, Map.of("b", SMALL), new Vector3(1, 0, 0.5)))
            .all();
    assertThat(all.instances()).isEqualTo(2);
    assertThat(all.centroids()).isEqualTo(1);
    assertThat(all.centroidMedian()).isCloseTo(0.015, within(1e-12));
    Figures second = one(scene, label(2, Map.of("b", SMALL), new Vector3(1, 0, 0.5))).all();
    assertThat(second.centroidMedian()).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void quantilesAreLinear() {
    assertThat(Figures.quantile(new double[] {1, 2, 4}, 0.5)).isEqualTo(2);
    assertThat(Figures.quantile(new double[] {1, 2, 4}, 0.75)).isEqualTo(3);
    assertThat(Figures.quantile(new double[] {1, Double.POSITIVE_INFINITY}, 0.5)).isInfinite();
    assertThat(Figures.quantile(new double[] {1, 2, Double.POSITIVE_INFINITY}, 0.5)).isEqualTo(2);
    double[] unknown = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    assertThat(Figures.quantile(unknown, 0.3)).isInfinite();
    assertThat(Figures.quantile(new double[0], 0.5)).isNaN();
  }

  @Test
  void switchesOverTimeLookOverGaps() {
    FakeScene scene = new FakeScene().show("a", 10, LARGE);
    LabelScorer scorer = scorer(scene);
    int[] identities = {1, 1, 0, 2, 2};
    for (int i = 0; i < identities.length; i++) {
      scorer.add(
          0,
          5 * i,
          scene.seen(1, FAR),
          identities[i] == 0 ? List.of() : List.of(label(identities[i], "a", LARGE)));
    }
    Figures all = scorer.scores().all();
    assertThat(all.steps()).isEqualTo(3);
    assertThat(all.switchRate()).isCloseTo(1 / 3.0, within(1e-12));
    // One track of two detections is right: 2*2 / (5 true + 4 predicted).
    assertThat(all.idf1()).isCloseTo(4 / 9.0, within(1e-12));
  }

  @Test
  void episodesDoNotShareIdentities() {
    FakeScene scene = new FakeScene().show("a", 10, LARGE);
    LabelScorer scorer = scorer(scene);
    scorer.add(0, 0, scene.seen(1, FAR), List.of(label(1, "a", LARGE)));
    scorer.add(1, 0, scene.seen(1, FAR), List.of(label(2, "a", LARGE)));
    assertThat(scorer.scores().all().steps()).isZero();
    assertThat(scorer.scores().all().switchRate()).isNaN();
    assertThat(scorer.scores().all().idf1()).isEqualTo(1);
  }

  @Test
  void oneIdentityForEverythingDoesNotSwitchButIsHalfWrong() {
    FakeScene scene = new FakeScene().show("a", 10, LARGE).show("a", 11, SMALL);
    LabelScorer scorer = scorer(scene);
    for (int frame = 0; frame < 20; frame += 5) {
      scorer.add(0, frame, scene.seen(1, FAR), List.of(label(1, "a", LARGE), label(1, "a", SMALL)));
    }
    assertThat(scorer.scores().all().switchRate()).isZero();
    assertThat(scorer.scores().all().idf1()).isEqualTo(0.5);
  }

  @Test
  void tracksGoToTheObjectsThatMakeMostOfThem() {
    // Track 1 is 3 times on object 10 and 3 times on 11, track 2 twice on 10: taking the first of
    // the largest gives 3, the best is 5.
    FakeScene scene = new FakeScene().show("a", 10, LARGE).show("a", 11, SMALL);
    LabelScorer scorer = scorer(scene);
    int[][] identities = {{1, 1}, {1, 1}, {1, 1}, {2, 0}, {2, 0}};
    for (int i = 0; i < identities.length; i++) {
      List<LabelledObject> labels = new ArrayList<>();
      labels.add(label(identities[i][0], "a", LARGE));
      if (identities[i][1] != 0) {
        labels.add(label(identities[i][1], "a", SMALL));
      }
      scorer.add(0, 5 * i, scene.seen(1, FAR), labels);
    }
    // 10 true, 8 predicted.
    assertThat(scorer.scores().all().idf1()).isCloseTo(10 / 18.0, within(1e-12));
  }

  @Test
  void viewsShouldAgree() {
    FakeScene scene =
        new FakeScene()
            .show("a", 10, LARGE)
            .show("b", 10, LARGE)
            .show("a", 11, SMALL)
            .show("b", 11, SMALL);
    Figures all =
        one(
                scene,
                label(1, Map.of("a", LARGE, "b", LARGE), Vector3.ZERO),
                label(2, "a", SMALL),
                label(3, "b", SMALL))
            .all();
    assertThat(all.viewPairs()).isEqualTo(2);
    assertThat(all.viewSwitchRate()).isEqualTo(0.5);
  }

  @Test
  void contactIsAMatterOfCentimetres() {
    // At 0.2 m two pixels are 6.25 mm apart.
    FakeScene scene =
        new FakeScene()
            .show("a", 10, LARGE)
            .show("a", 11, new Patch(10, 0, 5, 5)) // beside it
            .show("a", 12, new Patch(16, 0, 5, 5)) // 12.5 mm from the last
            .show("a", 19, new Patch(0, 24, 5, 5)) // a fixture
            .show("a", 13, new Patch(0, 23, 5, 1)); // beside the fixture
    LabelScorer scorer = scorer(scene);
    scorer.add(
        0,
        0,
        scene.seen(0.2, FAR),
        List.of(label(1, "a", LARGE), label(2, "a", new Patch(16, 0, 5, 5))));
    Figures all = scorer.scores().all();
    assertThat(all.instances()).isEqualTo(4);
    assertThat(all.contacts()).isEqualTo(3);
    assertThat(all.recall50Contact()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(all.recall50()).isEqualTo(0.5);
  }

  @Test
  void heldObjectsHaveRisenAndMoveWithTheHand() {
    FakeScene scene =
        new FakeScene()
            .show("a", 10, LARGE)
            .show("a", 11, SMALL)
            .put(0, 10, new Vector3(0, 0, 0.1))
            .put(5, 10, new Vector3(0, 0, 0.2))
            .put(10, 10, new Vector3(0, 0.1, 0.2));
    LabelScorer scorer = scorer(scene);
    Vector3[] hand = {
      new Vector3(0, 0, 0.15), new Vector3(0, 0, 0.25), new Vector3(0, 0.1, 0.25), FAR
    };
    for (int i = 0; i < hand.length; i++) {
      scorer.add(0, 5 * i, scene.seen(1, hand[i]), List.of(label(1, "a", LARGE)));
    }
    Map<String, Figures> held = scorer.scores().held();
    assertThat(part(held, "held").instances()).isEqualTo(2);
    assertThat(part(held, "held").recall50()).isEqualTo(1);
    assertThat(part(held, "free").instances()).isEqualTo(6);
    assertThat(part(held, "free").recall50()).isCloseTo(1 / 3.0, within(1e-12));
  }

  @Test
  void partsAreCountedByThemselves() {
    FakeScene scene = new FakeScene().show("a", 10, LARGE).show("b", 11, SMALL);
    Scores scores = one(scene, label(1, "a", LARGE), label(2, "b", LARGE));
    assertThat(part(scores.views(), "a").precision50()).isEqualTo(1);
    assertThat(part(scores.views(), "b").precision50()).isZero();
    assertThat(part(scores.objects(), "thing_10").recall50()).isEqualTo(1);
    assertThat(part(scores.objects(), "thing_11").recall50()).isZero();
    // 100 of 1024 pixels are 6400 of 65536, and 20 are 1280.
    assertThat(scores.areas().keySet()).containsExactly("1000 to 2500", "2500 and more");
    assertThat(scores.toJson().get("objects").get("thing_10").has("precision50")).isFalse();
    assertThat(scores.toJson().get("frames_per_second").isNull()).isTrue();
  }

  @Test
  void framesComeInOrderAndMasksFit() {
    FakeScene scene = new FakeScene().show("a", 10, LARGE);
    LabelScorer scorer = scorer(scene);
    scorer.add(0, 5, scene.seen(1, FAR), List.of());
    assertThatThrownBy(() -> scorer.add(0, 5, scene.seen(1, FAR), List.of()))
        .hasMessageContaining("5th frame in order");
    assertThatThrownBy(() -> scorer.add(0, 11, scene.seen(1, FAR), List.of()))
        .hasMessageContaining("got 11");
    LabelledObject wrong =
        new LabelledObject(
            1, "", Map.of("a", new ObjectMask(8, 8, BitSet.valueOf(new long[] {1}))));
    assertThatThrownBy(() -> scorer.add(0, 10, scene.seen(1, FAR), List.of(wrong)))
        .hasMessageContaining("wanted a mask of 32 x 32");
  }
}
