package io.github.vla3d.labelling.truth;

import io.github.vla3d.data.DataException;
import io.github.vla3d.geometry.Vector3;
import java.util.Map;
import java.util.TreeMap;

/**
 * Centres of the objects of an episode.
 *
 * @param file for messages
 * @param ids of N objects
 * @param xyz [frames, N, 3] row-major, metres
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier
record Centres(String file, int[] ids, double[] xyz) {
  Map<Integer, Vector3> at(int frame) {
    int row = 3 * ids.length;
    if (frame < 0 || (frame + 1) * row > xyz.length) {
      throw new DataException(
          file, "object_center", frame, "a row of " + row + " numbers", "" + xyz.length);
    }
    Map<Integer, Vector3> centres = new TreeMap<>();
    for (int i = 0; i < ids.length; i++) {
      int at = frame * row + 3 * i;
      centres.put(ids[i], new Vector3(xyz[at], xyz[at + 1], xyz[at + 2]));
    }
    return centres;
  }
}
