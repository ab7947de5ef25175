package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.labelling.Teachers;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.perception.pointattn.PointAttn;
import io.github.vla3d.perception.pointattn.Variant;
import io.github.vla3d.tabletop.Expert;
import io.github.vla3d.tabletop.Tabletop;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.probe.Machine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vla3d bench label}: pairs of pictures a second of the teacher, clouds of PointAttN. */
@Command(
    name = "label",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the depth teacher, in one thread, on two RGB-D views of an episode of the embedded"
          + " benchmark, and PointAttN in both its published variants.",
      "PointAttN has random weights of the true shape: they say how fast it is and nothing else."
    })
final class BenchLabelCommand extends DocumentCommand {
  private static final String TASK = "tomato_can_in_basket";

  @Option(
      names = "--frames",
      paramLabel = "N",
      defaultValue = "60",
      description = "Pairs of pictures that the teacher is shown (default: ${DEFAULT-VALUE}).")
  private int frames;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "256",
      description = "Of the pictures (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--clouds",
      paramLabel = "N",
      defaultValue = "4",
      description = "Clouds that PointAttN completes at once (default: ${DEFAULT-VALUE}).")
  private int clouds;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "How often each is measured; the fastest counts (default: ${DEFAULT-VALUE}).")
  private int rounds;

  BenchLabelCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    if (frames < 1 || clouds < 1 || rounds < 1 || size < 32) {
      throw new IllegalArgumentException(
          "wanted --frames, --clouds and --rounds of at least 1 and --size of at least 32, got %d,"
                  .formatted(frames)
              + " %d, %d and %d".formatted(clouds, rounds, size));
    }
    Machine machine = Machine.look();
    output.line(
        "%s, %d cores, load %.1f; %d threads an operation",
        machine.processor(), machine.cores(), machine.load(), Torch.threads());
    ObjectNode document = new ObjectMapper().createObjectNode();
    document.put("frames", frames).put("size", size).put("views", 2);
    document.put("clouds", clouds).put("rounds", rounds);
    List<Observation> episode = episode();
    try (Progress progress =
        new Progress("bench label", "rounds", (long) rounds * (1 + Variant.values().length))) {
      double pairs = 0;
      for (int round = 0; round < rounds; round++) {
        pairs = Math.max(pairs, pairs(episode));
        progress.advance(1);
      }
      document.put("depth_pairs_per_second", pairs);
      ObjectNode rates = document.putObject("pointattn");
      for (Variant variant : Variant.values()) {
        try (PointAttn network = PointAttn.random(variant, Device.CPU, 1)) {
          double rate = 0;
          for (int round = 0; round < rounds; round++) {
            rate = Math.max(rate, rate(network));
            progress.advance(1);
          }
          rates
              .putObject(name(variant))
              .put("parameters", network.parameters())
              .put("points", variant.points())
              .put("weights", "random")
              .put("clouds_per_second", rate);
        }
      }
    }
    output.line(
        "depth teacher, one thread, 2 x %d x %d   %8.2f pairs/s",
        size, size, document.path("depth_pairs_per_second").asDouble());
    for (Variant variant : Variant.values()) {
      var one = document.path("pointattn").path(name(variant));
      output.line(
          "PointAttN %s, %,d random weights  %8.3f clouds/s of %d points",
          name(variant),
          one.path("parameters").asLong(),
          one.path("clouds_per_second").asDouble(),
          variant.points());
    }
    output.json(document);
    return 0;
  }

  private static String name(Variant variant) {
    return variant.name().toLowerCase(Locale.ROOT);
  }

  /** The expert at work. */
  private List<Observation> episode() {
    List<Observation> seen = new ArrayList<>();
    Tabletop table = new Tabletop(size);
    seen.add(table.reset(io.github.vla3d.tabletop.Variant.nominal(TASK, 0)));
    Expert expert = new Expert(table);
    while (seen.size() < frames && !table.step(expert.act()).done()) {
      seen.add(table.observe());
    }
    while (seen.size() < frames) {
      seen.add(seen.get(seen.size() - 1));
    }
    return seen;
  }

  private double pairs(List<Observation> episode) {
    try (Teacher teacher = Teachers.of("depth", Path.of(""), Map.of())) {
      long began = System.nanoTime();
      for (int frame = 0; frame < episode.size(); frame++) {
        teacher.label(0, frame, episode.get(frame));
      }
      return episode.size() / ((System.nanoTime() - began) / 1e9);
    }
  }

  /** Clouds a second, of boxes as large as what stands on tables. */
  private double rate(PointAttn network) {
    Random random = new Random(1);
    List<PointCloud> partial = new ArrayList<>();
    for (int i = 0; i < clouds; i++) {
      double[] xyz = new double[3 * PointAttn.POINTS];
      for (int k = 0; k < xyz.length; k++) {
        xyz[k] = 0.1 * random.nextDouble();
      }
      partial.add(PointCloud.of(xyz));
    }
    long began = System.nanoTime();
    network.complete(partial);
    return clouds / ((System.nanoTime() - began) / 1e9);
  }
}
