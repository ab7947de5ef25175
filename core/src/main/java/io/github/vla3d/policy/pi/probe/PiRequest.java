package io.github.vla3d.policy.pi.probe;

import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.View;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a policy is asked in LIBERO: two pictures, an empty third camera, a padded prompt.
 *
 * @param views of all cameras, of which the first two are there
 * @param instruction padded
 * @param state for pi0; else null
 * @param noise that the sampler starts from
 */
record PiRequest(List<View> views, Instruction instruction, @Nullable Tensor state, Tensor noise) {
  static final int CAMERAS = 2;
  static final int WORDS = 45;

  /** Tensors in the caller's scope. */
  static PiRequest of(PiConfig config, Generator generator) {
    int image = config.vision().image();
    List<View> views = new ArrayList<>();
    for (String camera : config.cameras()) {
      boolean present = views.size() < CAMERAS;
      Tensor pixels = generator.rand(DType.F32, 1, 3, image, image).mul(2).sub(1);
      views.add(new View(camera, pixels, Tensors.of(new boolean[] {present}, 1)));
    }
    int length = config.promptLength();
    Tensor place = Tensors.arange(length).unsqueeze(0);
    Tensor valid = place.lt(WORDS);
    Tensor ids = generator.randint(1, config.vocabulary(), 1, length).mul(valid.to(DType.I64));
    PiConfig.Robot robot = config.robot();
    return new PiRequest(
        views,
        new Instruction(ids, valid),
        config.family() == PiFamily.PI0 ? generator.randn(DType.F32, 1, robot.state()) : null,
        generator.randn(DType.F32, 1, robot.horizon(), robot.actionWidth()).to(Device.CPU));
  }
}
