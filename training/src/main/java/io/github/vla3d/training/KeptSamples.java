package io.github.vla3d.training;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * All samples of a recording in one file, decoded and labelled once: reading one is a copy. Nothing
 * is rounded, so that a training has the same bits as with {@link ReadSamples}. Episodes are read
 * from the first frame to the last, which costs less than as many single frames.
 */
final class KeptSamples implements AutoCloseable {
  /** The file that says what the samples are. */
  private static final String KEY = "samples.txt";

  private static final String FILE = "samples.bin";

  private final RecordFile file;
  private final long[] starts;

  private KeptSamples(RecordFile file, long[] starts) {
    this.file = file;
    this.starts = starts;
  }

  /**
   * What is kept.
   *
   * @param data folder of the data set
   * @param dataset the same; episodes without frames are left out
   * @param chunks how actions are cut
   * @param teacher whose labels are kept
   */
  record Recording(Path data, Dataset dataset, ActionChunks chunks, Teacher teacher) {
    /** The number of each episode's first frame, and of all frames. */
    private long[] starts() {
      long[] starts = new long[dataset.size() + 1];
      for (int e = 0; e < dataset.size(); e++) {
        starts[e + 1] = starts[e] + dataset.frames(e);
      }
      return starts;
    }

    /** All frames. */
    long frames() {
      return starts()[dataset.size()];
    }

    private SceneSource.Item item(Episode episode, int number, int frame) {
      Observation observation = episode.observation(frame);
      return new SceneSource.Item(
          new SampleOrder.Sample(0, number, frame),
          observation,
          chunks.at(episode, frame),
          label(number, frame, observation));
    }

    private List<LabelledObject> label(int episode, int frame, Observation observation) {
      synchronized (teacher) {
        return teacher.label(episode, frame, observation);
      }
    }

    private String describe() throws IOException {
      StringBuilder text = new StringBuilder().append(SampleCodec.VERSION).append('\n');
      text.append(chunks.horizon()).append('\n');
      text.append(teacher.name()).append(' ').append(new TreeMap<>(teacher.provenance()));
      text.append('\n');
      for (long start : starts()) {
        text.append(start).append(' ');
      }
      return text.append('\n').append(FrameCache.describe(data, frames())).toString();
    }
  }

  /** Whether a folder has the samples of a recording. */
  static boolean has(Path folder, Recording recording) throws IOException {
    Path key = folder.resolve(KEY);
    return Files.exists(key) && Files.readString(key).equals(recording.describe());
  }

  /** Bytes that the samples of a recording take, by its first one. */
  static long bytes(Recording recording) {
    int e = 0;
    while (recording.dataset.frames(e) == 0) {
      e++;
    }
    SceneSource.Item first = recording.item(recording.dataset.episode(e), e, 0);
    return recording.frames() * SampleCodec.write(first).remaining();
  }

  /** Whether a file may be so large: half of what is free on its disk. */
  static boolean fits(Path folder, long bytes) throws IOException {
    Files.createDirectories(folder);
    return bytes < Files.getFileStore(folder).getUsableSpace() / 2;
  }

  /**
   * Opens the samples of a recording, and makes the file first if it is not there or not of it.
   *
   * @param folder for its two files
   * @param workers threads that read
   */
  static KeptSamples open(Path folder, Recording recording, int workers, FrameCache.Watch watch)
      throws IOException {
    Path file = folder.resolve(FILE);
    if (!has(folder, recording)) {
      Files.createDirectories(folder);
      Path key = folder.resolve(KEY);
      Files.deleteIfExists(key);
      make(file, recording, workers, watch);
      Files.writeString(key, recording.describe());
    }
    return new KeptSamples(RecordFile.open(file), recording.starts());
  }

  private static void make(Path file, Recording recording, int workers, FrameCache.Watch watch)
      throws IOException {
    long[] starts = recording.starts();
    long all = recording.frames();
    AtomicInteger next = new AtomicInteger();
    AtomicLong done = new AtomicLong();
    try (RecordFile.Writer writer =
        new RecordFile.Writer(file.resolveSibling(""), Math.toIntExact(all))) {
      Workers.run(
          workers,
          "samples",
          () -> {
            try (Dataset own = Datasets.open(recording.data)) {
              int e;
              while ((e = next.getAndIncrement()) < recording.dataset.size()) {
                for (long n = starts[e]; n < starts[e + 1]; n++) {
                  int frame = Math.toIntExact(n - starts[e]);
                  SceneSource.Item item = recording.item(own.episode(e), e, frame);
                  writer.put(Math.toIntExact(n), SampleCodec.write(item));
                  watch.frames(done.incrementAndGet(), all);
                }
              }
            }
            return true;
          });
      writer.finish(file);
    }
  }

  /** A sample. */
  SceneSource.Item get(SampleOrder.Sample sample) {
    int number = Math.toIntExact(starts[sample.episode()] + sample.frame());
    return SampleCodec.read(sample, file.get(number));
  }

  /**
   * The samples in an order.
   *
   * @param order asked for one sample at each {@link SceneSource#next}
   */
  SceneSource in(Supplier<SampleOrder.Sample> order) {
    return new SceneSource() {
      @Override
      public Item next() {
        return get(order.get());
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void close() {
    file.close();
  }
}
