package io.github.vla3d.labelling;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.scene.config.SceneConfig;
import java.util.TreeMap;

/** Writes down where labels come from. */
final class Manifest {
  static final String FORMAT = "vla3d labels 1";

  private Manifest() {}

  static ObjectNode of(LabelJob job, Dataset dataset, Teacher teacher) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("format", FORMAT);
    ObjectNode who = json.putObject("teacher").put("name", teacher.name());
    new TreeMap<>(teacher.provenance()).forEach(who::put);
    PresetSections.Labels rule = PresetSections.labels(job.preset());
    json.putObject("lifting")
        .put(
            "centroid",
            switch (rule.centroid()) {
              case BOX_CENTER -> "boxCenter";
              case MASK_MEDIAN -> "maskMedian";
            })
        .put("z_max_m", job.preset().scene().views().zMax());
    SceneConfig.Completion completion = job.preset().scene().completion();
    json.putObject("completion")
        .put("completer", CompletionNames.identity(job.completion(), completion))
        .put("occluded", completion.occluded())
        .put("queries", completion.queries())
        .put("min_points", completion.minPoints())
        .put("unobserved_m", completion.unobserved())
        .put("min_share", completion.minShare())
        .put("candidates", completion.candidates());
    json.putObject("dataset").put("name", dataset.name()).put("episodes", dataset.size());
    return json;
  }
}
