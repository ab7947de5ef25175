package io.github.vla3d.tabletop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Rotations;
import org.junit.jupiter.api.Test;

class ArmTest {
  /** First frame of LIBERO's "put the bowl on the plate", initial state 2, in our recordings. */
  @Test
  void jointsOfARecordingGiveItsEndEffector() {
    double[] joints = {
      3.89141869e-03,
      -1.65092111e-01,
      2.89210095e-03,
      -2.44546509,
      5.72390680e-04,
      2.22424650,
      7.90272355e-01
    };
    RigidTransform hand = Arm.worldFromHand(joints);
    Vector3 wanted = new Vector3(-0.20905229, 0.00306971, 1.17455208);
    assertThat(hand.translation().distance(wanted)).isLessThan(1e-6);
    RigidTransform recorded =
        RigidTransform.fromQuaternion(
            9.99605775e-01, 9.93886613e-04, -2.80593690e-02, 1.71382431e-04, wanted);
    assertThat(hand.near(recorded, 1e-6, 1e-4)).isTrue();
  }

  @Test
  void theInverseBringsTheHandWhereItIsTold() {
    Dice dice = new Dice("arm");
    for (int i = 0; i < 50; i++) {
      Vector3 place =
          new Vector3(
              dice.uniform(-0.25, 0.08), dice.uniform(-0.28, 0.28), dice.uniform(0.92, 1.2));
      RigidTransform wanted =
          Rotations.aboutZ(dice.uniform(-0.8, 0.8), place)
              .compose(Rotations.aboutX(Math.PI, Vector3.ZERO));
      double[] joints = Arm.solve(wanted, Arm.HOME, 60);
      RigidTransform reached = Arm.worldFromHand(joints);
      assertThat(reached.translation().distance(place)).isCloseTo(0, within(1e-3));
      assertThat(reached.inverse().compose(wanted).angle()).isLessThan(0.01);
    }
  }
}
