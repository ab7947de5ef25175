package io.github.vla3d.perception.pointattn;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.geometry.Clouds;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.PthFile;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import io.github.vla3d.verify.Verifier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Folders with PointAttN as its own code computes it: both variants in full size, whose weights
 * follow a rule; its block with gradients; and a state in the container of the published files.
 */
public final class PointAttnVerifier implements Verifier {
  private static final String BLOCK = "cross_transformer.safetensors";
  private static final String BLOCK_WEIGHTS = "ct.w.";
  private static final String STATE = "tiny_net_state_dict.pth";

  /** As the manifest says it: rtol 1e-4 atol 2e-5; ... */
  private static final Pattern TOLERANCE =
      Pattern.compile("rtol ([0-9.e-]+) atol ([0-9.e-]+); FPS indices exact.*");

  @Override
  public String kind() {
    return "pointattn";
  }

  @Override
  public boolean knows(Fixture fixture) {
    JsonNode manifest = fixture.manifest();
    return manifest.has("pth") && manifest.path("pcn").has("tensors");
  }

  @Override
  public void verify(Fixture fixture) {
    Tolerance tolerance = tolerance(fixture);
    if (fixture.has(BLOCK)) {
      Scope.run(() -> block(fixture, tolerance));
    }
    if (fixture.has(STATE)) {
      Scope.run(() -> state(fixture));
    }
    for (Variant variant : Variant.values()) {
      String name = variant.name().toLowerCase(Locale.ROOT);
      if (fixture.has(name + ".safetensors")) {
        Scope.run(() -> new Whole(fixture, variant, name, tolerance).verify());
      }
    }
  }

  private static Tolerance tolerance(Fixture fixture) {
    String text = fixture.manifest().path("tolerance").asText();
    Matcher matcher = TOLERANCE.matcher(text);
    if (!matcher.matches()) {
      throw new TorchException(
          "manifest: wanted a tolerance as 'rtol A atol B; FPS indices exact', got '" + text + "'");
    }
    return Tolerance.of(Double.parseDouble(matcher.group(1)), Double.parseDouble(matcher.group(2)));
  }

  // ---------------------------------------- the block

  private static Map<String, Tensor> blockWeights(Fixture fixture) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : fixture.specs(BLOCK).keySet()) {
      if (name.startsWith(BLOCK_WEIGHTS)) {
        tensors.put(name.substring(BLOCK_WEIGHTS.length()), fixture.input(BLOCK, name));
      }
    }
    return tensors;
  }

  private static void block(Fixture fixture, Tolerance tolerance) {
    Map<String, Tensor> weights = blockWeights(fixture);
    Tensor input = fixture.input(BLOCK, "ct.w.input_proj.weight");
    try (CrossTransformer block = new CrossTransformer(input.size(1), input.size(0))) {
      block.load(Weights.of(BLOCK, weights), DType.F32, Device.CPU);
      Tensor a = fixture.input(BLOCK, "ct.src1").copy().requiresGrad_(true);
      Tensor b = fixture.input(BLOCK, "ct.src2");
      Tensor out = block.apply(a.transpose(1, 2), b.transpose(1, 2)).transpose(1, 2);
      fixture.compare(BLOCK, "ct.out", out, tolerance);
      Autograd.backward(List.of(out), List.of(fixture.input(BLOCK, "ct.grad_out")));
      gradient(fixture, "ct.grad_src1", a, tolerance);
      gradient(
          fixture,
          "ct.grad_in_proj_weight",
          Objects.requireNonNull(block.parameters().get("multihead_attn1.in_proj_weight")).value(),
          tolerance);
    }
  }

  private static void gradient(Fixture fixture, String name, Tensor of, Tolerance tolerance) {
    Tensor gradient = of.grad();
    if (gradient == null) {
      throw new TorchException(BLOCK + "#" + name + ": no gradient arrived");
    }
    fixture.compare(BLOCK, name, gradient, tolerance);
  }

  // ---------------------------------------- the container

  /** The same tensors twice, once in the container of the published files. */
  private static void state(Fixture fixture) {
    Map<String, Tensor> wanted = blockWeights(fixture);
    String prefix = "encoder.sa1.";
    try (PthFile file = PthFile.open(fixture.path(STATE), "net_state_dict")) {
      Set<String> names = new TreeSet<>();
      wanted.keySet().forEach(name -> names.add(prefix + name));
      fixture.compareEqual(STATE + "#names", names, new TreeSet<>(file.specs().keySet()));
      for (String name : wanted.keySet()) {
        if (file.specs().containsKey(prefix + name)) {
          fixture.compare(BLOCK, BLOCK_WEIGHTS + name, file.get(prefix + name), Tolerance.EXACT);
        }
      }
    }
  }

  // ---------------------------------------- the network

  private record Whole(Fixture fixture, Variant variant, String name, Tolerance tolerance) {
    private String file() {
      return name + ".safetensors";
    }

    void verify() {
      JsonNode manifest = fixture.manifest();
      JsonNode entry = manifest.required(name);
      Weights weights = FormulaWeights.of(entry);
      JsonNode first = manifest.required("first_values").required(name);
      float[] got =
          weights.get(entry.required("tensors").get(0).get(0).asText()).reshape(-1).toFloats();
      for (int i = 0; i < first.size(); i++) {
        fixture.compare(
            name + ": weight " + i + " of the rule",
            (float) first.get(i).asDouble(),
            got[i],
            Tolerance.EXACT);
      }
      try (PointAttn model = PointAttn.of(weights, Device.CPU, "")) {
        fixture.compareEqual(name + ": variant", variant, model.variant());
        fixture.compare(
            name + ": parameters",
            entry.required("n_parameters").asDouble(),
            model.network().parameters().values().stream().mapToLong(p -> p.spec().numel()).sum(),
            Tolerance.EXACT);
        Tensor points = fixture.input(file(), "points").transpose(1, 2).contiguous();
        Tensor dense = Autograd.noGrad(() -> model.network().apply(points, this::see));
        stage("out2", dense);
        chamfer("cd_p", "cd_t", dense);
      }
    }

    private void see(String stage, Tensor value) {
      if (stage.startsWith("fps")) {
        if (fixture.specs(file()).containsKey(stage + ".idx")) {
          fixture.compare(file(), stage + ".idx", value, Tolerance.EXACT);
        }
        return;
      }
      stage(stage, value.transpose(1, 2));
      if (stage.equals("coarse")) {
        stage("out1", value);
        chamfer("cd_p_coarse", "cd_t_coarse", value);
      }
    }

    private void stage(String stage, Tensor value) {
      if (fixture.specs(file()).containsKey(stage)) {
        fixture.compare(file(), stage, value, tolerance);
      }
    }

    private void chamfer(String l1, String l2, Tensor cloud) {
      if (!fixture.specs(file()).containsKey(l1)) {
        return;
      }
      Tensor truth = fixture.input(file(), "gt");
      int batch = Math.toIntExact(truth.size(0));
      double[] first = new double[batch];
      double[] second = new double[batch];
      for (int i = 0; i < batch; i++) {
        Clouds.Chamfer distance = Clouds.chamfer(cloud(cloud, i), cloud(truth, i));
        first[i] = distance.l1();
        second[i] = distance.l2();
      }
      fixture.compare(file(), l1, Tensors.of(first, batch), tolerance);
      fixture.compare(file(), l2, Tensors.of(second, batch), tolerance);
    }

    private static PointCloud cloud(Tensor clouds, int sample) {
      return PointCloud.of(clouds.select(0, sample).contiguous().toFloats());
    }
  }
}
