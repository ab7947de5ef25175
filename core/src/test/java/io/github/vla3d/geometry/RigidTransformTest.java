package io.github.vla3d.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RigidTransformTest {
  static LongStream seeds() {
    return LongStream.range(0, 200);
  }

  private static void assertSame(RigidTransform actual, RigidTransform wanted, double tolerance) {
    double[] a = actual.toRowMajor();
    double[] b = wanted.toRowMajor();
    for (int i = 0; i < 16; i++) {
      assertThat(a[i]).isEqualTo(b[i], within(tolerance));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theLawsOfAGroup(long seed) {
    Samples random = new Samples(seed);
    RigidTransform aFromB = random.transform();
    RigidTransform bFromC = random.transform();
    RigidTransform cFromD = random.transform();
    Vector3 x = random.vector(3);

    assertSame(
        aFromB.compose(bFromC).compose(cFromD), aFromB.compose(bFromC.compose(cFromD)), 1e-13);
    assertSame(aFromB.compose(aFromB.inverse()), RigidTransform.identity(), 1e-14);
    assertThat(aFromB.compose(bFromC).apply(x).distance(aFromB.apply(bFromC.apply(x))))
        .isLessThan(1e-13);
    assertThat(aFromB.inverse().apply(aFromB.apply(x)).distance(x)).isLessThan(1e-13);
    assertThat(aFromB.rotate(x).norm()).isEqualTo(x.norm(), within(1e-14));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void quaternionAxisAngleAndMatrixAgree(long seed) {
    RigidTransform a = new Samples(seed).transform();
    double[] q = a.quaternion();
    assertThat(q[3]).isNotNegative();
    assertSame(RigidTransform.fromQuaternion(q[0], q[1], q[2], q[3], a.translation()), a, 1e-14);
    assertSame(
        RigidTransform.fromQuaternion(-q[0], -q[1], -q[2], -q[3], a.translation()), a, 1e-14);
    assertSame(RigidTransform.fromAxisAngle(a.axisAngle(), a.translation()), a, 1e-13);
    assertSame(RigidTransform.fromRowMajor(a.toRowMajor()), a, 1e-14);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void exponentialAndLogarithm(long seed) {
    Samples random = new Samples(seed);
    RigidTransform a = random.transform();
    assertSame(RigidTransform.exp(a.log()), a, 1e-12);

    // Tiny and medium angles, and the definition: two halves of a motion are the motion.
    double size = Math.pow(10, random.in(-12.0, 0.0));
    var twist = new RigidTransform.Twist(random.vector(1), random.vector(size));
    RigidTransform motion = RigidTransform.exp(twist);
    var half = new RigidTransform.Twist(twist.linear().times(0.5), twist.angular().times(0.5));
    assertSame(RigidTransform.exp(half).compose(RigidTransform.exp(half)), motion, 1e-13);
    assertThat(motion.log().angular().distance(twist.angular())).isLessThan(1e-13);
    assertThat(motion.log().linear().distance(twist.linear())).isLessThan(1e-12);
  }

  @Test
  void aQuarterTurnAboutZ() {
    RigidTransform turn =
        RigidTransform.fromQuaternion(0, 0, Math.sqrt(0.5), Math.sqrt(0.5), new Vector3(1, 2, 3));
    assertThat(turn.apply(new Vector3(1, 0, 0)).distance(new Vector3(1, 3, 3))).isLessThan(1e-15);
    assertThat(turn.axisAngle().distance(new Vector3(0, 0, Math.PI / 2))).isLessThan(1e-15);
    assertThat(turn.angle()).isEqualTo(Math.PI / 2, within(1e-15));
  }

  @Test
  void halfTurnsHaveALogarithm() {
    for (Vector3 axis :
        new Vector3[] {new Vector3(1, 0, 0), new Vector3(0, 1, 0), new Vector3(0.6, 0, -0.8)}) {
      RigidTransform turn = RigidTransform.fromAxisAngle(axis.times(Math.PI), new Vector3(1, 2, 3));
      assertSame(RigidTransform.exp(turn.log()), turn, 1e-13);
    }
  }

  @Test
  void manyCompositionsStayARotation() {
    RigidTransform step = RigidTransform.fromAxisAngle(new Vector3(.01, .02, -.03), Vector3.ZERO);
    RigidTransform sum = RigidTransform.identity();
    for (int i = 0; i < 100_000; i++) {
      sum = sum.compose(step);
    }
    double[] r = sum.rotation();
    double[] gram = Matrix3.product(Matrix3.transpose(r), r);
    assertThat(gram).containsExactly(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, within(1e-14));
  }

  @Test
  void roundedMatricesAreTakenToTheNearestRotation() {
    double[] rounded = new Samples(1).transform().rotation();
    for (int i = 0; i < 9; i++) {
      rounded[i] = Math.round(rounded[i] * 1e4) / 1e4;
    }
    RigidTransform a = RigidTransform.of(rounded, Vector3.ZERO);
    assertThat(a.rotation()).containsExactly(rounded, within(2e-4));
    assertSame(a.compose(a.inverse()), RigidTransform.identity(), 1e-15);
  }

  @Test
  void whatIsNoRotationIsRefusedWithItsDefect() {
    double[] scaled = {1.01, 0, 0, 0, 1.01, 0, 0, 0, 1.01};
    assertThatThrownBy(() -> RigidTransform.of(scaled, Vector3.ZERO))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("got 0.0201");
    double[] mirror = {1, 0, 0, 0, 1, 0, 0, 0, -1};
    assertThatThrownBy(() -> RigidTransform.of(mirror, Vector3.ZERO))
        .hasMessageContaining("-1.000000");
    assertThatThrownBy(() -> RigidTransform.of(new double[9], Vector3.ZERO))
        .hasMessageContaining("determinant");
    double[] nan = {1, 0, 0, 0, Double.NaN, 0, 0, 0, 1};
    assertThatThrownBy(() -> RigidTransform.of(nan, Vector3.ZERO)).hasMessageContaining("finite");
    assertThatThrownBy(() -> RigidTransform.fromQuaternion(0, 0, 0, 0.9, Vector3.ZERO))
        .hasMessageContaining("wanted norm 1, got 0.900000");
    double[] transposed = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 2, 3, 1};
    assertThatThrownBy(() -> RigidTransform.fromRowMajor(transposed))
        .hasMessageContaining("last row")
        .hasMessageContaining("is transposed");
    assertThatThrownBy(
            () -> RigidTransform.translation(new Vector3(0, 0, Double.POSITIVE_INFINITY)))
        .hasMessageContaining("translation");
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void restoredToTheBit(long seed) {
    Samples random = new Samples(seed);
    RigidTransform a = random.transform().compose(random.transform()).inverse();
    assertThat(RigidTransform.restored(a.toRowMajor())).isEqualTo(a);
  }

  @Test
  void restoresOnlyWhatWasExact() {
    double[] rounded = new Samples(1).transform().toRowMajor();
    rounded[0] += 1e-6;
    assertThatThrownBy(() -> RigidTransform.restored(rounded))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("as it was written");
  }
}
