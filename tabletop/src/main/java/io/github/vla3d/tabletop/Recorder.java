package io.github.vla3d.tabletop;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.datasets.lerobot.LeRobotWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Plays episodes with the expert and writes the successful ones as a LeRobotDataset v3.0 with depth
 * and cameras. True instances and poses lie apart, under {@code privileged/}, and what was played
 * in {@code meta/source_episodes.json}.
 */
public final class Recorder {
  private Recorder() {}

  /**
   * @param episodes written
   * @param failed episodes that the expert did not manage; they are not written
   * @param frames written
   */
  public record Result(int episodes, List<String> failed, long frames) {}

  /**
   * What is recorded, and how.
   *
   * @param pushed share of the episodes in which the expert is pushed now and then, in [0, 1]
   * @param novice acts in turn with the expert; then nobody is pushed
   * @param size of the pictures, pixels
   * @param video colour as AV1 video; otherwise as lossless PNG
   * @param threads that play
   */
  public record Options(
      double pushed, Optional<Novice> novice, int size, boolean video, int threads) {
    public Options(double pushed, int size, boolean video, int threads) {
      this(pushed, Optional.empty(), size, video, threads);
    }
  }

  /**
   * Records. The data set does not depend on the number of threads.
   *
   * @param progress told of each episode that has been played
   * @throws io.github.vla3d.data.DataException if the folder exists or cannot be written
   */
  public static Result record(
      List<Variant> variants, Path out, Options options, Runnable progress) {
    ExecutorService pool =
        Executors.newFixedThreadPool(
            options.threads,
            work -> {
              Thread thread = new Thread(work, "vla3d tabletop");
              thread.setDaemon(true);
              return thread;
            });
    try (LeRobotWriter writer =
        new LeRobotWriter(out, new LeRobotWriter.Options(Tabletop.RATE, "panda", options.video))) {
      Queue<Tabletop> tables = new ConcurrentLinkedQueue<>();
      Deque<Future<Take>> playing = new ArrayDeque<>();
      List<String> failed = new ArrayList<>();
      ArrayNode sources = JsonNodeFactory.instance.arrayNode();
      long frames = 0;
      int next = 0;
      int done = 0;
      while (next < variants.size() || !playing.isEmpty()) {
        while (next < variants.size() && playing.size() < options.threads + 1) {
          Variant variant = variants.get(next++);
          playing.add(pool.submit(() -> play(tables, variant, options)));
        }
        Take take = taken(playing.remove());
        progress.run();
        String name = variants.get(done++).name();
        if (!take.success()) {
          failed.add(name);
          continue;
        }
        int number = sources.size();
        writer.add(take, take.extras());
        take.truth()
            .write(writer.folder().resolve("privileged/episode_%06d.npz".formatted(number)));
        sources.add(source(take, number));
        frames += take.frames();
      }
      describe(writer);
      Path file = writer.folder().resolve("meta/source_episodes.json");
      Files.createDirectories(file.getParent());
      Files.writeString(file, sources.toPrettyString() + "\n");
      writer.finish();
      return new Result(sources.size(), failed, frames);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      pool.shutdownNow();
    }
  }

  private static Take play(Queue<Tabletop> tables, Variant variant, Options options) {
    Tabletop table = tables.poll();
    if (table == null) {
      table = new Tabletop(options.size);
    }
    try {
      if (options.novice.isPresent()) {
        return Take.playInTurns(table, variant, options.novice.get());
      }
      return variant.dice("whether pushed").uniform() < options.pushed
          ? Take.playPushed(table, variant)
          : Take.play(table, variant);
    } finally {
      tables.add(table);
    }
  }

  private static Take taken(Future<Take> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("tabletop: interrupted while recording", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static ObjectNode source(Take take, int number) {
    Task task = Tasks.get(take.variant().task());
    return JsonNodeFactory.instance
        .objectNode()
        .put("episode_index", number)
        .put("suite", "tabletop_" + task.suite())
        .put("task", task.name())
        .put("language", take.task())
        .put("episode", take.name())
        .put("length", take.frames())
        .put("success", true);
  }

  private static void describe(LeRobotWriter writer) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    writer.describe(
        "simulator",
        json.objectNode()
            .put("benchmark", "tabletop")
            .put("control_hz", Tabletop.RATE)
            .put("controller", "OSC_POSE delta, LIBERO's scale"));
    writer.describe("privileged_path", json.textNode("privileged/episode_{episode_index:06d}.npz"));
    ObjectNode ids = json.objectNode();
    for (Map.Entry<Integer, String> id : Ids.names().entrySet()) {
      ids.put(String.valueOf(id.getKey()), id.getValue());
    }
    writer.describe("segmentation_ids", ids);
    writer.describe(
        "fixtures", json.arrayNode().add("cabinet").add("lower_drawer").add("upper_drawer"));
  }
}
