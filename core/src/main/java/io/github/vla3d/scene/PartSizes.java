package io.github.vla3d.scene;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Parameters of the method by part, in the order of the specification's table of sizes, which also
 * has the two readings of the paper's 0.086 billion: R86 (width 512, 6 + 6 + 6 layers) and R49 (3 +
 * 3 + 3), both with F = 10 and tokens of 2048 channels.
 *
 * @param name letter and meaning of the part
 * @param parameters of this module
 * @param r86 of the table; 0 where it does not count the part
 * @param r49 of the table
 */
public record PartSizes(String name, long parameters, long r86, long r49) {
  private record Row(String name, long r86, long r49, Pattern names) {
    Row(String name, long r86, long r49, String names) {
      this(name, r86, r49, Pattern.compile(names));
    }
  }

  private static final List<Row> TABLE =
      List.of(
          new Row("A input projection", 1_050_112, 1_050_112, "fusion\\.input\\..*"),
          new Row("B coordinate net, Eq. 1", 265_728, 265_728, "fusion\\.coordinate.*"),
          new Row("C fusion encoder", 18_915_328, 9_458_176, "fusion\\.(blocks|norm)\\..*"),
          new Row("E pyramid", 1_577_472, 1_577_472, "pyramid\\..*"),
          new Row("E2 mask map", 1_377_536, 1_377_536, "mask_map\\..*"),
          new Row("F probes", 511_276, 511_276, "probes\\..*"),
          new Row(
              "G decoder layers, Eq. 3",
              23_353_548,
              11_676_774,
              "decoder\\.layers\\.\\d+\\.(?!coordinate\\.|readout\\.).*"),
          new Row(
              "G2 coordinate MLPs, Eq. 4",
              3_161_106,
              1_580_553,
              "decoder\\.layers\\.\\d+\\.coordinate\\..*"),
          new Row("H heads", 1_317_125, 1_317_125, "heads\\..*"),
          new Row("I predictor, Eq. 7 to 10", 25_529_856, 12_914_688, "predictor\\..*"),
          new Row(
              "J position of tokens, Eq. 14",
              4_327_424,
              4_327_424,
              "tokens\\.(end_effector|absolute_position)\\..*"),
          new Row("J2 routing, Eq. 15 and 16", 1_840_393, 1_840_393, "routing\\..*"),
          new Row(
              "K token projections",
              2_113_536,
              2_113_536,
              "tokens\\.(instance|completion|type_embedding).*"),
          new Row("not in the table: no-depth vector", 0, 0, "fusion\\.no_depth"),
          new Row(
              "not in the table: extensions",
              0,
              0,
              "completion_head\\..*|injection\\..*|decoder\\.layers\\.\\d+\\.readout\\..*"));

  /** Of a module, which need not be initialised. Every parameter is in exactly one part. */
  public static List<PartSizes> of(SceneModule module) {
    List<PartSizes> parts = new ArrayList<>();
    for (Row row : TABLE) {
      long parameters =
          module.parameters().entrySet().stream()
              .filter(entry -> row.names.matcher(entry.getKey()).matches())
              .mapToLong(entry -> entry.getValue().spec().numel())
              .sum();
      parts.add(new PartSizes(row.name, parameters, row.r86, row.r49));
    }
    return List.copyOf(parts);
  }
}
