import java.util.List;

/**
 * What the measurements need of a rigid-body engine. Metres, kilograms, newtons, radians, seconds;
 * the world has z upwards; quaternions are x, y, z, w.
 */
interface Engine {
  /** Numbers of a body: position, quaternion, velocity, spin. */
  int NUMBERS = 13;

  /** The first bodies are the gripper's: they do not touch each other and do not fall. */
  int GRIPPER = 3;

  /**
   * A box, or a cylinder about z, around the origin of its body.
   *
   * @param x half its length; a cylinder's radius
   * @param y half its width; a cylinder's radius
   * @param z half its height
   * @param turn about z
   */
  record Shape(boolean cylinder, double x, double y, double z, double turn) {}

  /**
   * A body.
   *
   * @param mass 0 for what never moves
   * @param inertia about all axes; 0 for that of its shapes
   * @param friction coefficient; that of a contact is the product of the two
   */
  record Thing(List<Shape> shapes, double mass, double inertia, double friction) {}

  /** Adds a body and says its number. */
  int add(Thing thing, double[] place, double[] quaternion);

  /**
   * Lets a body slide along the y axis of another one by a motor.
   *
   * @param lower smallest way from where it is
   * @param upper largest way
   * @param force that the motor has
   * @return number of the joint
   */
  int slide(int base, int body, double lower, double upper, double force);

  void motor(int joint, double speed);

  /** For the next step only, at the centre of mass. */
  void force(int body, double[] newtons);

  /** For the next step only. */
  void torque(int body, double[] newtonMetres);

  void read(int body, double[] numbers);

  /** What is done once a control step, before its steps. */
  void control();

  void step();
}
