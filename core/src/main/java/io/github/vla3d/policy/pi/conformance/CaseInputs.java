package io.github.vla3d.policy.pi.conformance;

import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.View;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.verify.Fixture;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The inputs of the core model that a case file holds. */
record CaseInputs(
    String file,
    List<View> views,
    Instruction instruction,
    @Nullable Tensor state,
    Tensor noise,
    Tensor actions,
    Tensor time,
    Tensor xHalf) {
  static CaseInputs read(Fixture fixture, String file, PiConfig config) {
    List<View> views = new ArrayList<>();
    for (int i = 0; fixture.specs(file).containsKey("in.image" + i); i++) {
      if (i == config.cameras().size()) {
        throw new TorchException(
            file + ": more pictures than the " + i + " cameras of the configuration");
      }
      views.add(
          new View(
              config.cameras().get(i),
              fixture.input(file, "in.image" + i),
              fixture.input(file, "in.image_mask" + i)));
    }
    return new CaseInputs(
        file,
        views,
        new Instruction(fixture.input(file, "in.tokens"), fixture.input(file, "in.token_mask")),
        fixture.specs(file).containsKey("in.state") ? fixture.input(file, "in.state") : null,
        fixture.input(file, "in.noise"),
        fixture.input(file, "in.actions"),
        fixture.input(file, "in.time"),
        fixture.input(file, "in.x_half"));
  }

  long batch() {
    return noise.size(0);
  }
}
