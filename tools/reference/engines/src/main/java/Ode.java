import static org.ode4j.ode.OdeConstants.dContactApprox1;
import static org.ode4j.ode.OdeConstants.dContactSoftCFM;
import static org.ode4j.ode.OdeConstants.dContactSoftERP;

import java.util.ArrayList;
import java.util.List;
import org.ode4j.math.DMatrix3;
import org.ode4j.math.DQuaternion;
import org.ode4j.math.DQuaternionC;
import org.ode4j.math.DVector3;
import org.ode4j.math.DVector3C;
import org.ode4j.ode.DBody;
import org.ode4j.ode.DContact;
import org.ode4j.ode.DContactBuffer;
import org.ode4j.ode.DGeom;
import org.ode4j.ode.DJointGroup;
import org.ode4j.ode.DMass;
import org.ode4j.ode.DMisc;
import org.ode4j.ode.DRotation;
import org.ode4j.ode.DSapSpace;
import org.ode4j.ode.DSliderJoint;
import org.ode4j.ode.DSpace;
import org.ode4j.ode.DWorld;
import org.ode4j.ode.OdeHelper;

/** ode4j. */
final class Ode implements Engine {
  /**
   * What can be set.
   *
   * @param rounds of the quick step; 0 for the standard step
   * @param erp share of a contact's error that a step mends
   * @param cfm softness of a contact
   * @param contacts largest number of a pair of shapes
   * @param layer depth that a contact may keep, metres
   * @param grip factor of the friction
   */
  record Settings(int rounds, double erp, double cfm, int contacts, double layer, double grip) {}

  static {
    OdeHelper.initODE2(0);
  }

  private final double dt;
  private final boolean sleep;
  private final Settings settings;
  private final DWorld world = OdeHelper.createWorld();
  private final DSpace space = OdeHelper.createSapSpace(DSapSpace.AXES.XYZ);
  private final DJointGroup found = OdeHelper.createJointGroup();
  private final DContactBuffer contacts;
  private final List<DBody> bodies = new ArrayList<>();
  private final List<Double> frictions = new ArrayList<>();
  private final List<DSliderJoint> joints = new ArrayList<>();

  Ode(double dt, boolean sleep, Settings settings) {
    this.dt = dt;
    this.sleep = sleep;
    this.settings = settings;
    contacts = new DContactBuffer(settings.contacts());
    world.setGravity(0, 0, -9.81);
    world.setContactSurfaceLayer(settings.layer());
    if (settings.rounds() > 0) {
      world.setQuickStepNumIterations(settings.rounds());
    }
    // The quick step solves in random order; the seed is the process's.
    DMisc.dRandSetSeed(0);
  }

  @Override
  public int add(Thing thing, double[] place, double[] q) {
    int number = frictions.size();
    frictions.add(thing.friction());
    DBody body = thing.mass() > 0 ? body(thing, number) : null;
    bodies.add(body);
    for (Shape part : thing.shapes()) {
      DGeom geom =
          part.cylinder()
              ? OdeHelper.createCylinder(space, part.x(), 2 * part.z())
              : OdeHelper.createBox(space, 2 * part.x(), 2 * part.y(), 2 * part.z());
      geom.setData(number);
      if (body != null) {
        geom.setBody(body);
        geom.setOffsetRotation(aboutZ(part.turn()));
      } else {
        geom.setPosition(place[0], place[1], place[2]);
      }
    }
    if (body != null) {
      body.setPosition(place[0], place[1], place[2]);
      body.setQuaternion(new DQuaternion(q[3], q[0], q[1], q[2]));
    }
    return number;
  }

