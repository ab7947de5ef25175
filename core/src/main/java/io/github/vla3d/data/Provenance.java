package io.github.vla3d.data;

import java.util.Map;

/**
 * Where an episode comes from.
 *
 * @param format of the data set, for example "lerobot v3.0"
 * @param source the file or folder
 * @param notes what else the source says about itself (robot, simulator, conventions)
 */
public record Provenance(String format, String source, Map<String, String> notes) {
  public Provenance {
    notes = Map.copyOf(notes);
  }
}
