package io.github.vla3d.perception;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.io.NpyArray;
import io.github.vla3d.torch.io.Npz;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads the instance pictures that a simulator recorded beside a LeRobotDataset, {@code
 * privileged/episode_NNNNNN.npz} with {@code seg_VIEW} U8 [frames, height, width]: for tests and as
 * an upper bound. Ids below 10 are robot, floor, walls and furniture; the names stand in {@code
 * segmentation_ids} of {@code meta/info.json}.
 */
public final class OracleTeacher implements Teacher {
  /** The first id that is an object. */
  private static final int FIRST_OBJECT = 10;

  private static final String SEGMENTATION = "seg_";
  private static final long LIMIT = 1L << 30;

  /** Episodes whose pictures are kept in memory. */
  private static final int KEPT = 4;

  private final Path root;
  private final Map<Integer, String> names = new HashMap<>();

  private final Map<Integer, Map<String, NpyArray>> episodes =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Map<String, NpyArray>> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * @param root folder of the data set
   * @throws DataException if it has no instance pictures
   */
  public OracleTeacher(Path root) {
    this.root = root;
    if (!has(root)) {
      throw new DataException(
          root.toString(), "privileged", DataException.NO_ROW, "instance pictures", "none");
    }
    Path info = root.resolve("meta/info.json");
    try {
      JsonNode ids = new ObjectMapper().readTree(Files.readAllBytes(info)).path("segmentation_ids");
      ids.properties()
          .forEach(entry -> names.put(Integer.parseInt(entry.getKey()), entry.getValue().asText()));
    } catch (IOException | NumberFormatException e) {
      throw new DataException(
          info.toString(), "segmentation_ids", DataException.NO_ROW, "names by id", "" + e);
    }
  }

  /** Whether a data set has instance pictures. */
  public static boolean has(Path root) {
    return Files.isDirectory(root.resolve("privileged"));
  }

  @Override
  public String name() {
    return "oracle";
  }

  @Override
  public synchronized List<LabelledObject> label(int episode, int frame, Observation observation) {
    Set<String> views = new LinkedHashSet<>();
    observation.views().stream().map(View::name).forEach(views::add);
    Map<String, NpyArray> pictures = episodes.get(episode);
    if (pictures == null || !pictures.keySet().containsAll(views)) {
      pictures = read(episode, views);
      episodes.put(episode, pictures);
    }
    Map<Integer, Map<String, ObjectMask>> masks = new TreeMap<>();
    for (View view : observation.views()) {
      NpyArray all = pictures.get(view.name());
      if (all != null) {
        masks(all, view, episode, frame)
            .forEach(
                (id, mask) ->
                    masks.computeIfAbsent(id, i -> new LinkedHashMap<>()).put(view.name(), mask));
      }
    }
    List<LabelledObject> objects = new ArrayList<>();
    masks.forEach(
        (id, inViews) -> objects.add(new LabelledObject(id, names.getOrDefault(id, ""), inViews)));
    return List.copyOf(objects);
  }

  private Path file(int episode) {
    return root.resolve("privileged/episode_%06d.npz".formatted(episode));
  }

  private Map<String, NpyArray> read(int episode, Set<String> views) {
    Path file = file(episode);
    Set<String> wanted = new LinkedHashSet<>();
    views.forEach(view -> wanted.add(SEGMENTATION + view));
    Map<String, NpyArray> found = new HashMap<>();
    Npz.read(file, wanted, LIMIT)
        .forEach((name, array) -> found.put(name.substring(SEGMENTATION.length()), array));
    return found;
  }

  private Map<Integer, ObjectMask> masks(NpyArray all, View view, int episode, int frame) {
    List<Long> shape = all.spec().shape();
    int width = view.rgb().width();
    int height = view.rgb().height();
    boolean fits =
        all.spec().dtype() == DType.U8
            && shape.size() == 3
            && shape.get(1) == height
            && shape.get(2) == width;
    if (!fits || frame >= shape.get(0)) {
      throw new DataException(
          file(episode).toString(),
          SEGMENTATION + view.name(),
          frame,
          "U8 [more than %d, %d, %d]".formatted(frame, height, width),
          "" + all.spec());
    }
    Map<Integer, BitSet> bits = new TreeMap<>();
    ByteBuffer values = all.values();
    int from = frame * width * height;
    for (int i = 0; i < width * height; i++) {
      int id = values.get(from + i) & 0xff;
      if (id >= FIRST_OBJECT) {
        bits.computeIfAbsent(id, key -> new BitSet(width * height)).set(i);
      }
    }
    Map<Integer, ObjectMask> masks = new TreeMap<>();
    bits.forEach((id, set) -> masks.put(id, new ObjectMask(width, height, set)));
    return masks;
  }
}
