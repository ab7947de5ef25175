package io.github.vla3d.labelling;

import io.github.vla3d.scene.config.Preset;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is to be labelled, and how.
 *
 * @param dataset folder or file of recordings
 * @param out folder of labels
 * @param teacher its name, see {@link Teachers}
 * @param options of the teacher
 * @param completion name of what makes clouds whole, see {@link CompletionNames}
 * @param preset whose sections {@code labels}, {@code scene.completion} and {@code scene.views}
 *     count
 */
public record LabelJob(
    Path dataset,
    LabelFolder out,
    String teacher,
    Map<String, String> options,
    String completion,
    Preset preset) {
  public LabelJob {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }
}
