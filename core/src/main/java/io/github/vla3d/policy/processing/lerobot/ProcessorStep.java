package io.github.vla3d.policy.processing.lerobot;

/** One step of a pipeline. Keeps nothing from one call to the next. */
@FunctionalInterface
interface ProcessorStep extends AutoCloseable {
  Transition apply(Transition transition);

  /** Frees what the step has opened. */
  @Override
  default void close() {}
}
