package io.github.vla3d.policy.pi.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.vla3d.policy.Sampling.Clock;
import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.policy.pi.PiPrecision;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Verifier;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Knows folders whose manifest says {@code "kind": "pi0"} or {@code "pi05"}: weights in LeRobot's
 * and openpi's layout, inputs, and what either made of them.
 */
public final class PiVerifier implements Verifier {
  private static final Pattern CASE = Pattern.compile("(case_[a-z]+)\\.safetensors");
  private static final Pattern BF16 = Pattern.compile("(case_[a-z]+)_bf16\\.safetensors");
  private static final Pattern OPENPI_BF16 =
      Pattern.compile("openpi_bf16_outputs_(case_[a-z]+)\\.safetensors");
  private static final String OPENPI = "openpi_outputs.safetensors";
  private static final String OPENPI_REPORT = "openpi_report.json";
  private static final String JAX = "openpi_jax_outputs.safetensors";

  @Override
  public String kind() {
    return "pi";
  }

  @Override
  public boolean knows(Fixture fixture) {
    String kind = fixture.manifest().path("kind").asText();
    return kind.equals("pi0") || kind.equals("pi05");
  }

  @Override
  public void verify(Fixture fixture) {
    try (PiPolicy policy = load(fixture, "lerobot", PiPrecision.FP32)) {
      PolicyCase whole = new PolicyCase(fixture, policy);
      whole.statistics();
      for (String file : fixture.files()) {
        Matcher matcher = CASE.matcher(file);
        if (matcher.matches()) {
          String name = matcher.group(1);
          CaseInputs in = inputs(fixture, name, policy);
          new ModelCase(fixture, file, "", policy, in, Bands.FP32, Clock.EXACT).verify();
          Scope.run(() -> whole.verify(name, in));
        }
      }
      if (fixture.has(RealTimeCase.FILE)) {
        Scope.run(
            () ->
                Autograd.noGrad(
                    () -> {
                      new RealTimeCase(fixture, policy, inputs(fixture, "case_a", policy)).verify();
                      return true;
                    }));
      }
    }
    if (fixture.has("openpi/model.safetensors")) {
      try (PiPolicy policy = load(fixture, "openpi", PiPrecision.FP32)) {
        others(fixture, OPENPI, policy, Bands.FP32);
        others(fixture, JAX, policy, Bands.FP32_JAX);
      }
    }
    JsonNode lerobot =
        fixture.manifest().path("observed").path("bf16_vs_fp32_[max_abs_err,max_abs_ref]");
    JsonNode openpi =
        fixture.has(OPENPI_REPORT) ? fixture.json(OPENPI_REPORT) : MissingNode.getInstance();
    for (String file : fixture.files()) {
      narrow(fixture, file, BF16, lerobot, "lerobot", PiPrecision.LEROBOT_BF16, Clock.EXACT);
      narrow(
          fixture, file, OPENPI_BF16, openpi, "openpi", PiPrecision.OPENPI_BF16, Clock.ACCUMULATED);
    }
  }

  private static CaseInputs inputs(Fixture fixture, String name, PiPolicy policy) {
    return CaseInputs.read(fixture, name + ".safetensors", policy.config());
  }

  /** Sizes are those of the manifest: config.json names the variant that the model is a toy of. */
  private static PiPolicy load(Fixture fixture, String folder, PiPrecision precision) {
    fixture.path(folder + "/config.json");
    Path weights = fixture.path(folder + "/model.safetensors");
    Map<String, Long> sizes = new LinkedHashMap<>(fixture.dims(Map.of()));
    // The references tried trained real-time chunking with weights that were not trained for it.
    sizes.put("rtc_training_max_delay", sizes.getOrDefault("H", 1L) - 1);
    return PiCheckpoint.load(
        weights.resolveSibling("."), PiCheckpoint.Options.DEFAULT.with(precision).with(sizes));
  }

  /** A file with the outputs for several cases, under their names. */
  private static void others(Fixture fixture, String file, PiPolicy policy, Bands bands) {
    if (!fixture.has(file)) {
      return;
    }
    for (String inputs : fixture.files()) {
      Matcher matcher = CASE.matcher(inputs);
      if (matcher.matches()) {
        String name = matcher.group(1);
        new ModelCase(
                fixture,
                file,
                name + ".",
                policy,
                inputs(fixture, name, policy),
                bands,
                Clock.ACCUMULATED)
            .verify();
      }
    }
  }

  private static void narrow(
      Fixture fixture,
      String file,
      Pattern pattern,
      JsonNode observed,
      String folder,
      PiPrecision precision,
      Clock clock) {
    Matcher matcher = pattern.matcher(file);
    if (matcher.matches()) {
      JsonNode ofCase = observed.path("bf16_vs_fp32_" + matcher.group(1));
      try (PiPolicy policy = load(fixture, folder, precision)) {
        new ModelCase(
                fixture,
                file,
                "",
                policy,
                inputs(fixture, matcher.group(1), policy),
                Bands.narrow(ofCase.isObject() ? ofCase : observed),
                clock)
            .verify();
      }
    }
  }
}
