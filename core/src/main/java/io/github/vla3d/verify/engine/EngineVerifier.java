package io.github.vla3d.verify.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.optim.LeRobotCosine;
import io.github.vla3d.torch.optim.Schedule;
import io.github.vla3d.torch.optim.WarmupCosine;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import io.github.vla3d.verify.Verifier;

/** Knows folders whose manifest says {@code "kind": "engine"}. */
public final class EngineVerifier implements Verifier {
  /** A share of the largest value, so that sums that cancel are no failures. */
  private static final Tolerance FP32 = Tolerance.ofMaximum(1e-5);

  /** Two units in the last place. */
  private static final Tolerance BF16 = Tolerance.ofMaximum(1e-2);

  private static final Tolerance RATES = Tolerance.of(1e-12, 0);

  @Override
  public String kind() {
    return "engine";
  }

  @Override
  public boolean knows(Fixture fixture) {
    return fixture.manifest().path("kind").asText().equals("engine");
  }

  @Override
  public void verify(Fixture fixture) {
    JsonNode manifest = fixture.manifest();
    for (JsonNode entry : manifest.path("layers")) {
      Scope.run(() -> LayerCase.verify(fixture, entry));
    }
    for (JsonNode entry : manifest.path("optimizers")) {
      Scope.run(() -> TrainingCase.optimizer(fixture, entry));
    }
    for (JsonNode entry : manifest.path("clips")) {
      Scope.run(() -> TrainingCase.clip(fixture, entry));
    }
    for (JsonNode entry : manifest.path("averages")) {
      Scope.run(() -> TrainingCase.average(fixture, entry));
    }
    for (JsonNode entry : manifest.path("schedules")) {
      Scope.run(() -> schedule(fixture, entry));
    }
  }

  /** By the type of what is compared. */
  static Tolerance tolerance(DType dtype) {
    return dtype == DType.BF16 ? BF16 : FP32;
  }

  private static void schedule(Fixture fixture, JsonNode entry) {
    String file = "schedules.safetensors";
    String name = entry.required("name").asText();
    Schedule schedule = schedule(entry);
    double[] got = new double[Math.toIntExact(fixture.input(file, name).numel())];
    for (int step = 0; step < got.length; step++) {
      got[step] = schedule.at(step);
    }
    Tensor rates = Tensors.of(got, got.length);
    fixture.compare(file, name, rates, RATES);
  }

  private static Schedule schedule(JsonNode entry) {
    String type = entry.required("type").asText();
    double peak = entry.required("peak").asDouble();
    double end = entry.required("end").asDouble();
    long warmup = entry.required("warmup").asLong();
    return switch (type) {
      case "warmup_cosine" -> new WarmupCosine(warmup, peak, entry.required("total").asLong(), end);
      case "lerobot_cosine" ->
          new LeRobotCosine(warmup, entry.required("decay").asLong(), peak, end)
              .scaledTo(entry.required("training").asLong());
      default -> throw new TorchException("engine folder: unknown schedule '" + type + "'");
    };
  }
}
