package io.github.vla3d.agent;

import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.policy.pi.PiPrecision;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.policy.processing.lerobot.PolicyProcessors;
import io.github.vla3d.policy.processing.lerobot.ProcessorOptions;
import io.github.vla3d.policy.processing.openpi.Configuration;
import io.github.vla3d.policy.processing.openpi.OpenpiPipeline;
import io.github.vla3d.policy.processing.openpi.Robot;
import io.github.vla3d.policy.processing.openpi.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Folders of pi0 and pi0.5 as LeRobot and openpi (its PyTorch part) write them. */
final class PiAgents {
  private static final String STATS = "norm_stats.json";

  private PiAgents() {}

  static Agent.Parts lerobot(Path folder, AgentOptions options) {
    ProcessorOptions given = options.processing();
    ProcessorOptions processing =
        new ProcessorOptions(
            options.tokenizer() == null ? given.tokenizer() : options.tokenizer(),
            given.promptStateLength(),
            given.stateInPrompt(),
            given.renames());
    // Before the weights: these fail more often, and at once.
    PolicyProcessors processors = PolicyProcessors.open(folder, processing);
    try {
      PiPolicy policy = policy(folder, options);
      PiConfig config = policy.config();
      return new Agent.Parts(
          policy,
          new LerobotProcessors(
              processors,
              config.vision().image(),
              options.resize(),
              config.robot().state(),
              config.robot().action(),
              config.family() == PiFamily.PI0),
          new CameraMap(config.cameras(), List.of(), options.cameras(), processors.renames()),
          Sampling.of(options.steps() == 0 ? config.steps() : options.steps()),
          config.robot().executed(),
          PiCheckpoint.Layout.LEROBOT,
          config.time());
    } catch (RuntimeException e) {
      processors.close();
      throw e;
    }
  }

  static Agent.Parts openpi(Path folder, AgentOptions options) {
    PiPolicy policy = policy(folder, options);
    try {
      PiConfig config = policy.config();
      List<Path> assets = assets(folder);
      Settings base = settings(folder, options, config, assets);
      int image = config.vision().image();
      Settings settings =
          new Settings(
              base.robot(),
              base.quantiles(),
              base.delta(),
              base.stateInPrompt(),
              config.promptLength(),
              image,
              image,
              config.robot().actionWidth(),
              base.defaultPrompt());
      NormStats stats = NormStats.read(stats(folder, assets));
      Robot robot = settings.robot();
      CameraMap cameras =
          new CameraMap(robot.cameras(), robot.requiredCameras(), options.cameras(), Map.of());
      Tokenizer tokenizer = tokenizer(folder, options);
      try {
        return new Agent.Parts(
            policy,
            new OpenpiProcessors(
                new OpenpiPipeline(settings, stats, tokenizer),
                robot,
                tokenizer,
                config.family() == PiFamily.PI0),
            cameras,
            Sampling.of(options.steps() == 0 ? config.steps() : options.steps())
                .with(Sampling.Clock.ACCUMULATED),
            config.robot().executed(),
            PiCheckpoint.Layout.OPENPI,
            config.time());
      } catch (RuntimeException e) {
        tokenizer.close();
        throw e;
      }
    } catch (RuntimeException e) {
      policy.close();
      throw e;
    }
  }

  private static PiPolicy policy(Path folder, AgentOptions options) {
    PiPrecision precision =
        switch (options.precision()) {
          case FP32 -> PiPrecision.FP32;
          case BF16 -> PiPrecision.LEROBOT_BF16;
          case BF16_TOWER -> PiPrecision.OPENPI_BF16;
        };
    return PiCheckpoint.load(
        folder, new PiCheckpoint.Options(precision, options.device(), options.sizes()));
  }

  /** All statistics of the folder, relative to {@code assets}. */
  private static List<Path> assets(Path folder) {
    Path assets = folder.resolve("assets");
    if (!Files.isDirectory(assets)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(assets)) {
      return files
          .filter(file -> file.endsWith(STATS) && Files.isRegularFile(file))
          .map(assets::relativize)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new PolicyException(assets + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static Path stats(Path folder, List<Path> assets) {
    if (assets.size() != 1) {
      throw new PolicyException(
          "%s: wanted one %s below assets, got %s".formatted(folder, STATS, assets));
    }
    return folder.resolve("assets").resolve(assets.get(0));
  }

  private static Settings settings(
      Path folder, AgentOptions options, PiConfig config, List<Path> assets) {
    @Nullable Settings own = options.settings();
    if (own != null) {
      return own;
    }
    boolean pi05 = config.family() == PiFamily.PI05;
    List<Configuration> family =
        Configuration.known().stream().filter(known -> known.pi05() == pi05).toList();
    @Nullable String name = options.openpi();
    List<Configuration> fitting;
    if (name == null) {
      fitting = family.stream().filter(known -> fits(known, config, assets)).toList();
    } else {
      List<Configuration> named = family.stream().filter(k -> k.name().equals(name)).toList();
      List<Configuration> ofRobot =
          family.stream().filter(known -> robot(known).equals(name)).toList();
      List<Configuration> ofLength =
          ofRobot.stream().filter(k -> k.horizon() == config.robot().horizon()).toList();
      fitting = !named.isEmpty() ? named : ofLength.isEmpty() ? ofRobot : ofLength;
    }
    List<Settings> choices =
        fitting.stream().map(known -> known.settings().withDefaultPrompt(null)).distinct().toList();
    if (choices.size() != 1) {
      throw new PolicyException(
          "%s: wanted the openpi configuration that this %s checkpoint (chunks of %d, statistics of %s) was trained with: one of %s%s"
              .formatted(
                  folder,
                  config.family().type(),
                  config.robot().horizon(),
                  assets,
                  family.stream().map(Configuration::name).toList(),
                  name == null ? "" : ", got '" + name + "'"));
    }
    return fitting.size() == 1 ? fitting.get(0).settings() : choices.get(0);
  }

  private static boolean fits(Configuration known, PiConfig config, List<Path> assets) {
    return known.horizon() == config.robot().horizon()
        && assets.equals(List.of(Path.of(known.assetId()).resolve(STATS)));
  }

  private static String robot(Configuration known) {
    return known.settings().robot().getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  private static Tokenizer tokenizer(Path folder, AgentOptions options) {
    @Nullable Path given = options.tokenizer();
    if (given != null) {
      return Tokenizer.open(given);
    }
    for (Path place : List.of(folder.resolve("tokenizer"), folder)) {
      if (Files.exists(place.resolve("tokenizer.json"))
          || Files.exists(place.resolve("tokenizer.model"))) {
        return Tokenizer.open(place);
      }
    }
    throw new PolicyException(
        folder
            + ": wanted a tokenizer, which openpi's checkpoints do not bring along: name the file"
            + " paligemma_tokenizer.model");
  }
}
