package io.github.vla3d.perception;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What every teacher keeps to. The test of a teacher extends this and says how it is opened and
 * what it is shown.
 */
public abstract class TeacherContract {
  /** How far points of a mask may lie outside of the box of its object, metres. */
  private static final double SLACK = 0.02;

  /** Share of a mask's points that its object's box holds at least. */
  private static final double HELD = 0.9;

  /**
   * A frame and where it stands in its data set.
   *
   * @param episode its number
   * @param observation what was seen in its first frame
   */
  public record Shown(int episode, Observation observation) {}

  /** A new teacher, the same each time; the caller closes it. */
  protected abstract Teacher open();

  /**
   * The first frames of an episode in order, three at least: two views or more with depth and
   * cameras, which all show the same things in all frames.
   *
   * @param episode 0 or 1
   */
  protected abstract List<Observation> frames(int episode);

  /** Number of the things in each frame. */
  protected abstract int things();

  /** Frames without anything to label, by what they show. */
  protected abstract Map<String, Shown> nothing();

  /** Whether it knows nothing without depth and cameras. */
  protected abstract boolean needsDepth();

  private static List<List<LabelledObject>> all(Teacher teacher, List<Observation> frames) {
    List<List<LabelledObject>> labels = new ArrayList<>();
    for (int frame = 0; frame < frames.size(); frame++) {
      labels.add(teacher.label(0, frame, frames.get(frame)));
    }
    return labels;
  }

