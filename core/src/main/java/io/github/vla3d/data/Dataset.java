package io.github.vla3d.data;

/**
 * Recorded episodes in some format. Open files and decoders belong to it, hence one thread at a
 * time; several threads open it several times.
 */
public interface Dataset extends AutoCloseable {
  /** For messages and tables, usually the name of the folder. */
  String name();

  /** Number of episodes. */
  int size();

  /**
   * @throws IndexOutOfBoundsException outside 0 .. size() - 1
   * @throws DataException if what the source says of this episode makes no sense
   */
  Episode episode(int index);

  /** Number of frames of an episode; readers answer from their index where they have one. */
  default int frames(int index) {
    return episode(index).frames();
  }

  /** Frees files and decoders. Episodes must not be used afterwards. */
  @Override
  void close();
}
