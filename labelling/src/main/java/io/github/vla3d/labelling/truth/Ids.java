package io.github.vla3d.labelling.truth;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.JsonFile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The table of ids and names that comes with instance pictures. */
final class Ids {
  private final String file;
  private final Map<Integer, String> names = new HashMap<>();
  private final Map<String, Integer> numbers = new HashMap<>();

  /**
   * @param file for messages
   * @param table an object: names by id
   */
  Ids(String file, JsonFile table) {
    this.file = file;
    for (String key : table.keys()) {
      int id;
      try {
        id = Integer.parseInt(key);
      } catch (NumberFormatException e) {
        throw table.fault(key, "numbers as keys", "this one");
      }
      names.put(id, table.text(key));
      numbers.put(table.text(key), id);
    }
  }

  String name(int id) {
    return names.getOrDefault(id, "");
  }

  /** The ids of a list of names. */
  int[] of(List<String> objects) {
    int[] ids = new int[objects.size()];
    for (int i = 0; i < ids.length; i++) {
      Integer id = numbers.get(objects.get(i));
      if (id == null) {
        throw new DataException(
            file, "segmentation ids", DataException.NO_ROW, "an id of each object", objects.get(i));
      }
      ids[i] = id;
    }
    return ids;
  }
}
