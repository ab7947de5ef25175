package io.github.vla3d.tabletop.physics;

import com.jme3.bullet.joints.SliderJoint;
import com.jme3.bullet.objects.PhysicsRigidBody;
import com.jme3.math.Matrix3f;
import com.jme3.math.Quaternion;
import com.jme3.math.Vector3f;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.List;

/**
 * A parallel gripper that floats where an arm would carry it, under the law of LIBERO's controller:
 * at the start of each control step the goal is the measured pose plus the commanded change, and a
 * critically damped mass is pulled to it (robosuite's OSC_POSE: stiffness 150 / s^2, damping ratio
 * 1). The hand follows that mass with a limited force, so that it can be blocked; the fingers close
 * with a limited force, coupled as by a gear.
 *
 * <p>The hand's frame is that of robosuite's Panda: origin between the finger tips (grip site), z
 * out of the hand, fingers along y.
 */
final class Gripper {
  /** Largest way of a finger from the middle, metres. */
  static final double OPEN = 0.04;

  /** From the grip site back to the palm's flange, metres. */
  static final double FLANGE = 0.097;

  private static final double TRANSLATION = 0.05;
  private static final double TURN = 0.5;
  private static final double STIFFNESS = 150;
  private static final double DAMPING = 2 * Math.sqrt(STIFFNESS);

  private static final double HAND_MASS = 8;
  private static final double HAND_INERTIA = 0.08;
  private static final double FOLLOW_STIFFNESS = 4000;
  private static final double FOLLOW_DAMPING = 2 * Math.sqrt(FOLLOW_STIFFNESS);
  private static final double MOST_FORCE = 80;
  private static final double MOST_TORQUE = 8;
  private static final double MOST_LAG = 0.03;

  private static final double FINGER_MASS = 0.2;
  private static final double FINGER_SPEED = 0.12;
  private static final double GRIP = 20;
  private static final double FINGER_HALF_THICKNESS = 0.007;
  private static final double FINGER_HALF_WIDTH = 0.0105;
  private static final double FINGER_HALF_LENGTH = 0.0258;

  /** Centre of a pad in the hand's frame, along z. */
  private static final double FINGER_Z = -0.0128;

  final Body hand;
  final Body left;
  final Body right;
  final List<SliderJoint> joints;
  private final GripperState reference = new GripperState();
  private final double[] goal = new double[3];
  private Vector3 lowest = new Vector3(-1, -1, -1);
  private Vector3 highest = new Vector3(1, 1, 2);

  private final Vector3f p = new Vector3f();
  private final Vector3f v = new Vector3f();
  private final Vector3f force = new Vector3f();
  private final Quaternion turned = new Quaternion();

  Gripper(RigidTransform worldFromHand, double opening) {
    hand =
        Body.of(
            new Solid(
                List.of(
                    Part.box(new Vector3(0, 0, 0.033 - FLANGE), new Vector3(0.022, 0.1, 0.031))),
                HAND_MASS,
                0.5),
            worldFromHand);
    left = finger(worldFromHand, opening);
    right = finger(worldFromHand, -opening);
    inertia(hand, HAND_INERTIA);
    hand.addToIgnoreList(left);
    hand.addToIgnoreList(right);
    left.addToIgnoreList(right);
    joints = List.of(slide(left, 1, 0, OPEN), slide(right, -1, -OPEN, 0));
    place(worldFromHand, opening);
  }

  private static Body finger(RigidTransform worldFromHand, double way) {
    Solid pad =
        new Solid(
            List.of(
                Part.box(
                    Vector3.ZERO,
                    new Vector3(FINGER_HALF_WIDTH, FINGER_HALF_THICKNESS, FINGER_HALF_LENGTH))),
            FINGER_MASS,
            1.5);
    Body finger = Body.of(pad, worldFromHand.compose(fingerPlace(way)));
    inertia(finger, 1e-3);
    return finger;
  }

  private static RigidTransform fingerPlace(double way) {
    return RigidTransform.translation(
        new Vector3(0, way + Math.copySign(FINGER_HALF_THICKNESS, way), FINGER_Z));
  }

  private static void inertia(Body body, double inertia) {
    float inverse = (float) (1 / inertia);
    body.setInverseInertiaLocal(new Vector3f(inverse, inverse, inverse));
    body.setEnableSleep(false);
    body.setDamping(0, 0);
  }

