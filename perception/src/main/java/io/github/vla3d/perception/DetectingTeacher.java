package io.github.vla3d.perception;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Labels by a detector of pictures: names from the instruction and a vocabulary, masks lifted by
 * their depth, identities by {@link Association}. A frame without calibrated depth has no labels.
 */
public final class DetectingTeacher implements Teacher {
  /** Farthest depth that is valid, metres. */
  private static final double Z_MAX = 2;

  private final String name;
  private final Detector detector;
  private final List<String> vocabulary;
  private final Association.Space space;
  private final Episodes<Association> episodes;

  /**
   * @param name on the command line
   * @param detector is closed with this
   * @param vocabulary file with a name a line; empty for those of the instruction alone
   * @param space in which identities are kept
   */
  public DetectingTeacher(
      String name, Detector detector, Optional<Path> vocabulary, Association.Space space) {
    this.name = name;
    this.detector = detector;
    this.vocabulary = vocabulary.map(Names::read).orElse(List.of());
    this.space = space;
    this.episodes = new Episodes<>(name, () -> new Association(space));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, String> provenance() {
    Map<String, String> all = new LinkedHashMap<>(detector.provenance());
    all.put("vocabulary", String.join("|", vocabulary));
    all.put("association", space.name());
    return all;
  }

  /**
   * The objects of a frame.
   *
   * @throws IllegalArgumentException if the frame comes not after the one before of its episode
   */
  @Override
  public synchronized List<LabelledObject> label(int episode, int frame, Observation observation) {
    Association association = episodes.at(episode, frame);
    List<String> names = Names.of(observation.instruction(), vocabulary);
    List<LiftedDetection> lifted = new ArrayList<>();
    for (View view : observation.views()) {
      if (view.depth().isPresent() && view.depthCamera().isPresent()) {
        for (Detection detection : detector.detect(view.rgb(), names)) {
          LiftedDetection.of(view, detection, Z_MAX).ifPresent(lifted::add);
        }
      }
    }
    return association.next(frame, lifted);
  }

  @Override
  public void close() {
    detector.close();
  }
}
