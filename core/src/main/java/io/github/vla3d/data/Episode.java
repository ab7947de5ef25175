package io.github.vla3d.data;

import java.util.List;

/**
 * One recorded run. Numbers are in memory, pictures are read when they are asked for. An episode
 * lives as long as its {@link Dataset} and shares its rule of one thread at a time.
 */
public interface Episode {
  /** Unique within the data set. */
  String name();

  /** The instruction, as the source gives it for its first frame. */
  String task();

  /** Frames, at least 1. */
  int frames();

  /** Nominal rate, above 0. */
  double framesPerSecond();

  /** The cameras, in the order in which observations hold them. */
  List<String> viewNames();

  /**
   * What was seen before the action of the same index.
   *
   * @throws IndexOutOfBoundsException outside 0 .. frames() - 1
   * @throws DataException if the source is damaged there
   */
  Observation observation(int frame);

  /** The robot's state, {@link #frames} rows; without columns where none was recorded. */
  Track states();

  /** What the robot was told, {@link #frames} rows; without columns where none was recorded. */
  Track actions();

  Provenance provenance();
}
