package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.ActionChunk;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.Timings;
import io.github.vla3d.data.ChosenEpisodes;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.data.Track;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.plot.Line;
import io.github.vla3d.plot.Panel;
import io.github.vla3d.plot.Plot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vla3d act}: what a policy would have done in a recorded episode. */
@Command(
    name = "act",
    mixinStandardHelpOptions = true,
    description = {
      "Asks a policy for actions along a recorded episode and lays them beside the recorded ones.",
      "What was seen is always as recorded: the policy's actions move nothing. Writes a plot and"
          + " prints the error of each dimension and the time of each part."
    })
final class ActCommand extends DocumentCommand {
  @Parameters(
      paramLabel = "MODEL",
      description =
          "Folder of a policy of LeRobot or openpi, of a plug-in, or that vla3d train wrote to.")
  private Path model = Path.of(".");

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATASET",
      description = "The data set with the episode.")
  private Path data = Path.of(".");

  @Option(
      names = "--episode",
      defaultValue = "0",
      paramLabel = "N",
      description = "Which episode (default: ${DEFAULT-VALUE}).")
  private int number;

  @Option(
      names = "--against",
      paramLabel = "LIST",
      description =
          "Also the error of always guessing the mean action of these episodes, for example 0-3,7:"
              + " those that the policy was trained on.")
  private @Nullable String against;

  @Option(
      names = "--every",
      defaultValue = "0",
      paramLabel = "N",
      description =
          "Frames from one question to the next; so many actions of each chunk are compared"
              + " (default: as many as the policy wants executed).")
  private int every;

  @Option(
      names = "--frames",
      defaultValue = "0",
      paramLabel = "N",
      description = "Frames from the beginning of the episode (default: all).")
  private int frames;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Of the noise; a question at frame t takes seed + t (default: 0).")
  private long seed;

  @Option(
      names = "--out",
      defaultValue = ".",
      paramLabel = "DIR",
      description = "Folder for the plot.")
  private Path out = Path.of(".");

  @Mixin private AgentMixin agent = new AgentMixin();

  ActCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    if (every < 0 || frames < 0) {
      throw new IllegalArgumentException(
          "--every, --frames: wanted numbers >= 0, got %d, %d".formatted(every, frames));
    }
    try (Dataset dataset = Datasets.open(data)) {
      if (number < 0 || number >= dataset.size()) {
        throw new DataException(
            data.toString(),
            "episode",
            DataException.NO_ROW,
            "0 to " + (dataset.size() - 1),
            "" + number);
      }
      Episode episode = dataset.episode(number);
      long began = System.nanoTime();
      try (Agent policy = Agent.load(Models.resolve(model), agent.options())) {
        double loading = (System.nanoTime() - began) / 1e9;
        int width = episode.actions().columns();
        if (width != policy.actionSize()) {
          throw new DataException(
              data.toString(),
              "action",
              DataException.NO_ROW,
              policy.actionSize() + " numbers, as the policy has",
              "" + width);
        }
        report(dataset, episode, policy, loading);
      }
    }
    return 0;
  }

  private void report(Dataset dataset, Episode episode, Agent policy, double loading)
      throws IOException {
    int length = frames == 0 ? episode.frames() : Math.min(frames, episode.frames());
    int stride = every == 0 ? policy.executed() : Math.min(every, policy.horizon());
    float[][] predicted = new float[length][];
    List<Timings> timings = new ArrayList<>();
    RobotBase base = Models.base(policy, episode);
    try (Progress progress = new Progress("act", "frames", length)) {
      for (int t = 0; t < length; t += stride) {
        ActionChunk chunk = policy.act(base.inBase(episode.observation(t)), seed + t);
        timings.add(chunk.timings());
        int compared = Math.min(stride, length - t);
        for (int h = 0; h < compared; h++) {
          predicted[t + h] = chunk.action(h);
        }
        progress.advance(compared);
      }
    }
    List<ActionError> errors = ActionError.of(episode.actions(), predicted, mean(dataset));
    List<PartTime> times = PartTime.of(timings);
    Path plot = out.resolve("episode_%06d_actions.png".formatted(number));
    plot(dataset, episode, predicted).write(plot);
    output.line("%s, episode %d: %s", dataset.name(), number, episode.task());
    output.line(
        "%d of %d frames, %d questions, %d of %d actions of each chunk, loaded in %.1f s",
        length, episode.frames(), timings.size(), stride, policy.horizon(), loading);
    output.line("");
    output.line("%s", ActionError.HEADER);
    errors.forEach(error -> output.line("%s", error.row()));
    output.line("");
    output.line("%s", PartTime.HEADER);
    times.forEach(time -> output.line("%s", time.row()));
    output.line("");
    output.line("%s", plot);
    output.json(document(dataset, episode, predicted, errors, times, plot, stride, loading));
  }

  /** The mean action of the episodes of --against. */
  private double @Nullable [] mean(Dataset dataset) {
    List<Integer> numbers = EpisodesMixin.parse("--against", against);
    if (numbers.isEmpty()) {
      return null;
    }
    Dataset chosen = ChosenEpisodes.of(dataset, numbers);
    double[] sum = new double[0];
    int count = 0;
    for (int e : numbers) {
      Track actions = chosen.episode(e).actions();
      sum = count == 0 ? new double[actions.columns()] : sum;
      for (int t = 0; t < chosen.frames(e); t++) {
        for (int d = 0; d < sum.length; d++) {
          sum[d] += actions.at(t, d);
        }
        count++;
      }
    }
    for (int d = 0; d < sum.length; d++) {
      sum[d] /= count;
    }
    return sum;
  }

  private Plot plot(Dataset dataset, Episode episode, float[][] predicted) {
    int n = predicted.length;
    double[] seconds = new double[n];
    for (int t = 0; t < n; t++) {
      seconds[t] = t / episode.framesPerSecond();
    }
    List<Panel> panels = new ArrayList<>();
    for (int d = 0; d < episode.actions().columns(); d++) {
      double[] recorded = new double[n];
      double[] said = new double[n];
      for (int t = 0; t < n; t++) {
        recorded[t] = episode.actions().at(t, d);
        said[t] = predicted[t][d];
      }
      panels.add(
          new Panel(
              "action " + d,
              "time (s)",
              "robot's units",
              List.of(
                  new Line("recorded", seconds, recorded, Line.Style.SOLID),
                  new Line("predicted", seconds, said, Line.Style.SOLID))));
    }
    String title = "%s, episode %d: %s".formatted(dataset.name(), number, episode.task());
    return new Plot(title, panels, panels.size() > 3 ? 2 : 1);
  }

  private ObjectNode document(
      Dataset dataset,
      Episode episode,
      float[][] predicted,
      List<ActionError> errors,
      List<PartTime> times,
      Path plot,
      int stride,
      double loading) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("model", model.toString()).put("data", data.toString());
    root.put("dataset", dataset.name()).put("episode", number).put("task", episode.task());
    root.put("frames", predicted.length).put("every", stride).put("seed", seed);
    root.put("loading_s", loading).put("plot", plot.toString());
    root.set("errors", mapper.valueToTree(errors));
    ArrayNode parts = root.putArray("milliseconds");
    for (PartTime time : times) {
      ObjectNode part = parts.addObject().put("part", time.part().toLowerCase(Locale.ROOT));
      part.put("median", time.median()).put("p90", time.p90()).put("questions", time.count());
    }
    ArrayNode recorded = root.putArray("recorded");
    ArrayNode said = root.putArray("predicted");
    for (int t = 0; t < predicted.length; t++) {
      recorded.add(mapper.valueToTree(episode.actions().row(t)));
      said.add(mapper.valueToTree(predicted[t]));
    }
    return root;
  }
}