  private static Set<Integer> identities(List<LabelledObject> objects) {
    return objects.stream()
        .map(LabelledObject::identity)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void framesShowWhatTheContractNeeds() {
    for (int episode = 0; episode < 2; episode++) {
      List<Observation> frames = frames(episode);
      assertThat(frames).hasSizeGreaterThanOrEqualTo(3);
      for (Observation frame : frames) {
        assertThat(frame.views()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(frame.views())
            .allMatch(v -> v.depth().isPresent() && v.depthCamera().isPresent());
      }
    }
    assertThat(things()).isPositive();
  }

  @Test
  void saysTheSameOfTheSameFrames() {
    try (Teacher one = open();
        Teacher other = open()) {
      assertThat(all(other, frames(0))).isEqualTo(all(one, frames(0)));
      assertThat(one.name()).isNotBlank().isEqualTo(other.name());
      assertThat(List.copyOf(one.provenance().entrySet()))
          .isEqualTo(List.copyOf(other.provenance().entrySet()));
    }
  }

  @Test
  void otherEpisodesChangeNothing() {
    List<Observation> frames = frames(0);
    List<Observation> others = frames(1);
    try (Teacher alone = open();
        Teacher between = open()) {
      List<List<LabelledObject>> wanted = all(alone, frames);
      for (int frame = 0; frame < frames.size(); frame++) {
        assertThat(between.label(0, frame, frames.get(frame))).isEqualTo(wanted.get(frame));
        between.label(1, frame, others.get(frame));
      }
      // From its start an episode is new.
      assertThat(all(alone, frames)).isEqualTo(wanted);
    }
  }

  @Test
  void labelsAreWellFormed() {
    List<Observation> frames = frames(0);
    try (Teacher teacher = open()) {
      for (int frame = 0; frame < frames.size(); frame++) {
        List<LabelledObject> objects = teacher.label(0, frame, frames.get(frame));
        assertThat(objects).as("frame %d", frame).hasSize(things());
        check(frames.get(frame), objects);
        assertThat(objects).allMatch(o -> o.masks().size() == 2);
        assertThatThrownBy(objects::clear).isInstanceOf(UnsupportedOperationException.class);
      }
    }
  }

  @Test
  void anIdentityStaysOverTheFrames() {
    List<Observation> frames = frames(0);
    try (Teacher teacher = open()) {
      Set<Integer> first = identities(teacher.label(0, 0, frames.get(0)));
      assertThat(first).hasSize(things());
      // Frame 1 could not be read.
      for (int frame = 2; frame < frames.size(); frame++) {
        assertThat(identities(teacher.label(0, frame, frames.get(frame)))).isEqualTo(first);
      }
    }
  }

  @Test
  void oneViewIsEnough() {
    for (View view : frames(0).get(0).views()) {
      try (Teacher teacher = open()) {
        for (int frame = 0; frame < 2; frame++) {
          Observation alone = frames(0).get(frame).withViews(List.of(view(frame, view.name())));
          List<LabelledObject> objects = teacher.label(0, frame, alone);
          assertThat(objects).as("%s alone", view.name()).hasSize(things());
          check(alone, objects);
        }
      }
    }
  }

  private View view(int frame, String name) {
    return frames(0).get(frame).view(name).orElseThrow();
  }

  @Test
  void nothingIsInventedWhereThereIsNothing() {
    assertThat(nothing()).isNotEmpty();
    nothing()
        .forEach(
            (what, shown) -> {
              try (Teacher teacher = open()) {
                assertThat(teacher.label(shown.episode(), 0, shown.observation()))
                    .as(what)
                    .isEmpty();
              }
            });
  }

  @Test
  void nothingIsInventedWithoutViews() {
    try (Teacher teacher = open()) {
      assertThat(teacher.label(0, 0, frames(0).get(0).withViews(List.of()))).isEmpty();
    }
  }

  @Test
  void withoutValidDepthNoPlaceIsInvented() {
    Observation seen = frames(0).get(0);
    List<List<View>> poor = new ArrayList<>();
    poor.add(
        seen.views().stream()
            .map(v -> View.of(v.name(), v.rgb(), Optional.of(black(v)), v.camera()))
            .toList());
    poor.add(
        seen.views().stream()
            .map(v -> View.of(v.name(), v.rgb(), Optional.empty(), v.camera()))
            .toList());
    poor.add(
        seen.views().stream()
            .map(v -> View.of(v.name(), v.rgb(), v.depth(), Optional.empty()))
            .toList());
    for (List<View> views : poor) {
      Observation without = seen.withViews(views);
      try (Teacher teacher = open()) {
        List<LabelledObject> objects = teacher.label(0, 0, without);
        if (needsDepth()) {
          assertThat(objects).isEmpty();
        } else {
          assertThat(objects).hasSize(things());
          check(without, objects);
        }
      }
    }
  }

  private static DepthImage black(View view) {
    return DepthImage.of(
        new float[view.rgb().width() * view.rgb().height()],
        view.rgb().width(),
        view.rgb().height());
  }

  /** Half the size of what was recorded: labels of this size, or a message that names the view. */
  @Test
  void masksHaveTheSizeOfTheirPicture() {
    Observation seen = frames(0).get(0);
    Observation small = seen.withViews(seen.views().stream().map(TeacherContract::half).toList());
    try (Teacher teacher = open()) {
      List<LabelledObject> objects = teacher.label(0, 0, small);
      assertThat(objects).isNotEmpty();
      check(small, objects);
    } catch (DataException e) {
      View first = small.views().get(0);
      assertThat(e)
          .hasMessageContaining(first.name())
          .hasMessageContaining("%d".formatted(first.rgb().width()));
    }
  }

  private static View half(View view) {
    int width = view.rgb().width() / 2;
    int height = view.rgb().height() / 2;
    byte[] rgb = new byte[3 * width * height];
    float[] metres = new float[width * height];
    byte[] from = view.rgb().toArray();
    for (int i = 0; i < width * height; i++) {
      int j = 2 * (i / width) * view.rgb().width() + 2 * (i % width);
      metres[i] = view.depth().orElseThrow().at(2 * (i % width), 2 * (i / width));
      System.arraycopy(from, 3 * j, rgb, 3 * i, 3);
    }
    Camera camera = view.camera().orElseThrow();
    return View.of(
        view.name(),
        RgbImage.owning(width, height, rgb),
        Optional.of(DepthImage.of(metres, width, height)),
        Optional.of(
            new Camera(
                Intrinsics.of(
                    camera.intrinsics().fx() / 2,
                    camera.intrinsics().fy() / 2,
                    camera.intrinsics().cx() / 2,
                    camera.intrinsics().cy() / 2,
                    width,
                    height),
                camera.worldFromCamera())));
  }

  /** Refused, or answered as before. */
  @Test
  void framesGoForwards() {
    List<Observation> frames = frames(0);
    try (Teacher teacher = open()) {
      List<List<LabelledObject>> said = all(teacher, frames);
      List<LabelledObject> again;
      try {
        again = teacher.label(0, 1, frames.get(1));
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageContaining("in order").hasMessageContaining("got 1 after");
        return;
      }
      assertThat(again).isEqualTo(said.get(1));
    }
  }

  private static void check(Observation seen, List<LabelledObject> objects) {
    Set<Integer> identities = new HashSet<>();
    for (LabelledObject object : objects) {
      assertThat(identities.add(object.identity())).as("one object of an identity").isTrue();
      assertThat(object.score()).isBetween(0.0, 1.0);
      assertThat(object.masks()).isNotEmpty();
      object
          .masks()
          .forEach(
              (name, mask) -> {
                View view = seen.view(name).orElseThrow();
                assertThat(mask.width()).isEqualTo(view.rgb().width());
                assertThat(mask.height()).isEqualTo(view.rgb().height());
                assertThat(mask.area()).isPositive();
                object.place().ifPresent(place -> inBox(view, mask, place));
              });
    }
  }

  /** What a mask shows lies in the box that its object is said to fill. */
  private static void inBox(View view, ObjectMask mask, LabelledObject.Place place) {
    Vector3 c = place.centroid();
    Vector3 e = place.extent();
    assertThat(c.norm()).isFinite();
    assertThat(Math.min(e.x(), Math.min(e.y(), e.z()))).isNotNegative();
    if (view.depth().isEmpty() || view.depthCamera().isEmpty()) {
      return;
    }
    Camera camera = view.depthCamera().get();
    BitSet pixels = mask.pixels();
    int in = 0;
    int all = 0;
    for (int i = pixels.nextSetBit(0); i >= 0; i = pixels.nextSetBit(i + 1)) {
      int column = i % mask.width();
      int row = i / mask.width();
      double z = view.depth().get().at(column, row);
      if (z > 0) {
        Vector3 p = camera.unproject(Pixel.centre(column, row), z).minus(c);
        all++;
        in +=
            Math.abs(p.x()) <= e.x() / 2 + SLACK
                    && Math.abs(p.y()) <= e.y() / 2 + SLACK
                    && Math.abs(p.z()) <= e.z() / 2 + SLACK
                ? 1
                : 0;
      }
    }
    assertThat((double) in).as("points of a mask in its box").isGreaterThanOrEqualTo(HELD * all);
  }
}
