package io.github.vla3d.labelling;

/** Hears how labelling goes, from several threads. */
public interface LabelListener {
  /** Frames are done, labelled or skipped. */
  void frames(int count);

  /** Something that a person should know: why a GPU is not used, say. Once for a run. */
  default void note(String text) {}

  /** Whether labelling shall end; episodes that were begun are given up. */
  boolean stop();
}
