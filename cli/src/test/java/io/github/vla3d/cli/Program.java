package io.github.vla3d.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the program in a JVM of its own, with the classes of this test run. */
record Program(int status, String out, String err) {
  static Program run(String... args) throws IOException, InterruptedException {
    return run(List.of(), args);
  }

  /** Runs it behind another command, {@code unshare} say. */
  static Program run(List<String> before, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(before);
    command.addAll(command(args));
    Path out = Files.createTempFile("vla3d", ".out");
    Path err = Files.createTempFile("vla3d", ".err");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IOException("still running after 5 minutes: " + command);
      }
      return new Program(
          process.exitValue(),
          Files.readString(out, StandardCharsets.UTF_8),
          Files.readString(err, StandardCharsets.UTF_8));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /**
   * Programs of tests are over before the second compiler and a second collector thread pay off.
   */
  private static final List<String> SHORT_LIVED =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  static List<String> command(String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(SHORT_LIVED);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(args));
    return command;
  }
}