  private SliderJoint slide(Body finger, int side, double lower, double upper) {
    // The joint slides along the x axis of its frame, which is the hand's y.
    Matrix3f frame = new Matrix3f(0, -1, 0, 1, 0, 0, 0, 0, 1);
    Vector3f anchor =
        new Vector3f(
            0, (float) (side * FINGER_HALF_THICKNESS), (float) (FINGER_Z - (0.033 - FLANGE)));
    SliderJoint joint = new SliderJoint(hand, finger, anchor, new Vector3f(), frame, frame, true);
    joint.setLowerLinLimit((float) lower);
    joint.setUpperLinLimit((float) upper);
    joint.setLowerAngLimit(0);
    joint.setUpperAngLimit(0);
    joint.setPoweredLinMotor(true);
    joint.setMaxLinMotorForce((float) GRIP);
    return joint;
  }

  /** Keeps the grip site in a box between two corners. */
  void confine(Vector3 low, Vector3 high) {
    lowest = low;
    highest = high;
  }

  /** Puts the gripper somewhere, at rest, with the fingers so far from the middle. */
  void place(RigidTransform worldFromHand, double opening) {
    hand.place(worldFromHand);
    left.place(worldFromHand.compose(fingerPlace(opening)));
    right.place(worldFromHand.compose(fingerPlace(-opening)));
    for (Body body : List.of(hand, left, right)) {
      body.setEnableSleep(false);
    }
    Vector3 t = worldFromHand.translation();
    reference.position[0] = t.x();
    reference.position[1] = t.y();
    reference.position[2] = t.z();
    java.util.Arrays.fill(reference.velocity, 0);
    java.util.Arrays.fill(reference.turning, 0);
    double[] q = worldFromHand.quaternion();
    // Of the two signs the one that LIBERO's states begin with: a hand that points down turns by
    // +pi.
    reference.rotation = q[0] < 0 ? new double[] {-q[0], -q[1], -q[2], -q[3]} : q;
    reference.goalRotation = reference.rotation.clone();
  }

  GripperState reference() {
    return reference;
  }

  /**
   * Takes a command of seven numbers in [-1, 1]: translation and rotation vector in world axes, and
   * the gripper, which closes above 0.
   */
  void command(double[] action) {
    Vector3 measured = hand.worldFromSolid().translation();
    double[] at = {measured.x(), measured.y(), measured.z()};
    double[] low = {lowest.x(), lowest.y(), lowest.z()};
    double[] high = {highest.x(), highest.y(), highest.z()};
    for (int i = 0; i < 3; i++) {
      goal[i] = Math.max(low[i], Math.min(high[i], at[i] + TRANSLATION * clip(action[i], 1)));
    }
    double x = TURN * clip(action[3], 1);
    double y = TURN * clip(action[4], 1);
    double z = TURN * clip(action[5], 1);
    if (x != 0 || y != 0 || z != 0) {
      // Without a commanded turn the goal of before stays, as in robosuite.
      double[] now = Rotations.near(hand.worldFromSolid().quaternion(), reference.rotation);
      reference.goalRotation = Rotations.product(Rotations.exp(x, y, z), now);
    }
    float opening = (float) (action[6] > 0 ? -FINGER_SPEED : FINGER_SPEED);
    joints.get(0).setTargetLinMotorVelocity(opening);
    joints.get(1).setTargetLinMotorVelocity(-opening);
  }

  private static double clip(double value, double most) {
    return Math.max(-most, Math.min(most, value));
  }

  /** Applies the forces of one step of the engine. */
  void push(double dt) {
    pull(dt);
    hand.getPhysicsLocation(p);
    hand.getPhysicsRotation(turned);
    hand.getLinearVelocity(v);
    double[] orientation = {turned.getX(), turned.getY(), turned.getZ(), turned.getW()};
    double[] offset = turn(orientation, 0, 0, 0.033 - FLANGE);
    double[] lever = {p.x - offset[0], p.y - offset[1], p.z - offset[2]};
    double[] speed = {v.x, v.y, v.z};
    hand.getAngularVelocity(v);
    double[] spin = {v.x, v.y, v.z};
    // The velocity of the grip site, not of the palm's centre of mass.
    speed[0] -= spin[1] * offset[2] - spin[2] * offset[1];
    speed[1] -= spin[2] * offset[0] - spin[0] * offset[2];
    speed[2] -= spin[0] * offset[1] - spin[1] * offset[0];
    limitLag(lever);

    double[] pull = new double[3];
    for (int i = 0; i < 3; i++) {
      pull[i] =
          HAND_MASS
              * (FOLLOW_STIFFNESS * (reference.position[i] - lever[i])
                  + FOLLOW_DAMPING * (reference.velocity[i] - speed[i]));
    }
    limit(pull, MOST_FORCE);
    double[] error =
        Rotations.log(Rotations.product(reference.rotation, Rotations.conjugate(orientation)));
    double[] torque = new double[3];
    for (int i = 0; i < 3; i++) {
      torque[i] =
          HAND_INERTIA
              * (FOLLOW_STIFFNESS * error[i] + FOLLOW_DAMPING * (reference.turning[i] - spin[i]));
    }
    limit(torque, MOST_TORQUE);
    fingers(dt, orientation, lever, speed, spin, pull);
    hand.applyCentralForce(force.set((float) pull[0], (float) pull[1], (float) pull[2]));
    hand.applyTorque(force.set((float) torque[0], (float) torque[1], (float) torque[2]));
  }

