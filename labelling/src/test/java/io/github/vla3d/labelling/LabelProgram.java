package io.github.vla3d.labelling;

import java.nio.file.Path;
import java.util.List;

/** Labels in a process of its own, so that it can be killed; prints a dot for each frame. */
final class LabelProgram {
  private LabelProgram() {}

  public static void main(String[] args) {
    LabelJob job = LabellingTest.job(Path.of(args[0]), Path.of(args[1]));
    Labelling.run(
        job,
        Labelling.plan(job, List.of()),
        LabelEngine.of("local"),
        2,
        new LabelListener() {
          @Override
          public void frames(int count) {
            System.out.print(".".repeat(count));
            System.out.flush();
          }

          @Override
          public boolean stop() {
            return false;
          }
        });
  }
}
