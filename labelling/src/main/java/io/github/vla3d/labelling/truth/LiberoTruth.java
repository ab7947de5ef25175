package io.github.vla3d.labelling.truth;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.JsonFile;
import io.github.vla3d.datasets.hdf5.Hdf5;
import io.github.vla3d.datasets.hdf5.Hdf5Files;
import io.github.vla3d.geometry.Vector3;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In LIBERO's HDF5 files: {@code obs/VIEW_segmentation} and {@code privileged/object_center} of
 * each {@code data/demo_N}, and the names of ids in the attribute {@code segmentation_id_table}.
 */
final class LiberoTruth implements Truth {
  private static final String TABLE = "segmentation_id_table";

  private record Place(Path file, String group) {}

  private final Hdf5Files files;
  private final List<Place> places = new ArrayList<>();
  private final Map<Integer, Centres> centres = new HashMap<>();
  private final Ids ids;

  private LiberoTruth(Hdf5Files files, Ids ids) {
    this.files = files;
    this.ids = ids;
    for (Path path : files.paths()) {
      for (String demo : files.get(path).children("data")) {
        places.add(new Place(path, "data/" + demo));
      }
    }
  }

  /** Null where the files carry no instances. */
  static @Nullable LiberoTruth open(Path root) {
    Hdf5Files files = Hdf5Files.under(root);
    Hdf5 first = files.get(files.paths().get(0));
    String table = first.text("data", TABLE);
    if (table == null) {
      files.close();
      return null;
    }
    return new LiberoTruth(files, new Ids(first.name(), JsonFile.parse(first.name(), table)));
  }

  @Override
  public Map<String, InstancePicture> pictures(int episode, int frame, Set<String> views) {
    Place place = places.get(episode);
    Hdf5 file = files.get(place.file);
    Map<String, InstancePicture> found = new LinkedHashMap<>();
    for (String view : views) {
      String path = place.group + "/obs/" + view + "_segmentation";
      long[] shape = file.shape(path);
      if (shape.length != 3) {
        throw new DataException(
            file.name(), path, frame, "frames x height x width", Arrays.toString(shape));
      }
      byte[] pixels = file.frame(path, frame, shape[1] * shape[2]).array();
      found.put(
          view, new InstancePicture(Math.toIntExact(shape[2]), Math.toIntExact(shape[1]), pixels));
    }
    return found;
  }

  @Override
  public Map<Integer, Vector3> centres(int episode, int frame) {
    return centres.computeIfAbsent(episode, this::read).at(frame);
  }

  private Centres read(int episode) {
    Place place = places.get(episode);
    Hdf5 file = files.get(place.file);
    String group = place.group + "/privileged/";
    List<String> names = List.of(file.texts(group + "object_names"));
    return new Centres(
        file.name(), ids.of(names), file.numbers(group + "object_center", -1, names.size(), 3));
  }

  @Override
  public String name(int id) {
    return ids.name(id);
  }

  @Override
  public void close() {
    files.close();
  }
}
