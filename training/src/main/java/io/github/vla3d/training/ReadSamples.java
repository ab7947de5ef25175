package io.github.vla3d.training;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Prefetcher;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.perception.Teacher;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** Samples straight from the recording: each is read, decoded and labelled when its turn comes. */
final class ReadSamples implements SceneSource {
  private final Prefetcher feed;
  private final Teacher teacher;

  /**
   * @param order of the samples
   * @param teacher stays the caller's
   * @param workers threads that read
   * @param ahead samples that are read ahead at most
   */
  ReadSamples(
      Path data,
      Supplier<SampleOrder.Sample> order,
      ActionChunks chunks,
      Teacher teacher,
      int workers,
      int ahead) {
    this.teacher = teacher;
    this.feed = new Prefetcher(() -> List.of(Datasets.open(data)), order, chunks, workers, ahead);
  }

  @Override
  public Item next() {
    Prefetcher.Item item = feed.next();
    SampleOrder.Sample sample = item.sample();
    return new Item(
        sample,
        item.observation(),
        item.actions(),
        teacher.label(sample.episode(), sample.frame(), item.observation()));
  }

  @Override
  public void close() {
    feed.close();
  }
}
