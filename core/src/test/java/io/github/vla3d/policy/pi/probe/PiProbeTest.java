package io.github.vla3d.policy.pi.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiNetwork;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.policy.pi.PiPrecision;
import io.github.vla3d.torch.DType;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PiProbeTest {
  /** pi.md 6.1 and 6.2 count them from the shapes. */
  @Test
  void theWorkOfTheFullSizeIsThatOfThePublishedShapes() {
    assertThat(RandomCheckpoint.parameters(PiFamily.PI0, RandomCheckpoint.Size.FULL))
        .isEqualTo(3_238_048_528L);
    assertThat(RandomCheckpoint.parameters(PiFamily.PI05, RandomCheckpoint.Size.FULL))
        .isEqualTo(3_353_433_872L);
    try (PiNetwork network =
        new PiNetwork(RandomCheckpoint.config(PiFamily.PI05, RandomCheckpoint.Size.FULL))) {
      assertThat(PiWork.vision(network).flop() / 1e9).isCloseTo(2 * 220.2, within(0.2));
      long tokens = 2 * 256 + 45;
      // All but the last layer's output, feed-forward part and queries.
      double perToken = 3.964 - 2 * (0.1049 + 2048e-9 * 2048);
      double attention = 17 * 4e-9 * tokens * tokens * 2048;
      assertThat(PiWork.prefix(network).flop() / 1e9)
          .isCloseTo(perToken * tokens + attention, within(1.0));
      assertThat(PiWork.step(network).productFlop() / 1e9).isCloseTo(0.623 * 10, within(0.01));
    }
  }

  @ParameterizedTest
  @EnumSource(PiFamily.class)
  void aTinyModelIsMeasured(PiFamily family, @TempDir Path folder) {
    RandomCheckpoint.Size size = RandomCheckpoint.Size.TINY;
    AtomicLong drawn = new AtomicLong();
    RandomCheckpoint.write(folder, family, size, PiPrecision.OPENPI_BF16, 3, drawn::addAndGet);
    assertThat(drawn.get()).isEqualTo(RandomCheckpoint.parameters(family, size));
    try (PiPolicy policy =
        PiCheckpoint.load(folder, RandomCheckpoint.options(size, PiPrecision.OPENPI_BF16))) {
      policy
          .network()
          .parameters()
          .forEach(
              (name, parameter) ->
                  assertThat(parameter.value().dtype())
                      .as(name)
                      .isEqualTo(PiPrecision.OPENPI_BF16.of(name)));
      assertThat(PiPrecision.OPENPI_BF16.of("action_in_proj.weight")).isEqualTo(DType.F32);
      AtomicLong rounds = new AtomicLong();
      PiProbe.Report report = PiProbe.run(policy, 2, 5, rounds::set);
      assertThat(rounds.get()).isEqualTo(2);
      assertThat(report.requests()).hasSize(2);
      assertThat(report.parts()).hasSize(13);
      assertThat(report.seconds())
          .isCloseTo(
              report.requests().stream().mapToDouble(Double::doubleValue).min().orElseThrow(),
              within(1e-9));
      assertThat(report.peakGflops()).isPositive();
      assertThat(report.shareOfPeak()).isBetween(0.0, 1.0);
      PiProbe.Memory memory = PiProbe.memory(policy, 46, 2, 5);
      assertThat(memory.along().gflop()).isEqualTo(memory.apart().gflop()).isPositive();
      assertThat(memory.along().seconds()).isFinite();
      assertThat(memory.apart().seconds()).isPositive();
      assertThat(memory.apart().productSeconds()).isPositive();
    }
  }
}
