import com.jme3.bullet.CollisionConfiguration;
import com.jme3.bullet.PhysicsSpace;
import com.jme3.bullet.SolverMode;
import com.jme3.bullet.SolverType;
import com.jme3.bullet.collision.shapes.BoxCollisionShape;
import com.jme3.bullet.collision.shapes.CollisionShape;
import com.jme3.bullet.collision.shapes.CompoundCollisionShape;
import com.jme3.bullet.collision.shapes.CylinderCollisionShape;
import com.jme3.bullet.joints.SliderJoint;
import com.jme3.bullet.objects.PhysicsRigidBody;
import com.jme3.bullet.util.NativeLibrary;
import com.jme3.math.Matrix3f;
import com.jme3.math.Quaternion;
import com.jme3.math.Vector3f;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Bullet, set as the tabletop sets it (its World, Body and Gripper). */
final class Bullet implements Engine {
  /** Whatever was made: freed by a collector, bodies would go before their spaces. */
  private static final List<Object> KEPT = new ArrayList<>();

  private static final Logger LIBRARY = Logger.getLogger("com.jme3.bullet");

  private final float dt;
  private final boolean sleep;
  private final boolean carry;
  private final PhysicsSpace space;
  private final List<PhysicsRigidBody> bodies = new ArrayList<>();
  private final List<SliderJoint> joints = new ArrayList<>();
  private final Vector3f vector = new Vector3f();
  private final Quaternion turned = new Quaternion();

  static void load() throws IOException {
    Path file = Files.createTempFile("engines-bullet", ".so");
    file.toFile().deleteOnExit();
    try (InputStream in =
        Bullet.class.getResourceAsStream("/native/linux/x86_64/libbulletjme.so")) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    System.load(file.toString());
    NativeLibrary.setStartupMessageEnabled(false);
    CollisionShape.setDefaultMargin(0.001f);
    LIBRARY.setLevel(Level.SEVERE);
  }

  /**
   * @param oneDirection of friction, Bullet's default
   * @param carry whether contacts stay known from one control step to the next
   */
  Bullet(double dt, boolean sleep, boolean oneDirection, int iterations, boolean carry) {
    this.dt = (float) dt;
    this.sleep = sleep;
    this.carry = carry;
    space =
        new PhysicsSpace(
            new Vector3f(-10, -10, -10),
            new Vector3f(10, 10, 10),
            PhysicsSpace.BroadphaseType.SIMPLE,
            SolverType.SI,
            new CollisionConfiguration(2048, 0));
    space.setGravity(new Vector3f(0, 0, -9.81f));
    space.getSolverInfo().setNumIterations(iterations);
    space
        .getSolverInfo()
        .setMode(
            SolverMode.WarmStart
                | SolverMode.SIMD
                | (oneDirection ? 0 : SolverMode.Use2Directions));
    space.setMaxSubSteps(0);
    synchronized (KEPT) {
      KEPT.add(space);
    }
  }

  @Override
  public int add(Thing thing, double[] place, double[] q) {
    CompoundCollisionShape shape = new CompoundCollisionShape(thing.shapes().size());
    for (Shape part : thing.shapes()) {
      Vector3f half = new Vector3f((float) part.x(), (float) part.y(), (float) part.z());
      shape.addChildShape(
          part.cylinder() ? new CylinderCollisionShape(half, 2) : new BoxCollisionShape(half),
          new Vector3f(),
          aboutZ(part.turn()));
    }
    PhysicsRigidBody body = new PhysicsRigidBody(shape, (float) thing.mass());
    int number = bodies.size();
    bodies.add(body);
    body.setFriction((float) thing.friction());
    body.setRestitution(0);
    body.setSleepingThresholds(0.02f, 0.2f);
    body.setDamping(number < GRIPPER ? 0 : 0.02f, number < GRIPPER ? 0 : 0.1f);
    if (thing.inertia() > 0) {
      float inverse = (float) (1 / thing.inertia());
      body.setInverseInertiaLocal(new Vector3f(inverse, inverse, inverse));
    }
    body.setEnableSleep(sleep && number >= GRIPPER);
    body.setPhysicsLocation(new Vector3f((float) place[0], (float) place[1], (float) place[2]));
    body.setPhysicsRotation(new Quaternion((float) q[0], (float) q[1], (float) q[2], (float) q[3]));
    for (int i = 0; number < GRIPPER && i < number; i++) {
      body.addToIgnoreList(bodies.get(i));
    }
    enter(number);
    synchronized (KEPT) {
      KEPT.add(body);
    }
    return number;
  }

