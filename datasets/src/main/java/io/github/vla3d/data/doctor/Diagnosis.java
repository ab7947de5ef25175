package io.github.vla3d.data.doctor;

import java.util.List;

/**
 * What was found.
 *
 * @param faults most certain first
 * @param notes what is worth knowing and breaks nothing, and what could not be judged
 */
public record Diagnosis(List<Fault> faults, List<String> notes) {
  public Diagnosis {
    faults = List.copyOf(faults);
    notes = List.copyOf(notes);
  }

  /** Whether nothing is wrong. */
  public boolean ok() {
    return faults.isEmpty();
  }
}
