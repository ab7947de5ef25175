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
import io.github.vla3d.policy.processing.lerobot.ProcessorFiles;
import io.github.vla3d.policy.processing.lerobot.Transition;
import io.github.vla3d.policy.siglip.SiglipConfig;
import io.github.vla3d.torch.Generator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A policy of pi0's or pi0.5's build with random weights, small enough to be trained from nothing:
 * for tests, first light and the embedded benchmark. It is written as a folder like LeRobot's, and
 * {@link Agent#load} reads it. It reads prompts byte by byte.
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
    NormalizationMode mode) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** To which state and actions are padded, as in the published models. */
  private static final int WIDTH = 32;

  private static final String TOKENIZER = "tokenizer";

  public FreshPolicy {
    cameras = List.copyOf(cameras);
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
        mode(family));
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
        mode(family));
  }

  private static NormalizationMode mode(PiFamily family) {
    return family == PiFamily.PI0 ? NormalizationMode.MEAN_STD : NormalizationMode.QUANTILES;
  }

  /** The same with other chunks. */
  public FreshPolicy withHorizon(int horizon, int executed) {
    return new FreshPolicy(
        family, vision, language, expert, cameras, horizon, executed, promptLength, steps, mode);
  }

  /** The same with another scaling of state and actions. */
  public FreshPolicy withMode(NormalizationMode mode) {
    return new FreshPolicy(
        family, vision, language, expert, cameras, horizon, executed, promptLength, steps, mode);
  }

  /** What {@link #write} writes, for a robot with so many numbers of state and action. */
  public PiConfig config(int state, int action) {
    return new PiConfig(
        family,
        vision,
        language,
        expert,
        ByteVocabulary.SIZE,
        cameras.stream().map(LerobotProcessors::feature).toList(),
        new PiConfig.Robot(
            horizon, executed, Math.max(WIDTH, state), Math.max(WIDTH, action), state, action),
        promptLength,
        steps,
        PiConfig.Time.PUBLISHED,
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
            family == PiFamily.PI05,
            config.cameras(),
            vision.image(),
            mode,
            statistics,
            promptLength,
            TOKENIZER);
    try (PiPolicy policy = new PiPolicy(new PiNetwork(config));
        Generator random = new Generator(seed)) {
      policy.network().initialise(random);
      Files.createDirectories(folder);
      try (var files = Files.list(folder)) {
        if (files.findAny().isPresent()) {
          throw new PolicyException(folder + ": wanted an empty folder, got one with files");
        }
      }
      processors.write(folder);
      ByteVocabulary.write(folder.resolve(TOKENIZER));
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
