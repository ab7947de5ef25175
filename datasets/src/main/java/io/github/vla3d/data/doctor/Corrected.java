package io.github.vla3d.data.doctor;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A data set as it would be without its faults. Every episode is examined when it is asked for, is
 * corrected of what was found in it, and is examined again: what comes out is sound.
 */
public final class Corrected implements Dataset {
  /** One fault may hide another. */
  private static final int ROUNDS = 3;

  private final Dataset source;
  private final Doctor doctor;

  /**
   * @param source is closed with this one
   */
  public Corrected(Dataset source, Doctor doctor) {
    this.source = source;
    this.doctor = doctor;
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public int size() {
    return source.size();
  }

  /**
   * The corrected episode. It is shorter than the stored one if views had to be shifted in time.
   *
   * @throws DataException if it has a fault that cannot be undone
   */
  @Override
  public Episode episode(int index) {
    Episode episode = source.episode(index);
    List<Fault> undone = new ArrayList<>();
    Diagnosis diagnosis = doctor.examine(episode);
    for (int round = 0; round < ROUNDS && !diagnosis.ok(); round++) {
      for (Fault fault : diagnosis.faults()) {
        if (fault.repair() instanceof Repair.Possible possible) {
          episode = possible.undo().apply(episode);
          undone.add(fault);
        } else if (fault.repair() instanceof Repair.Impossible impossible) {
          throw unsound(episode, fault.view(), fault.kind() + ": " + impossible.why());
        }
      }
      diagnosis = doctor.examine(episode);
    }
    if (!diagnosis.ok()) {
      throw unsound(
          episode,
          diagnosis.faults().get(0).view(),
          "it is still faulty after undoing "
              + undone.stream()
                  .map(fault -> fault.kind() + " of " + fault.view())
                  .collect(Collectors.joining(", ")));
    }
    return episode;
  }

  private DataException unsound(Episode episode, String view, String got) {
    return new DataException(
        source.name() + ", " + episode.name(), view, -1, "a fault that can be undone", got);
  }

  @Override
  public int frames(int index) {
    return source.frames(index);
  }

  @Override
  public void close() {
    source.close();
  }
}