  /** Moves the mass that the hand follows. */
  private void pull(double dt) {
    double[] error =
        Rotations.log(
            Rotations.product(reference.goalRotation, Rotations.conjugate(reference.rotation)));
    for (int i = 0; i < 3; i++) {
      reference.velocity[i] +=
          dt * (STIFFNESS * (goal[i] - reference.position[i]) - DAMPING * reference.velocity[i]);
      reference.position[i] += dt * reference.velocity[i];
      reference.turning[i] += dt * (STIFFNESS * error[i] - DAMPING * reference.turning[i]);
    }
    double[] w = reference.turning;
    reference.rotation =
        Rotations.product(Rotations.exp(w[0] * dt, w[1] * dt, w[2] * dt), reference.rotation);
  }

  /** A hand that is blocked must not build up a pull that lets go with a jerk. */
  private void limitLag(double[] at) {
    double[] lag = new double[3];
    for (int i = 0; i < 3; i++) {
      lag[i] = reference.position[i] - at[i];
    }
    if (limit(lag, MOST_LAG)) {
      for (int i = 0; i < 3; i++) {
        reference.position[i] = at[i] + lag[i];
      }
    }
  }

  private void fingers(
      double dt,
      double[] orientation,
      double[] site,
      double[] speed,
      double[] spin,
      double[] pull) {
    double[] axis = turn(orientation, 0, 1, 0);
    double[] l = way(left, axis, site, speed, spin);
    double[] r = way(right, axis, site, speed, spin);
    double middle = (l[0] + r[0]) / 2;
    double drift = (l[1] + r[1]) / 2;
    double centring = FINGER_MASS * (-0.1 * middle / (dt * dt) - 0.4 * drift / dt);
    apply(left, axis, centring);
    apply(right, axis, centring);
    for (int i = 0; i < 3; i++) {
      pull[i] -= 2 * centring * axis[i];
    }
  }

  private void apply(PhysicsRigidBody finger, double[] axis, double f) {
    finger.applyCentralForce(
        force.set((float) (f * axis[0]), (float) (f * axis[1]), (float) (f * axis[2])));
  }

  /** Where a finger's pad is along the axis, and how fast, seen from the hand. */
  private double[] way(Body finger, double[] axis, double[] site, double[] speed, double[] spin) {
    finger.getPhysicsLocation(p);
    finger.getLinearVelocity(v);
    double[] d = {p.x - site[0], p.y - site[1], p.z - site[2]};
    double[] u = {
      v.x - speed[0] - (spin[1] * d[2] - spin[2] * d[1]),
      v.y - speed[1] - (spin[2] * d[0] - spin[0] * d[2]),
      v.z - speed[2] - (spin[0] * d[1] - spin[1] * d[0])
    };
    return new double[] {dot(d, axis), dot(u, axis)};
  }

  private static double dot(double[] a, double[] b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }

  /** Finger ways from the middle: left above 0, right below. */
  double[] ways() {
    RigidTransform handFromWorld = hand.worldFromSolid().inverse();
    double l = handFromWorld.apply(left.worldFromSolid().translation()).y();
    double r = handFromWorld.apply(right.worldFromSolid().translation()).y();
    return new double[] {l - FINGER_HALF_THICKNESS, r + FINGER_HALF_THICKNESS};
  }

  private static boolean limit(double[] v, double most) {
    double n = Math.sqrt(dot(v, v));
    if (n <= most) {
      return false;
    }
    for (int i = 0; i < 3; i++) {
      v[i] *= most / n;
    }
    return true;
  }

  private static double[] turn(double[] q, double x, double y, double z) {
    // v + 2 u x (u x v + w v) for the unit quaternion (u, w).
    double a = q[1] * z - q[2] * y + q[3] * x;
    double b = q[2] * x - q[0] * z + q[3] * y;
    double c = q[0] * y - q[1] * x + q[3] * z;
    return new double[] {
      x + 2 * (q[1] * c - q[2] * b), y + 2 * (q[2] * a - q[0] * c), z + 2 * (q[0] * b - q[1] * a)
    };
  }
}
