package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.processing.ImageResize;
import io.github.vla3d.policy.processing.Normalizer;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.policy.processing.PromptTokens;
import io.github.vla3d.policy.processing.Prompts;
import io.github.vla3d.policy.processing.Resized;
import io.github.vla3d.policy.processing.StateBins;
import io.github.vla3d.policy.processing.Statistics;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * openpi's transforms in the order in which its policy runs them. In: robot to network, actions
 * counted from the state, normalised, resized, tokenised, padded. Out: the same backwards.
 */
public final class OpenpiPipeline {
  private static final System.Logger LOG = System.getLogger(OpenpiPipeline.class.getName());

  private final Settings settings;
  private final Normalizer state;
  private final Normalizer actions;
  private final Tokenizer tokenizer;

  /**
   * @param stats must know {@code state} and {@code actions}
   * @param tokenizer of PaliGemma; stays the caller's
   * @throws ProcessingException if statistics are missing
   */
  public OpenpiPipeline(Settings settings, NormStats stats, Tokenizer tokenizer) {
    this.settings = settings;
    this.state = Normalizer.openpi(Statistics.of(stats, "state"), settings.quantiles());
    this.actions = Normalizer.openpi(Statistics.of(stats, "actions"), settings.quantiles());
    this.tokenizer = tokenizer;
  }

  /**
   * From a request to the network.
   *
   * @throws ProcessingException if a key is missing, of the wrong size, or not finite
   */
  public ModelInput input(Request request) {
    @Nullable String prompt =
        request.prompt() == null ? settings.defaultPrompt() : request.prompt();
    if (prompt == null) {
      throw new ProcessingException("request: wanted a prompt, got none, and there is no default");
    }
    RobotInput robot = settings.robot().input(request);
    Tensor normal = state.normalize(robot.state());
    @Nullable Tensor targets = robot.actions();
    if (targets != null) {
      targets = padded(actions.normalize(counted(targets, robot.state(), -1)));
    }
    List<ModelInput.Camera> cameras = new ArrayList<>();
    robot
        .images()
        .forEach(
            (name, image) -> {
              Resized resized =
                  ImageResize.pil(image, settings.imageHeight(), settings.imageWidth());
              cameras.add(
                  new ModelInput.Camera(
                      name,
                      resized.image(),
                      robot.present().getOrDefault(name, false),
                      resized.transform()));
            });
    return new ModelInput(cameras, padded(normal), targets, tokens(prompt, normal));
  }

  private PromptTokens tokens(String prompt, Tensor normal) {
    return tokens(
        tokenizer,
        prompt,
        settings.stateInPrompt() ? StateBins.of(normal) : null,
        settings.maxTokens());
  }

  /**
   * A prompt as openpi tokenises it. A prompt that is too long is cut, with a warning.
   *
   * @param bins of the state that goes into the prompt; null for none
   */
  public static PromptTokens tokens(
      Tokenizer tokenizer, String prompt, int @Nullable [] bins, int maxTokens) {
    int[] ids;
    if (bins == null) {
      // The line break marks the start of the answer and is tokenised by itself.
      int[] text = tokenizer.encode(Prompts.cleaned(prompt), true);
      int[] end = tokenizer.encode("\n", false);
      ids = java.util.Arrays.copyOf(text, text.length + end.length);
      System.arraycopy(end, 0, ids, text.length, end.length);
    } else {
      ids = tokenizer.encode(Prompts.withState(prompt, bins), true);
    }
    PromptTokens tokens = PromptTokens.of(ids, maxTokens, 0);
    if (tokens.cut()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "prompt of {0} tokens cut to {1}: the policy does not see its end: {2}",
          tokens.wanted(),
          maxTokens,
          prompt);
    }
    return tokens;
  }

  /**
   * From the network to the robot. The state is restored with the actions, because those that count
   * from it need it as the robot reported it.
   *
   * @param normal the state that went into the network, [D]
   * @param said what the network said, [H, D]
   * @return F64 [H, A]
   */
  public Tensor output(Tensor normal, Tensor said) {
    if (said.dim() != 2 || said.size(1) != settings.actionSize() || normal.dim() != 1) {
      throw new ProcessingException(
          "actions: wanted [H, %d] and a state, got %s and %s"
              .formatted(settings.actionSize(), said, normal));
    }
    return Scope.tensor(
        () ->
            settings
                .robot()
                .output(counted(actions.unnormalize(said), state.unnormalize(normal), 1))
                .contiguous());
  }

  /** Adds the state (or takes it away) where actions count from it. */
  private Tensor counted(Tensor actions, Tensor state, int sign) {
    int size = settings.delta().size();
    if (size == 0) {
      return actions;
    }
    if (state.size(-1) < size || actions.size(-1) < size) {
      throw new ProcessingException(
          "actions that count from the state: wanted both of at least %d dimensions, got %s and %s"
              .formatted(size, actions, state));
    }
    double[] mask = new double[Math.toIntExact(actions.size(-1))];
    for (int i = 0; i < size; i++) {
      mask[i] = settings.delta().get(i) ? sign : 0;
    }
    Tensor offset = Functional.pad(state.narrow(-1, 0, size), 0, 0, mask.length - size);
    return actions.add(offset.mul(Tensors.of(mask, mask.length)));
  }

  private Tensor padded(Tensor x) {
    long missing = settings.actionSize() - x.size(-1);
    if (missing < 0) {
      throw new ProcessingException(
          "wanted at most %d dimensions, got %s".formatted(settings.actionSize(), x));
    }
    return Functional.pad(x, 0, 0, missing);
  }
}