  private DBody body(Thing thing, int number) {
    DBody body = OdeHelper.createBody(world);
    DMass mass = OdeHelper.createMass();
    double inertia = thing.inertia();
    if (inertia > 0) {
      mass.setParameters(thing.mass(), 0, 0, 0, inertia, inertia, inertia, 0, 0, 0);
    } else {
      // The box around it, as Bullet has it for a body of several shapes.
      Shape first = thing.shapes().get(0);
      double width = thing.shapes().size() > 1 ? first.x() : first.y();
      mass.setBoxTotal(thing.mass(), 2 * first.x(), 2 * width, 2 * first.z());
    }
    body.setMass(mass);
    boolean gripper = number < GRIPPER;
    body.setGravityMode(!gripper);
    body.setLinearDampingThreshold(0);
    body.setAngularDampingThreshold(0);
    body.setDamping(gripper ? 0 : 1 - Math.pow(0.98, dt), gripper ? 0 : 1 - Math.pow(0.9, dt));
    body.setAutoDisableFlag(sleep && !gripper);
    body.setAutoDisableLinearThreshold(0.02);
    body.setAutoDisableAngularThreshold(0.2);
    body.setAutoDisableSteps(0);
    body.setAutoDisableTime(0.25);
    return body;
  }

  private static DMatrix3 aboutZ(double turn) {
    DMatrix3 r = new DMatrix3();
    DRotation.dRFromAxisAndAngle(r, 0, 0, 1, turn);
    return r;
  }

  @Override
  public int slide(int base, int body, double lower, double upper, double force) {
    DSliderJoint joint = OdeHelper.createSliderJoint(world);
    joint.attach(bodies.get(body), bodies.get(base));
    DVector3 axis = new DVector3();
    bodies.get(base).vectorToWorld(0, 1, 0, axis);
    joint.setAxis(axis);
    joint.setParamLoStop(lower);
    joint.setParamHiStop(upper);
    joint.setParamFMax(force);
    joints.add(joint);
    return joints.size() - 1;
  }

  @Override
  public void motor(int joint, double speed) {
    joints.get(joint).setParamVel(speed);
  }

  @Override
  public void force(int body, double[] f) {
    bodies.get(body).addForce(f[0], f[1], f[2]);
  }

  @Override
  public void torque(int body, double[] t) {
    bodies.get(body).addTorque(t[0], t[1], t[2]);
  }

  @Override
  public void read(int body, double[] numbers) {
    DBody b = bodies.get(body);
    put(b.getPosition(), numbers, 0);
    DQuaternionC q = b.getQuaternion();
    numbers[3] = q.get1();
    numbers[4] = q.get2();
    numbers[5] = q.get3();
    numbers[6] = q.get0();
    put(b.getLinearVel(), numbers, 7);
    put(b.getAngularVel(), numbers, 10);
  }

  private static void put(DVector3C v, double[] numbers, int from) {
    for (int i = 0; i < 3; i++) {
      numbers[from + i] = v.get(i);
    }
  }

  /** Contacts are found anew in every step: nothing carries over. */
  @Override
  public void control() {}

  @Override
  public void step() {
    space.collide(null, (data, a, b) -> touch(a, b));
    if (settings.rounds() > 0) {
      world.quickStep(dt);
    } else {
      world.step(dt);
    }
    found.empty();
  }

  private void touch(DGeom a, DGeom b) {
    int i = (Integer) a.getData();
    int j = (Integer) b.getData();
    DBody first = a.getBody();
    DBody second = b.getBody();
    boolean moves = first != null && first.isEnabled() || second != null && second.isEnabled();
    if (i == j || i < GRIPPER && j < GRIPPER || !moves) {
      return;
    }
    int n = OdeHelper.collide(a, b, settings.contacts(), contacts.getGeomBuffer());
    for (int k = 0; k < n; k++) {
      DContact contact = contacts.get(k);
      contact.surface.mode = dContactApprox1 | dContactSoftERP | dContactSoftCFM;
      contact.surface.mu = settings.grip() * frictions.get(i) * frictions.get(j);
      contact.surface.soft_erp = settings.erp();
      contact.surface.soft_cfm = settings.cfm();
      OdeHelper.createContactJoint(world, found, contact).attach(first, second);
    }
  }
}
