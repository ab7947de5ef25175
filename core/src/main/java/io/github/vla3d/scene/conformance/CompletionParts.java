package io.github.vla3d.scene.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenPoints;
import io.github.vla3d.scene.completion.MaskPixels;
import io.github.vla3d.scene.completion.Occluded;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Completion points: pixels under masks, and which points of given clouds are asked for. */
final class CompletionParts {
  private static final String CLOUDS = "inputs/case_d.safetensors";
  private static final String EXPECTED = "inputs/case_d_completion.safetensors";

  private final Fixture fixture;
  private final SceneConfig config;
  private final JsonNode manifest;

  CompletionParts(Fixture fixture) {
    this.fixture = fixture;
    this.manifest = fixture.manifest();
    this.config = Manifest.config(manifest.required("configuration").elements().next());
  }

  void verify() {
    if (fixture.specs(SceneVerifier.PARTS).containsKey("observed.in.depth")) {
      observed();
    }
    if (fixture.specs(SceneVerifier.PARTS).containsKey("completion.out.share")) {
      int count =
          fixture.specs(SceneVerifier.PARTS).get("completion.out.share").shape().get(0).intValue();
      long[] viewIds = new long[count];
      Arrays.setAll(viewIds, i -> i % (config.views().max() + 1L));
      compare(
          new Clouds(SceneVerifier.PARTS, "completion.in.", viewIds, rule(leastPoints())),
          SceneVerifier.PARTS,
          "completion.out.",
          (name, i) -> i + "." + name);
    }
    if (fixture.has(EXPECTED)) {
      compare(
          new Clouds(
              CLOUDS,
              "in.cloud.",
              fixture.input(CLOUDS, "in.cloud.view_ids").toLongs(),
              config.completion()),
          EXPECTED,
          "expected.",
          (name, i) -> name + "." + i);
    }
  }

  /** Stated in the description of the part. */
  private int leastPoints() {
    String text = manifest.required("parts").required("completion").asText();
    Matcher matcher = Pattern.compile("minimum of (\\d+) observed points").matcher(text);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : config.completion().minPoints();
  }

  private SceneConfig.Completion rule(int minPoints) {
    SceneConfig.Completion c = config.completion();
    return new SceneConfig.Completion(
        c.source(),
        c.occluded(),
        c.queries(),
        minPoints,
        c.unobserved(),
        c.minShare(),
        c.candidates());
  }

  // ---------------------------------------- masks

  private void observed() {
    Tensor masks = fixture.input(SceneVerifier.PARTS, "observed.in.mask_logits");
    Tensor depth = fixture.input(SceneVerifier.PARTS, "observed.in.depth");
    int views = (int) masks.size(1);
    int rows = (int) masks.size(2);
    int columns = (int) masks.size(3);
    int height = (int) depth.size(1);
    int width = (int) depth.size(2);
    float[] logits = masks.toFloats();
    float[] metres = depth.toFloats();
    int pixels = height * width;
    int count = (int) masks.size(0) * views;
    double[] upsampled = new double[count * pixels];
    boolean[] positive = new boolean[count * pixels];
    boolean[] kept = new boolean[count * pixels];
    MaskPixels.Grid grid = new MaskPixels.Grid(rows, columns, height, width);
    for (int m = 0; m < count; m++) {
      MaskPixels mask = new MaskPixels(grid, logits, m * rows * columns);
      for (int pixel = 0; pixel < pixels; pixel++) {
        int at = m * pixels + pixel;
        float z = metres[m % views * pixels + pixel];
        upsampled[at] = mask.at(pixel / width, pixel % width);
        positive[at] = mask.isPositive(pixel / width, pixel % width);
        kept[at] =
            mask.isInner(pixel / width, pixel % width) && z > 0 && z <= config.views().zMax();
      }
    }
    long[] shape = {masks.size(0), views, height, width};
    out(SceneVerifier.PARTS, "observed.out.upsampled", Tensors.of(upsampled, shape), "observed");
    out(SceneVerifier.PARTS, "observed.out.positive", Tensors.of(positive, shape), "observed");
    out(SceneVerifier.PARTS, "observed.out.kept", Tensors.of(kept, shape), "observed");
  }

  // ---------------------------------------- clouds

  /** Observed and completed clouds of instances, under PREFIX i.observed and PREFIX i.dense. */
  private record Clouds(String file, String prefix, long[] viewIds, SceneConfig.Completion rule) {}

  private void compare(
      Clouds clouds, String file, String out, BiFunction<String, Integer, String> names) {
    SceneConfig.Completion rule = clouds.rule;
    int count = clouds.viewIds.length;
    double[] share = new double[count];
    List<Occluded> occluded = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PointCloud observed = cloud(clouds, i + ".observed");
      PointCloud dense = cloud(clouds, i + ".dense");
      HiddenPoints hidden = HiddenPoints.of(observed, dense, rule);
      boolean enough = observed.size() >= rule.minPoints();
      share[i] = enough ? hidden.share() : -1;
      if (enough && hidden.isOccluded(rule)) {
        occluded.add(
            new Occluded(i, clouds.viewIds[i], hidden.share(), dense.select(hidden.picks())));
      }
      int[] candidates = hidden.candidates();
      int[] picks = hidden.picks();
      out(
          file,
          out + names.apply("delta", i),
          Tensors.of(hidden.delta(), hidden.delta().length),
          "completion");
      out(file, out + names.apply("candidates", i), whole(candidates), "completion");
      out(file, out + names.apply("picked", i), whole(picks), "completion");
    }
    out(file, out + "share", Tensors.of(share, count), "completion");
    List<Occluded> most = Occluded.most(occluded, rule);
    CompletionQueries queries = Occluded.queries(List.of(most), rule, Device.CPU);
    Tensor valid = queries.valid().select(0, 0);
    out(file, out + "valid", valid, "completion");
    long[] owner = new long[rule.slots()];
    Arrays.setAll(
        owner, k -> k / rule.queries() < most.size() ? most.get(k / rule.queries()).slot() : -1);
    out(
        file,
        out + "owner",
        where(valid, Tensors.of(owner, owner.length), file, out + "owner"),
        "completion");
    out(
        file,
        out + "view_ids",
        where(valid, queries.viewIds().select(0, 0), file, out + "view_ids"),
        "completion");
    out(
        file,
        out + "points",
        where(valid.unsqueeze(-1), queries.points().select(0, 0), file, out + "points"),
        "completion");
  }

  /** Rows that nobody asked for hold whatever the reference holds there. */
  private Tensor where(Tensor valid, Tensor got, String file, String name) {
    return Tensors.where(valid, got, fixture.input(file, name).to(got.dtype()));
  }

  private PointCloud cloud(Clouds clouds, String name) {
    return PointCloud.of(fixture.input(clouds.file, clouds.prefix + name).toFloats());
  }

  private static Tensor whole(int[] values) {
    return Tensors.of(values, values.length).to(DType.I64);
  }

  private void out(String file, String name, Tensor got, String part) {
    JsonNode group = manifest.required("tolerance").required("parts").path(part);
    fixture.compare(
        file,
        name,
        got,
        got.dtype().isFloating()
            ? Tolerance.of(group.required("rtol").asDouble(), group.required("atol").asDouble())
            : Tolerance.EXACT);
  }
}
