package io.github.vla3d.data.doctor;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.geometry.DepthKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Judges recordings from their data alone. */
public final class Doctor {
  private final int episodes;
  private final Optional<DepthKind.ZBuffer> planes;

  /**
   * @param episodes how many of a data set are looked at, evenly spread
   */
  public Doctor(int episodes) {
    this(episodes, Optional.empty());
  }

  /**
   * @param episodes how many of a data set are looked at, evenly spread
   * @param planes of the renderer: a raw z-buffer is then recognised by them, and can be undone;
   *     otherwise they are searched for
   */
  public Doctor(int episodes, Optional<DepthKind.ZBuffer> planes) {
    if (episodes < 1) {
      throw new IllegalArgumentException("doctor: wanted at least 1 episode, got " + episodes);
    }
    this.episodes = episodes;
    this.planes = planes;
  }

  /** Examines a sample of the episodes; a fault of one is a fault of the data set. */
  public Diagnosis examine(Dataset dataset) {
    int n = Math.min(episodes, dataset.size());
    List<Diagnosis> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(examine(dataset.episode((int) ((long) i * dataset.size() / n))));
    }
    return merged(all);
  }

  private static Diagnosis merged(List<Diagnosis> all) {
    record Place(String view, FaultKind kind) {}
    Map<Place, List<Fault>> places = new LinkedHashMap<>();
    Set<String> notes = new LinkedHashSet<>();
    for (Diagnosis one : all) {
      notes.addAll(one.notes());
      for (Fault fault : one.faults()) {
        places
            .computeIfAbsent(new Place(fault.view(), fault.kind()), p -> new ArrayList<>())
            .add(fault);
      }
    }
    List<Fault> faults = new ArrayList<>();
    for (List<Fault> same : places.values()) {
      Fault surest = same.stream().max(Comparator.comparingDouble(Fault::confidence)).orElseThrow();
      faults.add(surest);
      if (all.size() > 1) {
        notes.add(
            surest.kind()
                + " of "
                + surest.view()
                + ": in "
                + same.size()
                + " of "
                + all.size()
                + " episodes examined");
      }
    }
    faults.sort(Comparator.comparingDouble(Fault::confidence).reversed());
    return new Diagnosis(faults, List.copyOf(notes));
  }

  /** Examines one episode; reads about 50 of its frames. */
  public Diagnosis examine(Episode episode) {
    return examine(Recording.of(episode));
  }

  private Diagnosis examine(Recording recording) {
    List<Fault> faults = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    HandEye handEye = new HandEye(recording);
    Timing timing = new Timing(recording);
    Set<Integer> frozen = new LinkedHashSet<>();
    for (int v = 0; v < recording.views().size(); v++) {
      int view = v;
      handEye
          .frozen(v)
          .ifPresent(
              fault -> {
                faults.add(fault);
                frozen.add(view);
              });
    }
    if (!frozen.isEmpty()) {
      // The picture of a fixed camera under the name of a moving one looks frozen, too.
      List<Fault> swapped = new CrossView(recording, Set.of(), planes).correctSwaps();
      if (!swapped.isEmpty()) {
        return new Diagnosis(swapped, notes);
      }
    }
    CrossView cross = new CrossView(recording, frozen, planes);
    faults.addAll(cross.correct());
    for (int v = 0; v < recording.views().size(); v++) {
      int view = v;
      String name = recording.views().get(v);
      boolean sound =
          faults.stream()
              .noneMatch(f -> f.view().contains(name) || f.view().equals(Fault.ALL_VIEWS));
      if (sound) {
        handEye
            .pose(view)
            .or(() -> handEye.outOfTime(view))
            .or(() -> timing.pictures(view))
            .ifPresent(faults::add);
      }
      handEye.effectorQuaternion(view).ifPresent(faults::add);
    }
    if (faults.isEmpty()) {
      faults.addAll(cross.contradictions());
      cross.halfPixel().ifPresent(notes::add);
    }
    for (int v = 0; v < recording.views().size(); v++) {
      if (!frozen.contains(v) && cross.unseen(v)) {
        alone(recording, v, handEye, faults, notes);
      }
    }
    return new Diagnosis(faults, notes);
  }

  /** A view that shares nothing with another is held against itself or against the hand. */
  private void alone(
      Recording recording, int view, HandEye handEye, List<Fault> faults, List<String> notes) {
    String name = recording.views().get(view);
    if (handEye.moving(view)) {
      CrossView times = CrossView.overTime(recording, view, planes);
      faults.addAll(times.correct());
      if (!times.unseen(0)) {
        return;
      }
    }
    Alone alone = new Alone(recording, view, planes);
    if (alone.judgeable()) {
      alone.fault().ifPresent(faults::add);
      notes.add(
          name
              + ": shares no surface with another view, so it was judged by the hand and the largest"
              + " plane in it alone");
    } else {
      notes.add(
          name
              + ": has no depth with a camera, or shares no surface with another view and shows no"
              + " known hand: its geometry could not be judged");
    }
  }
}
