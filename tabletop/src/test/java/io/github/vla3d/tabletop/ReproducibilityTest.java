package io.github.vla3d.tabletop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The same name is the same episode, on every JDK, and worlds come and go without a trace. */
class ReproducibilityTest {
  private static final List<String> EPISODES =
      List.of(
          "bowl_on_plate#3",
          "two_blocks_in_basket#1",
          "block_in_drawer#2",
          "mug_near_cabinet@camera.orbit.4#7",
          "tomato_can_in_basket@noise.depth.3#5",
          "cream_cheese_in_basket@layout.added.3#2",
          "mustard_bottle_in_basket@background.5#1");

  /** What JDK 17 and 25 both gave on Linux, x86-64. A change means that episodes have changed. */
  private static final String DIGEST =
      "7beb77daedaca7e3a455d9c8177bd77f3c61d5fa5e5092a6124d39fd67f80b3c";

  @Test
  void statesAndPicturesAreThoseOfEveryOtherJdk() throws Exception {
    Assumptions.assumeTrue(
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "the engine's natives are others here");
    assertThat(digest()).isEqualTo(DIGEST);
  }

  private static String digest() throws NoSuchAlgorithmException {
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    Tabletop table = new Tabletop(48);
    for (String name : EPISODES) {
      table.reset(Variant.parse(name));
      Expert expert = new Expert(table);
      ByteBuffer number = ByteBuffer.allocate(8);
      for (int step = 0; step < 50; step++) {
        double[] action = expert.act();
        table.step(action);
        for (double a : action) {
          sha.update(number.clear().putDouble(a).flip());
        }
        for (float s : table.state()) {
          sha.update(number.clear().putDouble(s).flip());
        }
        if (step % 10 == 0) {
          table
              .observe()
              .views()
              .forEach(
                  view -> {
                    for (int y = 0; y < 48; y++) {
                      for (int x = 0; x < 48; x++) {
                        for (int c = 0; c < 3; c++) {
                          sha.update((byte) view.rgb().at(x, y, c));
                        }
                        float z = view.depth().orElseThrow().at(x, y);
                        sha.update(ByteBuffer.allocate(4).putFloat(z).flip());
                      }
                    }
                  });
        }
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  @Test
  @Tag("long")
  void tenThousandResetsAndAThousandEpisodesLeaveNothingBehind() throws Exception {
    Assumptions.assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "no /proc here");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(Many.class.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      System.out.print(out);
      for (String line : out.strip().split("\n", -1)) {
        assertThat(Long.parseLong(line.split(" ", 2)[0])).as(line).isLessThan(20L << 20);
      }
    } finally {
      process.destroy();
    }
  }

  /** Prints the bytes by which resets, and whole episodes, add to resident memory. */
  static final class Many {
    private Many() {}

    public static void main(String[] args) throws IOException {
      Tabletop table = new Tabletop(32);
      List<Task> tasks = Tasks.all();
      long before = 0;
      for (int i = 0; i < 10_500; i++) {
        if (i == 500) {
          before = resident();
        }
        table.reset(Variant.nominal(tasks.get(i % tasks.size()).name(), i));
      }
      System.out.println((resident() - before) + " bytes after 10,000 resets");
      for (int i = 0; i < 1_020; i++) {
        if (i == 20) {
          before = resident();
        }
        table.reset(Variant.nominal(tasks.get(i % tasks.size()).name(), i));
        Expert expert = new Expert(table);
        Outcome outcome;
        int n = 0;
        do {
          outcome = table.step(expert.act());
          if (n++ % 16 == 0) {
            table.observe();
          }
        } while (!outcome.done());
      }
      System.out.println((resident() - before) + " bytes after 1,000 episodes");
    }

    private static long resident() throws IOException {
      System.gc();
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
      throw new IOException("no VmRSS");
    }
  }
}
