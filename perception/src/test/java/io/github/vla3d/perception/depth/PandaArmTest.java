package io.github.vla3d.perception.depth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.vla3d.geometry.Vector3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kinematics against what a simulator recorded (LIBERO, arm at (-0.66, 0, 0.912)). */
class PandaArmTest {
  private static final Vector3 BASE = new Vector3(-0.66, 0, 0.912);

  @ParameterizedTest
  @CsvSource({
    "0.0038914186879992485, -0.1650921106338501, 0.002892100950703025, -2.445465087890625,"
        + " 5.723906797356904E-4, 2.2242465019226074, 0.7902723550796509, -0.20905229449272156,"
        + " 0.003069706726819277, 1.174552083015442",
    "0.16909928619861603, 0.48931413888931274, 0.2460920512676239, -2.0927438735961914,"
        + " -0.2126934677362442, 2.562361717224121, 0.7525981664657593, -0.12767113745212555,"
        + " 0.2381235659122467, 1.006723165512085",
    "0.009931998327374458, 0.5083786845207214, 0.006142427679151297, -2.1486804485321045,"
        + " -0.004858145955950022, 2.657017707824707, 0.8058194518089294, -0.09433091431856155,"
        + " 0.009376171976327896, 0.9760105609893799"
  })
  void reachesTheRecordedPlace(
      double a,
      double b,
      double c,
      double d,
      double e,
      double f,
      double g,
      double x,
      double y,
      double z) {
    Vector3 grip =
        PandaArm.baseFromGrip(PandaArm.frames(new double[] {a, b, c, d, e, f, g})).translation();
    assertThat(grip.plus(BASE).distance(new Vector3(x, y, z))).isLessThan(4e-5);
  }

  @Test
  void refusesAnotherArm() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PandaArm.frames(new double[6]))
        .withMessageContaining("wanted 7 joint angles, got 6");
  }
}
