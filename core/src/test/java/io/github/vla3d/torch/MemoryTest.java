package io.github.vla3d.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Ema;
import io.github.vla3d.torch.optim.Gradients;
import io.github.vla3d.torch.optim.ParameterGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MemoryTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final long MB = 1 << 20;

  @BeforeEach
  void linux() {
    Assumptions.assumeTrue(Files.isReadable(STATUS), "resident memory is read from /proc");
  }

  @Test
  void stepsLeaveNothingBehind() throws Exception {
    assertThat(growth(300, 2000) / MB).isLessThan(20);
  }

  @Test
  @Tag("long")
  void tenThousandStepsLeaveNothingBehind() throws Exception {
    assertThat(growth(500, 10_000) / MB).isLessThan(20);
  }

  private static long growth(int first, int steps) throws Exception {
    return measured(Steps.class, Integer.toString(first), Integer.toString(steps));
  }

  /**
   * What a program prints in a JVM of its own, whose heap is resident from the start and so adds
   * nothing, and in which no other test has left free memory behind.
   */
  private static long measured(Class<?> program, String... args) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms128m",
                "-Xmx128m",
                "-XX:+AlwaysPreTouch",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
    command.addAll(List.of(args));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      return Long.parseLong(out.strip());
    } finally {
      process.destroy();
    }
  }

  /** Prints the bytes by which steps with all that training does add to resident memory. */
  static final class Steps {
    private Steps() {}

    public static void main(String[] args) {
      Torch.threads(1);
      int first = Integer.parseInt(args[0]);
      int steps = Integer.parseInt(args[1]);
      try (Generator generator = new Generator(1);
          Mlp mlp = Mlp.numbered(Activation.GELU, 64, 128, 1)) {
        mlp.initialise(generator);
        List<ParameterGroup> groups = List.of(new ParameterGroup(mlp.parameters(), 0.01));
        try (AdamW adam = new AdamW(AdamW.Options.DEFAULT, groups);
            Ema ema = new Ema(0.99, false, mlp.parameters())) {
          long before = 0;
          for (int i = 0; i < first + steps; i++) {
            if (i == first) {
              before = resident();
            }
            Scope.run(() -> step(generator, mlp, adam, ema));
          }
          System.out.println(resident() - before);
        }
      }
    }

    private static void step(Generator generator, Mlp mlp, AdamW adam, Ema ema) {
      Tensor x = generator.randn(DType.F32, 64, 64);
      adam.zeroGrad();
      Autograd.checkpoint(mlp::apply, x).sub(x.sum(true, -1)).square().mean().backward();
      Gradients.clipNorm(mlp.parameters().values(), 1);
      adam.step(1e-3);
      ema.update();
    }
  }

  @Test
  void checkpointsKeepNoIntermediates() throws Exception {
    long plain = measured(Blocks.class, "false");
    long checkpointed = measured(Blocks.class, "true");
    assertThat(plain / MB).isGreaterThan(150);
    assertThat(checkpointed / MB).isLessThan(plain / MB / 2);
  }

  /** Prints the bytes that a graph of 8 blocks of 8 operations on 4 MB holds before its pass. */
  static final class Blocks {
    private Blocks() {}

    public static void main(String[] args) {
      Torch.threads(1);
      boolean checkpoint = Boolean.parseBoolean(args[0]);
      Scope.run(
          () -> {
            Tensor w = Tensors.ones(1024).requiresGrad_(true);
            Tensor x = Tensors.ones(1024, 1024);
            UnaryOperator<Tensor> block =
                t -> t.mul(w).tanh().exp().add(1).log().sigmoid().square().mul(w);
            long before = resident();
            Tensor y = x;
            for (int i = 0; i < 8; i++) {
              Tensor now = y;
              y =
                  Scope.tensor(
                      () -> checkpoint ? Autograd.checkpoint(block, now) : block.apply(now));
            }
            System.out.println(resident() - before);
            y.sum().backward();
          });
    }
  }

  private static long resident() {
    System.gc();
    Torch.trimMemory();
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
