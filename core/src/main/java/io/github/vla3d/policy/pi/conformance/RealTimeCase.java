package io.github.vla3d.policy.pi.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.policy.FlowMatching;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.RealTimeChunk;
import io.github.vla3d.policy.RealTimeChunk.Fading;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Real-time chunking on the inputs of case_a. */
final class RealTimeCase {
  static final String FILE = "rtc.safetensors";
  static final String MANIFEST = "rtc_manifest.json";

  private static final Pattern WEIGHTS =
      Pattern.compile("weights\\.([A-Z]+)\\.start(\\d+)_end(\\d+)_total(\\d+)");
  private static final Pattern GUIDANCE = Pattern.compile("guidance_weight\\.beta([0-9.]+)");
  private static final Pattern TRAINED = Pattern.compile("trained\\.delay(\\d+)\\.actions");
  private static final Tolerance TOLERANCE = Tolerance.of(1e-3, 1e-4);
  private static final Tolerance WEIGHT = Tolerance.of(1e-5, 1e-6);

  private final Fixture fixture;
  private final PiPolicy policy;
  private final CaseInputs in;
  private final Tensor noise;
  private final Tensor previous;

  RealTimeCase(Fixture fixture, PiPolicy policy, CaseInputs in) {
    this.fixture = fixture;
    this.policy = policy;
    this.in = in;
    this.noise = fixture.input(FILE, "noise");
    this.previous = fixture.input(FILE, "prev_chunk_left_over");
  }

  void verify() {
    Prefix read = policy.prefix(policy.encodeViews(in.views()), in.instruction(), in.state());
    Sampling plain = Sampling.of(policy.config().steps());
    for (String name : List.copyOf(fixture.specs(FILE).keySet())) {
      Matcher weights = WEIGHTS.matcher(name);
      Matcher guidance = GUIDANCE.matcher(name);
      Matcher trained = TRAINED.matcher(name);
      if (weights.matches()) {
        Tensor got =
            Fading.valueOf(weights.group(1))
                .weights(number(weights, 2), number(weights, 3), number(weights, 4));
        fixture.compare(FILE, name, got, WEIGHT);
      } else if (guidance.matches()) {
        fixture.compare(FILE, name, guidance(Double.parseDouble(guidance.group(1))), WEIGHT);
      } else if (trained.matches()) {
        RealTimeChunk chunk = new RealTimeChunk.Trained(previous, number(trained, 1));
        fixture.compare(FILE, name, policy.sample(read, noise, plain.with(chunk)), TOLERANCE);
      }
    }
    for (JsonNode guided : fixture.json(MANIFEST).path("guided")) {
      RealTimeChunk chunk =
          new RealTimeChunk.Guided(
              previous,
              guided.required("inference_delay").asInt(),
              guided.required("execution_horizon").asInt(),
              guided.required("max_guidance_weight").asDouble(),
              Fading.valueOf(guided.required("schedule").asText().toUpperCase(Locale.ROOT)));
      String name = guided.required("case").asText() + ".actions";
      fixture.compare(FILE, name, policy.sample(read, noise, plain.with(chunk)), TOLERANCE);
    }
    if (has("guided_none.actions")) {
      fixture.compare(FILE, "guided_none.actions", policy.sample(read, noise, plain), TOLERANCE);
    }
    if (has("trained.loss_per_element")) {
      training(read);
    }
  }

  private boolean has(String name) {
    return fixture.specs(FILE).containsKey(name);
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }

  private Tensor guidance(double most) {
    RealTimeChunk.Guided guided = new RealTimeChunk.Guided(previous, 0, 1, most, Fading.ONES);
    float[] times = Sampling.of(policy.config().steps()).times();
    double[] got = new double[times.length];
    for (int s = 0; s < got.length; s++) {
      got[s] = guided.weight(times[s]);
    }
    return Tensors.of(got, got.length).to(DType.F32);
  }

  private void training(Prefix read) {
    Tensor mask = fixture.input(FILE, "trained.prefix_mask");
    Tensor time = fixture.input(FILE, "trained.time");
    Tensor target = fixture.input(FILE, "trained.actions_target");
    Tensor perAction = FlowMatching.givenAtZero(time, mask);
    fixture.compare(FILE, "trained.model_time", perAction, Tolerance.EXACT);
    fixture.compare(FILE, "trained.x_t", FlowMatching.between(target, noise, perAction), TOLERANCE);
    Tensor loss = policy.loss(read, target, noise, perAction);
    fixture.compare(FILE, "trained.loss_per_element", loss, TOLERANCE);
    fixture.compare(
        FILE, "trained.loss_reduced_mean", FlowMatching.meanOfOpen(loss, mask), TOLERANCE);
    fixture.compare(
        FILE,
        "trained.loss_reduced_per_sample",
        FlowMatching.meanOfOpenPerSample(loss, mask),
        TOLERANCE);
  }
}
