package io.github.vla3d.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A command that prints its result for people or, with {@code --json}, as one document. */
abstract class DocumentCommand implements Callable<Integer> {
  protected final Output output;

  DocumentCommand(Output output) {
    this.output = output;
  }

  @Option(
      names = "--json",
      description = "Print one JSON document on standard output and nothing else there.")
  void json(boolean wanted) {
    // Output.claim has seen it before anything could print; an abbreviation or @file would escape
    // it.
    if (wanted != output.isJson()) {
      throw new IllegalArgumentException("write --json in full, on the command line itself");
    }
  }
}
