package io.github.vla3d.perception;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AssociationTest {
  private static final Vector3 SIZE = new Vector3(0.08, 0.08, 0.1);

  private static LiftedDetection seen(String view, String name, Vector3 place, int left) {
    BitSet pixels = new BitSet();
    for (int row = 10; row < 20; row++) {
      pixels.set(row * 64 + left, row * 64 + left + 10);
    }
    return new LiftedDetection(
        view, new Detection(name, 0.9, new ObjectMask(64, 48, pixels)), place, SIZE);
  }

  /**
   * Three cups and a bowl in two views whose places are 1 cm off; a view misses one in three, one
   * cup is carried 2 cm a frame, and the order of detections is another each time.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void oneIdentityOverViewsAndFramesWithMissingViews(long seed) {
    Random random = new Random(seed);
    Association association = new Association(Association.Space.THREE_D);
    int[] identity = new int[4];
    for (int frame = 0; frame < 40; frame++) {
      List<LiftedDetection> all = new ArrayList<>();
      boolean[] there = new boolean[4];
      for (int o = 0; o < 4; o++) {
        double carried = o == 0 ? 0.02 * frame : 0;
        for (String view : List.of("front", "wrist")) {
          if (frame == 0 || random.nextInt(3) > 0) {
            there[o] = true;
            Vector3 noise =
                new Vector3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian());
            // Named by their number on top, so that the truth can be told from the mask.
            all.add(
                seen(
                    view,
                    o == 3 ? "bowl" : "cup",
                    new Vector3(0.3 + carried, 0.2 * o, 0.05 + 0.1 * carried)
                        .plus(noise.times(0.005)),
                    10 * o));
          }
        }
      }
      Collections.shuffle(all, random);
      List<LabelledObject> objects = association.next(frame, all);
      int count = 0;
      for (boolean one : there) {
        count += one ? 1 : 0;
      }
      assertThat(objects).hasSize(count);
      for (LabelledObject object : objects) {
        int truth = object.masks().values().iterator().next().pixels().nextSetBit(0) % 64 / 10;
        if (identity[truth] == 0) {
          identity[truth] = object.identity();
        }
        assertThat(object.identity()).isEqualTo(identity[truth]);
        assertThat(object.masks().values())
            .allMatch(mask -> mask.pixels().nextSetBit(0) % 64 / 10 == truth);
      }
    }
    assertThat(identity).doesNotHaveDuplicates();
  }

  @Test
  void theOnlyMissingOneOfANameComesBackAsItself() {
    Association association = new Association(Association.Space.THREE_D);
    int cup = association.next(0, List.of(seen("front", "cup", Vector3.ZERO, 0))).get(0).identity();
    assertThat(association.next(1, List.of())).isEmpty();
    Vector3 far = new Vector3(0.6, 0.1, 0.2);
    assertThat(association.next(30, List.of(seen("front", "cup", far, 40))))
        .extracting(LabelledObject::identity)
        .containsExactly(cup);
    // Another name there is another thing, and so is a second cup.
    List<LabelledObject> more =
        association.next(
            31,
            List.of(
                seen("front", "bowl", far, 40),
                seen("front", "cup", far, 40),
                seen("front", "cup", new Vector3(0, 0.5, 0), 10)));
    assertThat(more).extracting(LabelledObject::identity).contains(cup).doesNotHaveDuplicates();
    assertThat(more).hasSize(3);
  }

  /**
   * What depth is for: pictures alone mix up two cups that another camera sees in another order.
   */
  @Test
  void inTwoDimensionsTheOrderInThePictureDecides() {
    List<LiftedDetection> frame =
        List.of(
            seen("front", "cup", new Vector3(0.3, 0, 0), 5),
            seen("front", "cup", new Vector3(0.3, 0.3, 0), 40),
            seen("back", "cup", new Vector3(0.3, 0.3, 0), 5),
            seen("back", "cup", new Vector3(0.3, 0, 0), 40));
    List<LabelledObject> flat = new Association(Association.Space.TWO_D).next(0, frame);
    List<LabelledObject> deep = new Association(Association.Space.THREE_D).next(0, frame);
    assertThat(flat).hasSize(2).allMatch(o -> o.place().isEmpty());
    assertThat(deep).hasSize(2).allMatch(o -> o.place().isPresent());
    assertThat(flat.get(0).masks().get("front")).isEqualTo(flat.get(0).masks().get("back"));
    assertThat(deep.get(0).masks().get("front")).isNotEqualTo(deep.get(0).masks().get("back"));
  }

  @Test
  void namesOfAnInstructionAndAVocabulary() {
    assertThat(
            Names.of(
                "Pick up the black bowl, and place it on the wooden cabinet.",
                List.of("Plate", "black bowl")))
        .containsExactly("black bowl", "wooden cabinet", "plate");
    assertThat(Names.of("", List.of())).isEmpty();
  }
}
