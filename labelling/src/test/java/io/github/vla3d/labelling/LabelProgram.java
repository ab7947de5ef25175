package io.github.vla3d.labelling;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Labels in a process of its own, so that it can be killed; prints a dot for each frame. After as
 * many frames as a third argument says it waits for a byte on standard input.
 */
final class LabelProgram {
  private LabelProgram() {}

  public static void main(String[] args) {
    int until = args.length > 2 ? Integer.parseInt(args[2]) : -1;
    LabelJob job = LabellingTest.job(Path.of(args[0]), Path.of(args[1]));
    Labelling.run(
        job,
        Labelling.plan(job, List.of()),
        LabelEngine.of("local"),
        2,
        new LabelListener() {
          private int done;

          @Override
          public void frames(int count) {
            System.out.print(".".repeat(count));
            System.out.flush();
            done += count;
            if (done == until) {
              try {
                System.in.read();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }

          @Override
          public boolean stop() {
            return false;
          }
        });
  }
}
