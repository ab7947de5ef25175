package io.github.vla3d.data;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A data set of which only some episodes count. The others keep their numbers, so that labels and
 * caches find what they know, but have no frames to draw.
 */
public final class ChosenEpisodes implements Dataset {
  private final Dataset dataset;
  private final Set<Integer> chosen;

  private ChosenEpisodes(Dataset dataset, Set<Integer> chosen) {
    this.dataset = dataset;
    this.chosen = chosen;
  }

  /**
   * The data set with some of its episodes.
   *
   * @param dataset closed with this
   * @param numbers which; all if empty
   * @throws DataException if there is no such episode
   */
  public static Dataset of(Dataset dataset, List<Integer> numbers) {
    if (numbers.isEmpty()) {
      return dataset;
    }
    for (int number : numbers) {
      if (number < 0 || number >= dataset.size()) {
        throw new DataException(
            dataset.name(),
            "episode",
            DataException.NO_ROW,
            "0 to " + (dataset.size() - 1),
            "" + number);
      }
    }
    return new ChosenEpisodes(dataset, new TreeSet<>(numbers));
  }

  @Override
  public String name() {
    return dataset.name();
  }

  @Override
  public int size() {
    return dataset.size();
  }

  @Override
  public Episode episode(int index) {
    return dataset.episode(index);
  }

  /** Number of frames of an episode; 0 if it was not chosen. */
  @Override
  public int frames(int index) {
    return chosen.contains(index) ? dataset.frames(index) : 0;
  }

  @Override
  public void close() {
    dataset.close();
  }
}
