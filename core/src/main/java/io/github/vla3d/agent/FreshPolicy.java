package io.github.vla3d.agent;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.gemma.GemmaConfig;
import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiNetwork;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.policy.processing.ByteVocabulary;
import io.github.vla3d.policy.processing.NormalizationMode;
import io.github.vla3d.policy.processing.WordVocabulary;
import io.github.vla3d.policy.processing.lerobot.ProcessorFiles;
import io.github.vla3d.policy.processing.lerobot.Transition;
import io.github.vla3d.policy.siglip.SiglipConfig;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A policy of pi0's or pi0.5's build with random weights, small enough to be trained from nothing:
 * for tests, first light and the embedded benchmark. It is written as a folder like LeRobot's, and
 * {@link Agent#load} reads it.
 *
 * @param family pi0 or pi0.5
 * @param vision sizes of the tower
 * @param language sizes of the language model
 * @param expert sizes of the action expert
 * @param cameras the views of the data set that it is for, in the order of the prefix
 * @param horizon actions of a chunk
 * @param executed actions of a chunk that are executed before the next is asked for
 * @param promptLength tokens to which prompts are filled up or cut; of those of LIBERO with the
 *     state of pi0.5 none has more than 200
 * @param steps of the sampler
 * @param mode how state and actions are scaled
 * @param statePrompt pi0.5: whether the prompt holds the state, as in LeRobot; openpi has
 *     configurations without
 * @param texts whose words are the vocabulary; none for a vocabulary of bytes
 * @param time which times of the flow it is trained at
 */
public record FreshPolicy(
    PiFamily family,
    SiglipConfig vision,
    GemmaConfig language,
    GemmaConfig expert,
    List<String> cameras,
    int horizon,
    int executed,
    int promptLength,
    int steps,
    NormalizationMode mode,
    boolean statePrompt,
    List<String> texts,
    PiConfig.Time time) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** To which state and actions are padded, as in the published models. */
  private static final int WIDTH = 32;

  private static final String TOKENIZER = "tokenizer";

  private static final PiConfig.Time NEAR_NOISE =
      new PiConfig.Time(4e-3, 4.0, 6.0, 1.0, 0.999, 0.001);

  public FreshPolicy {
    cameras = List.copyOf(cameras);
    texts = List.copyOf(texts);
    if (statePrompt && family != PiFamily.PI05) {
      throw new PolicyException("pi0: reads the state beside its prompt, not in it");
    }
  }

  /** The smallest that has all parts: 0.2 million parameters, 16 tokens a view, chunks of 8. */
  public static FreshPolicy test(PiFamily family, List<String> cameras) {
    return new FreshPolicy(
        family,
        new SiglipConfig(48, 2, 4, 96, 14, 56),
        new GemmaConfig(64, 2, 128, 4, 1, 16),
        new GemmaConfig(48, 2, 96, 4, 1, 16),
        cameras,
        8,
        8,
        200,
        5,
        mode(family),
        family == PiFamily.PI05,
        List.of(),
        PiConfig.Time.PUBLISHED);
  }

  /** One that can learn a task: 3 million parameters, 64 tokens a view, chunks of 16. */
  public static FreshPolicy tiny(PiFamily family, List<String> cameras) {
    return new FreshPolicy(
        family,
        new SiglipConfig(128, 4, 4, 256, 14, 112),
        new GemmaConfig(192, 4, 512, 4, 1, 48),
        new GemmaConfig(128, 4, 384, 4, 1, 48),
        cameras,
        16,
        8,
        200,
        10,
        mode(family),
        family == PiFamily.PI05,
        List.of(),
        PiConfig.Time.PUBLISHED);
  }

  /**
   * pi0 for the embedded benchmark: 3.1 million parameters, 64 tokens a view, chunks of 10 of which
   * half is executed. pi0 reads the state beside the prompt: from a prompt of words it would have
   * to learn first what numbers are. It samples in one step, which gives the mean of the actions
   * that it has in mind, and is trained at times near that of pure noise: what is left of the noise
   * after more steps is what a small model learns last.
   *
   * @param texts whose words it is to read
   */
  public static FreshPolicy tabletop(List<String> cameras, List<String> texts) {
    return new FreshPolicy(
        PiFamily.PI0,
        new SiglipConfig(128, 4, 4, 384, 16, 128),
        new GemmaConfig(160, 4, 448, 4, 1, 40),
        new GemmaConfig(160, 4, 448, 4, 1, 40),
        cameras,
        10,
        5,
        32,
        1,
        NormalizationMode.QUANTILES,
        false,
        texts,
        NEAR_NOISE);
  }

  private static NormalizationMode mode(PiFamily family) {
    return family == PiFamily.PI0 ? NormalizationMode.MEAN_STD : NormalizationMode.QUANTILES;
  }

  /** The same with other chunks. */
  public FreshPolicy withHorizon(int horizon, int executed) {
    return with(family, horizon, executed, promptLength, mode, statePrompt, texts);
  }

  /**
   * The same for prompts of whole words, without the state.
   *
   * @param texts whose words it is to read
   * @param promptLength tokens to which prompts are filled up or cut
   */
  public FreshPolicy withWords(List<String> texts, int promptLength) {
    return with(family, horizon, executed, promptLength, mode, false, texts);
  }

  /** The same with another scaling of state and actions. */
  public FreshPolicy withMode(NormalizationMode mode) {
    return with(family, horizon, executed, promptLength, mode, statePrompt, texts);
  }

  /** The same sizes as a policy of another family, which has no state in its prompt. */
  public FreshPolicy withFamily(PiFamily family) {
    return with(family, horizon, executed, promptLength, mode, false, texts);
  }

  private FreshPolicy with(
      PiFamily family,
      int horizon,
      int executed,
      int promptLength,
      NormalizationMode mode,
      boolean statePrompt,
      List<String> texts) {
    return new FreshPolicy(
        family,
        vision,
        language,
        expert,
        cameras,
        horizon,
        executed,
        promptLength,
        steps,
        mode,
        statePrompt,
        texts,
        time);
  }

  /** What {@link #write} writes, for a robot with so many numbers of state and action. */
  public PiConfig config(int state, int action) {
    return new PiConfig(
        family,
        vision,
        language,
        expert,
        texts.isEmpty() ? ByteVocabulary.SIZE : WordVocabulary.of(texts).size(),
        cameras.stream().map(LerobotProcessors::feature).toList(),
        new PiConfig.Robot(
            horizon, executed, Math.max(WIDTH, state), Math.max(WIDTH, action), state, action),
        promptLength,
        steps,
        time,
        0);
  }

  /**
   * Draws the weights and writes the folder.
   *
   * @param folder which must be missing or empty
   * @param stats of the data set that it will be trained on; they also say how long state and
   *     action are
   * @throws PolicyException if the folder is not empty, or cannot be written
   */
  public void write(Path folder, NormStats stats, long seed) {
    PiConfig config = config(stats.state().mean().size(), stats.actions().mean().size());
    Map<String, Map<String, double[]>> statistics = new LinkedHashMap<>();
    statistics.put(Transition.STATE, named(stats.state()));
    statistics.put("action", named(stats.actions()));
    ProcessorFiles processors =
        new ProcessorFiles(
            statePrompt,
            config.cameras(),
            vision.image(),
            mode,
            statistics,
            promptLength,
            TOKENIZER);
    try (PiPolicy policy = new PiPolicy(new PiNetwork(config));
        Generator random = new Generator(seed)) {
      policy.network().initialise(random);
      if (!texts.isEmpty()) {
        begin(policy);
      }
      Files.createDirectories(folder);
      try (var files = Files.list(folder)) {
        if (files.findAny().isPresent()) {
          throw new PolicyException(folder + ": wanted an empty folder, got one with files");
        }
      }
      processors.write(folder);
      if (texts.isEmpty()) {
        ByteVocabulary.write(folder.resolve(TOKENIZER));
      } else {
        WordVocabulary.of(texts).write(folder.resolve(TOKENIZER));
      }
      PiCheckpoint.saveWeights(policy, folder, PiCheckpoint.Layout.LEROBOT);
      // Last: without it the folder is no policy.
      Files.write(
          folder.resolve("config.json"),
          JSON.writerWithDefaultPrettyPrinter()
              .writeValueAsBytes(config.toJson(processors.modes())));
    } catch (IOException e) {
      throw new PolicyException(folder + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * First values with which little data suffices: words of the size of image tokens (the network
   * multiplies them by the root of its width), and places in the picture as waves along both sides,
   * so that neighbours are alike from the start.
   */
  private void begin(PiPolicy policy) {
    Scope.run(
        () ->
            Autograd.noGrad(
                () -> {
                  policy
                      .network()
                      .parameters()
                      .forEach(
                          (name, parameter) -> {
                            if (name.endsWith("embed_tokens.weight")) {
                              parameter.value().mul_(1 / Math.sqrt(language.width()));
                            }
                            if (name.endsWith("position_embedding.weight")) {
                              parameter.value().copy_(waves(vision));
                            }
                          });
                  return true;
                }));
  }

  /** [tokens, width]: a quarter of the width each for sine and cosine along rows and columns. */
  private static Tensor waves(SiglipConfig vision) {
    int rows = vision.grid().rows();
    int columns = vision.grid().columns();
    int quarter = vision.width() / 4;
    float[] values = new float[rows * columns * vision.width()];
    for (int t = 0; t < rows * columns; t++) {
      double[] place = {t / columns + 0.5, t % columns + 0.5};
      for (int k = 0; k < quarter; k++) {
        double turn = Math.PI / Math.max(rows, columns) * Math.pow(2, 4.0 * k / quarter) / 2;
        for (int side = 0; side < 2; side++) {
          int at = t * vision.width() + 2 * side * quarter + k;
          values[at] = (float) (0.7 * Math.sin(turn * place[side]));
          values[at + quarter] = (float) (0.7 * Math.cos(turn * place[side]));
        }
      }
    }
    return Tensors.of(values, (long) rows * columns, vision.width());
  }

  private static Map<String, double[]> named(NormStats.Vector vector) {
    Map<String, double[]> named = new LinkedHashMap<>();
    vector
        .values()
        .forEach(
            (name, numbers) ->
                named.put(name, numbers.stream().mapToDouble(Double::doubleValue).toArray()));
    return named;
  }
}
