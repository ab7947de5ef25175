package io.github.vla3d.perception;

import io.github.vla3d.data.RgbImage;
import java.util.List;
import java.util.Map;

/** Finds named things in a picture. Deterministic, and without a memory. */
public interface Detector extends AutoCloseable {
  /**
   * What it finds, the surest first.
   *
   * @param names what to look for; none finds nothing
   */
  List<Detection> detect(RgbImage picture, List<String> names);

  /** What its answers depend on besides the picture: hashes of its files, thresholds. */
  Map<String, String> provenance();

  @Override
  default void close() {}
}
