package io.github.vla3d.perception.onnx;

import io.github.vla3d.data.RgbImage;
import io.github.vla3d.perception.Detection;
import io.github.vla3d.perception.Detector;
import io.github.vla3d.perception.ObjectMask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Boxes by Grounding DINO, masks in them by SAM 2. */
public final class GroundedSam implements Detector {
  private final GroundingDino boxes;
  private final Sam2 masks;
  private final OnnxOptions options;
  private final String textHash;

  /**
   * The files of the graphs.
   *
   * @param detector Grounding DINO
   * @param encoder of SAM 2
   * @param decoder of SAM 2
   */
  public record Graphs(Path detector, Path encoder, Path decoder) {}

  /**
   * @param text the detector's tokenizer
   * @param textHash of the file that the tokenizer was made of
   * @param notes is told why a GPU is not used
   * @throws io.github.vla3d.data.DataException if a file is missing, no graph, or another model's
   */
  public GroundedSam(
      Graphs graphs, TextIds text, String textHash, OnnxOptions options, Consumer<String> notes) {
    this.textHash = textHash;
    this.options = options;
    this.boxes = new GroundingDino(graphs.detector, text, options, notes);
    try {
      this.masks = new Sam2(graphs.encoder, graphs.decoder, options.cuda(), notes);
    } catch (RuntimeException e) {
      boxes.close();
      throw e;
    }
  }

  @Override
  public List<Detection> detect(RgbImage picture, List<String> names) {
    List<GroundingDino.Found> found = boxes.find(picture, names);
    List<ObjectMask> cut = masks.masks(picture, found);
    List<Detection> detections = new ArrayList<>();
    for (int i = 0; i < cut.size(); i++) {
      if (cut.get(i).area() > 0) {
        detections.add(new Detection(found.get(i).name(), found.get(i).score(), cut.get(i)));
      }
    }
    return List.copyOf(detections);
  }

  @Override
  public Map<String, String> provenance() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("detector", boxes.hash());
    all.put("encoder", masks.encoderHash());
    all.put("decoder", masks.decoderHash());
    all.put("tokenizer", textHash);
    all.put("threshold", "" + options.threshold());
    all.put("edges", options.shortEdge() + ", " + options.longEdge());
    return all;
  }

  @Override
  public void close() {
    boxes.close();
    masks.close();
  }
}
