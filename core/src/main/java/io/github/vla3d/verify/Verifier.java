package io.github.vla3d.verify;

/** Knows one kind of reference folder. Registered through {@link java.util.ServiceLoader}. */
public interface Verifier {
  /** What messages call this kind of folder. */
  String kind();

  /**
   * Whether the folder is of this kind, whatever its sizes and seeds; looks at its manifest and
   * file names only.
   */
  boolean knows(Fixture fixture);

  /**
   * Runs our code on the inputs of the folder and compares every result through {@link
   * Fixture#compare}. Reads sizes from the manifest ({@link Fixture#dims}) or from tensors, never
   * from a constant.
   */
  void verify(Fixture fixture);
}