  private static Matrix3f aboutZ(double turn) {
    float c = (float) Math.cos(turn);
    float s = (float) Math.sin(turn);
    return new Matrix3f(c, -s, 0, s, c, 0, 0, 0, 1);
  }

  private void enter(int number) {
    space.addCollisionObject(bodies.get(number));
    if (number < GRIPPER) {
      bodies.get(number).setGravity(Vector3f.ZERO);
    }
  }

  @Override
  public int slide(int base, int body, double lower, double upper, double force) {
    Matrix3f frame = new Matrix3f(0, -1, 0, 1, 0, 0, 0, 0, 1);
    Vector3f way =
        bodies
            .get(body)
            .getPhysicsLocation(null)
            .subtract(bodies.get(base).getPhysicsLocation(null));
    Vector3f place =
        bodies.get(base).getPhysicsRotationMatrix(null).invert(null).mult(way, new Vector3f());
    SliderJoint joint =
        new SliderJoint(
            bodies.get(base), bodies.get(body), place, new Vector3f(), frame, frame, true);
    joint.setLowerLinLimit((float) lower);
    joint.setUpperLinLimit((float) upper);
    joint.setLowerAngLimit(0);
    joint.setUpperAngLimit(0);
    joint.setPoweredLinMotor(true);
    joint.setMaxLinMotorForce((float) force);
    space.addJoint(joint);
    joints.add(joint);
    synchronized (KEPT) {
      KEPT.add(joint);
    }
    return joints.size() - 1;
  }

  @Override
  public void motor(int joint, double speed) {
    joints.get(joint).setTargetLinMotorVelocity((float) speed);
  }

  @Override
  public void force(int body, double[] f) {
    bodies.get(body).applyCentralForce(vector.set((float) f[0], (float) f[1], (float) f[2]));
  }

  @Override
  public void torque(int body, double[] t) {
    bodies.get(body).applyTorque(vector.set((float) t[0], (float) t[1], (float) t[2]));
  }

  @Override
  public void read(int body, double[] numbers) {
    PhysicsRigidBody b = bodies.get(body);
    b.getPhysicsLocation(vector);
    put(numbers, 0);
    b.getPhysicsRotation(turned);
    numbers[3] = turned.getX();
    numbers[4] = turned.getY();
    numbers[5] = turned.getZ();
    numbers[6] = turned.getW();
    b.getLinearVelocity(vector);
    put(numbers, 7);
    b.getAngularVelocity(vector);
    put(numbers, 10);
  }

  private void put(double[] numbers, int from) {
    numbers[from] = vector.x;
    numbers[from + 1] = vector.y;
    numbers[from + 2] = vector.z;
  }

  /** Takes everything out and puts it back, so that nothing that was cached carries over. */
  @Override
  public void control() {
    if (!carry) {
      leave();
      for (int i = 0; i < bodies.size(); i++) {
        enter(i);
      }
      for (SliderJoint joint : joints) {
        space.addJoint(joint);
      }
    }
    for (PhysicsRigidBody body : bodies) {
      if (body.isDynamic() && body.getDeactivationTime() > 0) {
        body.setDeactivationTime(body.getDeactivationTime() + 0.4f);
      }
    }
  }

  private void leave() {
    for (int i = joints.size() - 1; i >= 0; i--) {
      space.removeJoint(joints.get(i));
    }
    for (int i = bodies.size() - 1; i >= 0; i--) {
      space.removeCollisionObject(bodies.get(i));
    }
  }

  @Override
  public void step() {
    space.update(dt, 0, false, false, false);
  }
}
