package io.github.vla3d.tabletop.physics;

import com.jme3.bullet.collision.shapes.BoxCollisionShape;
import com.jme3.bullet.collision.shapes.CompoundCollisionShape;
import com.jme3.bullet.objects.PhysicsRigidBody;
import com.jme3.math.Matrix3f;
import com.jme3.math.Vector3f;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Arrays;

/** A rigid body with its state as plain numbers: what these are, the body is. */
final class Body extends PhysicsRigidBody {
  /** Position, rotation, velocity, turning, quiet seconds, activity. */
  static final int NUMBERS = 20;

  private static final float SLEEP_SPEED = 0.02f;
  private static final float SLEEP_TURN = 0.2f;

  /** Added to the quiet time each control step: asleep after a quarter of a second. */
  private static final float HASTE = 0.4f;

  private final Solid solid;
  private final RigidTransform solidFromMass;
  private final float[] state = new float[NUMBERS];
  private final Vector3f vector = new Vector3f();
  private final Matrix3f matrix = new Matrix3f();
  private RigidTransform worldFromSolid;

  private Body(CompoundCollisionShape shape, Solid solid, RigidTransform worldFromSolid) {
    super(shape, solid.mass() == 0 ? massForStatic : (float) solid.mass());
    this.solid = solid;
    this.solidFromMass = RigidTransform.translation(solid.centreOfMass());
    this.worldFromSolid = worldFromSolid;
    setFriction((float) solid.friction());
    setRestitution(0);
    setSleepingThresholds(SLEEP_SPEED, SLEEP_TURN);
    setDamping(0.02f, 0.1f);
    place(worldFromSolid);
  }

  static Body of(Solid solid, RigidTransform worldFromSolid) {
    CompoundCollisionShape shape = new CompoundCollisionShape(solid.parts().size());
    Vector3 centre = solid.centreOfMass();
    for (Part part : solid.parts()) {
      Vector3 at = part.solidFromPart().translation().minus(centre);
      shape.addChildShape(
          new BoxCollisionShape(vector(part.half())),
          vector(at),
          matrix(part.solidFromPart().rotation()));
    }
    return new Body(shape, solid, worldFromSolid);
  }

  static Vector3f vector(Vector3 v) {
    return new Vector3f((float) v.x(), (float) v.y(), (float) v.z());
  }

  static Matrix3f matrix(double[] r) {
    Matrix3f m = new Matrix3f();
    for (int i = 0; i < 9; i++) {
      m.set(i / 3, i % 3, (float) r[i]);
    }
    return m;
  }

  Solid solid() {
    return solid;
  }

  /** Puts the body somewhere, at rest and awake. */
  void place(RigidTransform pose) {
    RigidTransform worldFromMass = pose.compose(solidFromMass);
    Arrays.fill(state, 0);
    Vector3 t = worldFromMass.translation();
    state[0] = (float) t.x();
    state[1] = (float) t.y();
    state[2] = (float) t.z();
    double[] r = worldFromMass.rotation();
    for (int i = 0; i < 9; i++) {
      state[3 + i] = (float) r[i];
    }
    state[19] = 1;
    write(state.clone());
  }

  /** The state as of the last {@link #read}. */
  float[] state() {
    return state;
  }

  /** Takes the state over from the engine; poses are made anew only if something moved. */
  void read() {
    boolean moved = false;
    getPhysicsLocation(vector);
    for (int i = 0; i < 3; i++) {
      moved |= put(i, vector.get(i));
    }
    getPhysicsRotationMatrix(matrix);
    for (int i = 0; i < 9; i++) {
      moved |= put(3 + i, matrix.get(i / 3, i % 3));
    }
    if (isDynamic()) {
      getLinearVelocity(vector);
      for (int i = 0; i < 3; i++) {
        put(12 + i, vector.get(i));
      }
      getAngularVelocity(vector);
      for (int i = 0; i < 3; i++) {
        put(15 + i, vector.get(i));
      }
    }
    state[18] = getDeactivationTime();
    state[19] = getActivationState();
    if (moved) {
      worldFromSolid = pose();
    }
  }

  private boolean put(int index, float value) {
    boolean changed = state[index] != value;
    state[index] = value;
    return changed;
  }

  private RigidTransform pose() {
    double[] r = new double[9];
    for (int i = 0; i < 9; i++) {
      r[i] = state[3 + i];
    }
    return RigidTransform.of(r, new Vector3(state[0], state[1], state[2]))
        .compose(solidFromMass.inverse());
  }

  /** Makes the engine's body what the numbers say, to the bit. */
  void write(float[] numbers) {
    System.arraycopy(numbers, 0, state, 0, NUMBERS);
    setPhysicsLocation(vector.set(state[0], state[1], state[2]));
    for (int i = 0; i < 9; i++) {
      matrix.set(i / 3, i % 3, state[3 + i]);
    }
    setPhysicsRotation(matrix);
    if (isDynamic()) {
      setLinearVelocity(new Vector3f(state[12], state[13], state[14]));
      setAngularVelocity(new Vector3f(state[15], state[16], state[17]));
      clearForces();
    }
    setDeactivationTime(state[18]);
    setActivationState(nativeId(), (int) state[19]);
    worldFromSolid = pose();
  }

  RigidTransform worldFromMass() {
    return worldFromSolid.compose(solidFromMass);
  }

  RigidTransform worldFromSolid() {
    return worldFromSolid;
  }

  double speed() {
    return Math.sqrt(
        (double) state[12] * state[12]
            + (double) state[13] * state[13]
            + (double) state[14] * state[14]);
  }

  /** Lets a body that has been quiet fall asleep sooner than after Bullet's two seconds. */
  void hastenSleep() {
    if (isDynamic() && getDeactivationTime() > 0) {
      setDeactivationTime(getDeactivationTime() + HASTE);
    }
  }
}
