package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.agent.Orientation;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.cli.scene.SceneSheet;
import io.github.vla3d.cli.scene.SceneShot;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vla3d scene}: what the method makes of a recorded observation, as a picture. */
@Command(
    name = "scene",
    mixinStandardHelpOptions = true,
    description = {
      "Draws what the plug-in makes of one step of a recorded episode: probes with their places in"
          + " each layer, masks, boxes and gates over the pictures, features before and after"
          + " fusion, the scene in space from two viewpoints, completion points, routing.",
      "Without a policy the weights are random and the picture says so."
    })
final class SceneCommand extends DocumentCommand {
  @Parameters(paramLabel = "DATASET", description = "The data set, with depth and cameras.")
  private Path data = Path.of(".");

  @Option(
      names = "--episode",
      defaultValue = "0",
      paramLabel = "N",
      description = "Which episode (default: ${DEFAULT-VALUE}).")
  private int number;

  @Option(
      names = "--step",
      defaultValue = "0",
      paramLabel = "T",
      description = "Which step of it (default: ${DEFAULT-VALUE}).")
  private int step;

  @Option(
      names = "--policy",
      paramLabel = "DIR",
      description = "Folder that vla3d train wrote, or of a plug-in (default: random weights).")
  private @Nullable Path policy;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Of random weights (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--out",
      defaultValue = ".",
      paramLabel = "DIR",
      description = "Folder for the picture (default: this one).")
  private Path out = Path.of(".");

  @Mixin private AgentMixin agent = new AgentMixin();

  SceneCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    System.setProperty("java.awt.headless", "true");
    try (Dataset dataset = Datasets.open(data)) {
      within("episode", number, dataset.size());
      Episode episode = dataset.episode(number);
      within("step", step, episode.frames());
      Observation observation = episode.observation(step);
      if (policy == null) {
        try (TemporaryFolder folder = new TemporaryFolder("vla3d-scene");
            Agent random = random(folder.path().resolve("policy"), episode)) {
          draw(
              dataset,
              episode,
              observation,
              random,
              "RANDOM WEIGHTS (preset test, seed %d, every probe may become a token): shows how things are drawn, not what is learnt"
                  .formatted(seed),
              true);
        }
      } else {
        try (Agent trained = Agent.load(Models.resolve(policy), agent.options())) {
          draw(dataset, episode, observation, trained, "policy: " + policy, false);
        }
      }
    }
    return 0;
  }

  /** A small policy for this robot with a plug-in, none of which has learnt anything. */
  private Agent random(Path folder, Episode episode) {
    NormStats stats =
        new NormStats(
            Map.of(
                "state", NormStats.Vector.unit(episode.states().columns()),
                // A frozen scene has no actions.
                "actions", NormStats.Vector.unit(Math.max(1, episode.actions().columns()))));
    FreshPolicy.test(PiFamily.PI05, episode.viewNames()).write(folder, stats, seed);
    // Nothing is sure of itself before it has learnt.
    Preset preset = Preset.of("test").with("scene.selection.score", "0");
    AgentOptions given = agent.options();
    boolean calibrated =
        episode.observation(step).views().stream().allMatch(view -> view.camera().isPresent());
    // It was trained with no pictures, so that none lie the wrong way: best as people see them.
    AgentOptions options =
        (given.orientation() == Orientation.AUTO && calibrated
                ? given.withOrientation(Orientation.UPRIGHT)
                : given)
            .withMemory(
                with ->
                    ScenePlugin.fresh(
                        with,
                        preset,
                        Math.max(1, episode.observation(step).worldFromEffectors().size()),
                        seed));
    return Agent.load(folder, options);
  }

  private void draw(
      Dataset dataset,
      Episode episode,
      Observation observation,
      Agent with,
      String origin,
      boolean warning)
      throws IOException {
    if (!(with.memory().orElse(null) instanceof ScenePlugin plugin)) {
      throw new IllegalArgumentException(
          "--policy: wanted the folder of a plug-in, got a policy without one: " + policy);
    }
    SceneShot shot =
        SceneShot.of(with, plugin, Models.base(with, episode).inBase(observation))
            .orElseThrow(
                () ->
                    new DataException(
                        data.toString(),
                        "depth",
                        step,
                        "a view with depth and a camera",
                        "none: the policy acts without the plug-in here"));
    String title =
        "%s, episode %d, step %d: %s".formatted(dataset.name(), number, step, episode.task());
    Path file = write(SceneSheet.render(shot, title, origin, warning));
    output.line("%s", title);
    output.line("%s", origin);
    long tokens = shot.instances().stream().filter(SceneShot.Instance::isToken).count();
    output.line(
        "%d views, %d probes, %d instance tokens, %d completion points",
        shot.views().size(), shot.probes().size(), tokens, shot.hidden().size());
    for (SceneShot.Instance one : shot.instances()) {
      output.line(
          "  %2d  probe %3d  score %.2f%s  at %6.3f %6.3f %6.3f m",
          one.number(),
          one.probe(),
          one.score(),
          one.isToken() ? "" : " (no token)",
          one.point().x(),
          one.point().y(),
          one.point().z());
    }
    output.line("%s", file);
    output.json(document(shot, origin, file));
  }

  private ObjectNode document(SceneShot shot, String origin, Path file) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("data", data.toString()).put("episode", number).put("step", step);
    root.put("weights", origin).put("written", file.toString());
    root.put("probes", shot.probes().size());
    ArrayNode instances = root.putArray("instances");
    for (SceneShot.Instance one : shot.instances()) {
      ObjectNode node = instances.addObject().put("probe", one.probe()).put("score", one.score());
      node.put("token", one.isToken());
      node.putArray("point").add(one.point().x()).add(one.point().y()).add(one.point().z());
      if (!Double.isNaN(one.gate())) {
        node.put("gate", one.gate());
      }
    }
    ArrayNode hidden = root.putArray("completion_points");
    for (SceneShot.Hidden one : shot.hidden()) {
      hidden.addArray().add(one.point().x()).add(one.point().y()).add(one.point().z());
    }
    return root;
  }

  private void within(String what, int at, int size) {
    if (at < 0 || at >= size) {
      throw new DataException(
          data.toString(), what, DataException.NO_ROW, "0 to " + (size - 1), "" + at);
    }
  }

  private Path write(BufferedImage image) throws IOException {
    Files.createDirectories(out);
    Path file = out.resolve("episode_%06d_step_%06d_scene.png".formatted(number, step));
    Path aside = Files.createTempFile(out, ".scene", ".png");
    ImageIO.write(image, "png", aside.toFile());
    return Files.move(
        aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
