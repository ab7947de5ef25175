package io.github.vla3d.labelling;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.JsonFile;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.io.Lru;
import io.github.vla3d.datasets.io.Parquet;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.ObjectMask;
import io.github.vla3d.perception.Teacher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Says again what a teacher has said. An episode is read whole; those used lately stay in memory.
 */
public final class StoredLabels implements Teacher {
  /** Masks that stay in memory. */
  private static final long BYTES = 256L << 20;

  private final LabelFolder folder;
  private final String name;
  private final Parquet parquet = new Parquet();
  private final Lru<Integer, EpisodeTables.Episode> episodes =
      new Lru<>(BYTES, EpisodeTables.Episode::bytes, gone -> {});

  /**
   * @throws DataException if the folder has no labels
   */
  public StoredLabels(LabelFolder folder) {
    if (!folder.exists()) {
      throw new DataException(folder.root().toString(), null, -1, "labels", "none; vla3d label");
    }
    this.folder = folder;
    JsonFile manifest = folder.manifest();
    String format = manifest.text("format");
    if (!format.equals(Manifest.FORMAT)) {
      throw manifest.fault("format", Manifest.FORMAT, format);
    }
    this.name = manifest.get("teacher").text("name");
  }

  @Override
  public String name() {
    return name;
  }

  /** The hash of the file that says how the labels were made. */
  @Override
  public Map<String, String> provenance() {
    return Map.of("labels", folder.hash());
  }

  private EpisodeTables.Episode episode(int number) {
    if (!folder.has(number)) {
      throw new DataException(
          folder.root().toString(),
          null,
          -1,
          "labels of episode " + number,
          "none; the same vla3d label goes on");
    }
    return episodes.get(number, () -> new EpisodeTables.Episode(parquet, folder.episode(number)));
  }

  /** Number of the frames of an episode. */
  public synchronized int frames(int episode) {
    return episode(episode).frames();
  }

  /** A frame with all that is kept of it. */
  public synchronized FrameLabels frame(int episode, int frame) {
    EpisodeTables.Episode tables = episode(episode);
    if (frame < 0 || frame >= tables.frames()) {
      throw new DataException(
          folder.episode(episode).toString(),
          "frame",
          frame,
          "labels of each frame",
          tables.frames() + " frames; was the data set changed?");
    }
    return tables.frame(frame);
  }

  /**
   * What the labels say of the views that are shown.
   *
   * @throws DataException if they are those of other frames, or of pictures of another size
   */
  @Override
  public List<LabelledObject> label(int episode, int frame, Observation observation) {
    List<LabelledObject> objects = new ArrayList<>();
    for (Label label : frame(episode, frame).labels()) {
      LabelledObject object = label.object();
      Map<String, ObjectMask> masks = new LinkedHashMap<>();
      object
          .masks()
          .forEach(
              (name, mask) ->
                  observation
                      .view(name)
                      .ifPresent(view -> masks.put(name, fitting(mask, view, episode, frame))));
      if (!masks.isEmpty()) {
        objects.add(
            new LabelledObject(
                object.identity(), object.name(), object.score(), masks, object.place()));
      }
    }
    return List.copyOf(objects);
  }

  private ObjectMask fitting(ObjectMask mask, View view, int episode, int frame) {
    if (mask.width() != view.rgb().width() || mask.height() != view.rgb().height()) {
      throw new DataException(
          folder.episode(episode).toString(),
          view.name(),
          frame,
          "masks of a picture of %d x %d".formatted(view.rgb().width(), view.rgb().height()),
          mask.width() + " x " + mask.height());
    }
    return mask;
  }

  /** Frames without labels because something was wrong with them, and what it was. */
  public synchronized Map<Integer, String> skipped(int episode) {
    return episode(episode).skipped();
  }

  @Override
  public void close() {
    parquet.close();
  }
}
