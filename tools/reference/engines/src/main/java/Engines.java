import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Bullet and ode4j: grasps, rest, time and repetition (docs/tabletop.md, Physics).
 *
 * <pre>
 * mvn -q -f tools/reference/engines compile exec:exec
 * mvn -q -f tools/reference/engines compile exec:exec -Dengines.arguments="grid --trials 1"
 * </pre>
 *
 * Arguments: {@code grasps}, {@code time}, {@code bits} or {@code all} of it (default), or {@code
 * grid}; {@code --step} milliseconds (2.5), {@code --trials} a thing (5), {@code --rounds} of
 * timing (9).
 */
public final class Engines {
  private static final String[] THINGS = {"box", "can", "bottle"};

  /** A setting of an engine: with or without sleep. */
  private interface Maker {
    Engine make(double dt, boolean sleep);
  }

  /**
   * What is compared.
   *
   * @param round whether cylinders are the engine's own and not six boxes
   */
  private record Setting(String name, boolean round, Maker maker) {}

  private final double dt;
  private final int trials;
  private final int rounds;

  private Engines(double dt, int trials, int rounds) {
    this.dt = dt;
    this.trials = trials;
    this.rounds = rounds;
  }

  public static void main(String[] args) throws Exception {
    double step = 2.5;
    int trials = 5;
    int rounds = 9;
    String what = "all";
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--step" -> step = Double.parseDouble(args[++i]);
        case "--trials" -> trials = Integer.parseInt(args[++i]);
        case "--rounds" -> rounds = Integer.parseInt(args[++i]);
        case "all", "grasps", "time", "bits", "grid", "digests" -> what = args[i];
        default -> throw new IllegalArgumentException("engines: unknown argument " + args[i]);
      }
    }
    Bullet.load();
    Engines engines = new Engines(step / 1e3, trials, rounds);
    switch (what) {
      case "grid" -> engines.stability(grid());
      case "digests" -> engines.digests(chosen()).forEach((k, v) -> System.out.println(v));
      case "grasps" -> engines.stability(chosen());
      case "time" -> engines.time(chosen());
      case "bits" -> engines.repetition(chosen(), step);
      default -> {
        engines.stability(chosen());
        engines.time(chosen());
        engines.repetition(chosen(), step);
      }
    }
  }

  private static Setting bullet(
      String name, boolean round, boolean oneDirection, int iterations, boolean carry) {
    return new Setting(
        "Bullet " + name,
        round,
        (dt, sleep) -> new Bullet(dt, sleep, oneDirection, iterations, carry));
  }

  private static Setting ode(String name, boolean round, Ode.Settings settings) {
    String step = settings.rounds() == 0 ? "standard" : "quick " + settings.rounds();
    return new Setting(
        "ode4j " + step + (round ? ", cylinders" : ", boxes") + name,
        round,
        (dt, sleep) -> new Ode(dt, sleep, settings));
  }

  private static Ode.Settings base(int iterations) {
    return new Ode.Settings(iterations, 0.2, 1e-5, 4, 1e-4, 1);
  }

  private static List<Setting> chosen() {
    List<Setting> settings = new ArrayList<>();
    settings.add(bullet("as the tabletop has it", false, false, 30, false));
    for (int iterations : new int[] {0, 30}) {
      settings.add(ode("", false, base(iterations)));
      settings.add(ode("", true, base(iterations)));
    }
    settings.add(bullet("100 rounds", false, false, 100, false));
    settings.add(bullet("contacts carried over", false, false, 30, true));
    settings.add(bullet("own cylinders", true, false, 30, false));
    return settings;
  }

  /** Both of Bullet's ways of friction, and ode4j's settings changed one at a time. */
  private static List<Setting> grid() {
    List<Setting> settings = new ArrayList<>();
    settings.add(bullet("as the tabletop has it", false, false, 30, false));
    settings.add(bullet("one direction of friction", false, true, 30, false));
    for (boolean round : new boolean[] {false, true}) {
      for (int n : new int[] {0, 30}) {
        settings.add(ode("", round, base(n)));
        settings.add(ode(", erp 0.8", round, new Ode.Settings(n, 0.8, 1e-5, 4, 1e-4, 1)));
        settings.add(ode(", cfm 1e-10", round, new Ode.Settings(n, 0.2, 1e-10, 4, 1e-4, 1)));
        settings.add(ode(", cfm 1e-3", round, new Ode.Settings(n, 0.2, 1e-3, 4, 1e-4, 1)));
        settings.add(ode(", 8 contacts", round, new Ode.Settings(n, 0.2, 1e-5, 8, 1e-4, 1)));
        settings.add(ode(", layer 0", round, new Ode.Settings(n, 0.2, 1e-5, 4, 0, 1)));
        settings.add(ode(", layer 1 mm", round, new Ode.Settings(n, 0.2, 1e-5, 4, 1e-3, 1)));
        settings.add(ode(", friction x 1.5", round, new Ode.Settings(n, 0.2, 1e-5, 4, 1e-4, 1.5)));
      }
    }
    return settings;
  }

  /** WorldTest's things. */
  private static Engine.Thing thing(String name, boolean round) {
    return switch (name) {
      case "box" -> new Engine.Thing(Hand.box(0.02, 0.02, 0.02), 0.1, 0, Hand.FRICTION);
      case "can" -> new Engine.Thing(cylinder(0.033, 0.05, round), 0.25, 0, Hand.FRICTION);
      case "bottle" -> new Engine.Thing(cylinder(0.015, 0.1, round), 0.3, 0, Hand.FRICTION);
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static double height(String name) {
    return name.equals("box") ? 0.02 : name.equals("can") ? 0.05 : 0.1;
  }

  private static List<Engine.Shape> cylinder(double radius, double half, boolean round) {
    if (round) {
      return List.of(new Engine.Shape(true, radius, radius, half, 0));
    }
    List<Engine.Shape> boxes = new ArrayList<>();
    double corner = Math.PI / 12;
    for (int i = 0; i < 6; i++) {
      boxes.add(
          new Engine.Shape(
              false, radius * Math.cos(corner), radius * Math.sin(corner), half, Math.PI * i / 6));
    }
    return boxes;
  }

  /** What a grasp did. Millimetres and degrees relative to the hand. */
  private record Grasp(boolean held, double[] shaken, double[] holding, double[] end) {}

  /**
   * Grasps, lifts, shakes and holds for 10 s.
   *
   * @param trial 0: as in WorldTest; others lie a bit off and turned
   */
  private Grasp grasp(Setting setting, String name, int trial) {
    Hand hand = new Hand(setting.maker().make(dt, true), dt);
    int thing =
        hand.engine.add(
            thing(name, setting.round()),
            new double[] {
              0.002 * ((trial * 2) % 5) - (trial > 0 ? 0.005 : 0),
              0.001 * ((trial * 3) % 5) - (trial > 0 ? 0.0025 : 0),
              height(name)
            },
            Turns.aboutZ(0.04 * trial));
    hand.reach(name.equals("box") ? 0.02 : name.equals("can") ? 0.085 : 0.17, false);
    hand.go(15, 0, 0, 0, true);
    hand.reach(0.3, true);
    double[] before = hand.seen(thing);
    for (int i = 0; i < 3; i++) {
      hand.go(5, 0, 1, 0, true);
      hand.go(5, 0, -1, 0, true);
      hand.go(5, 1, 0, 0, true);
      hand.go(5, -1, 0, 0, true);
    }
    double[] between = hand.seen(thing);
    hand.go(200, 0, 0, 0, true);
    double[] after = hand.seen(thing);
    double[] end = new double[Engine.NUMBERS];
    hand.engine.read(thing, end);
    double[] whole = Turns.apart(before, after);
    // A thing that was not lifted or flew away is far from the hand, whichever it was.
    boolean held = end[2] > 0.1 && whole[0] < 30;
    return new Grasp(held, Turns.apart(before, between), Turns.apart(between, after), end);
  }

  /** Grasps and lifts one more can. */
  private void hold(Hand hand, Setting setting) {
    hand.engine.add(thing("can", setting.round()), new double[] {0, 0, 0.05}, Turns.aboutZ(0));
    hand.reach(0.085, false);
    hand.go(15, 0, 0, 0, true);
    hand.reach(0.3, true);
  }

  /** Four blocks, two cans and two bottles on the table; the hand stays above. */
  private Hand scene(Setting setting, boolean sleep) {
    Hand hand = new Hand(setting.maker().make(dt, sleep), dt);
    String[] names = {"box", "can", "box", "bottle", "can", "box", "bottle", "box"};
    for (int i = 0; i < names.length; i++) {
      hand.engine.add(
          thing(names[i], setting.round()),
          new double[] {0.12 * (i % 4) - 0.18, 0.15 * (i / 4) - 0.075, height(names[i])},
          Turns.aboutZ(0.3 * i));
    }
    return hand;
  }

  /** Largest way in mm from where it was that a thing goes in 5 s, none of them asleep. */
  private double jitter(Setting setting) {
    Hand hand = scene(setting, false);
    hand.go(40, 0, 0, 0, false);
    double[][] first = things(hand);
    double most = 0;
    for (int i = 0; i < 100; i++) {
      hand.go(0, 0, 0, false);
      double[][] now = things(hand);
      for (int j = 0; j < now.length; j++) {
        most = Math.max(most, Turns.apart(first[j], now[j])[0]);
      }
    }
    return most;
  }

  private static double[][] things(Hand hand) {
    double[][] numbers = new double[8][Engine.NUMBERS];
    for (int i = 0; i < numbers.length; i++) {
      hand.engine.read(Engine.GRIPPER + 1 + i, numbers[i]);
    }
    return numbers;
  }

  private void stability(List<Setting> settings) {
    System.out.printf(
        Locale.ROOT,
        "steps of %.1f ms. Per thing: grasps held; mm and degrees in the hand while it shakes; the"
            + " same in the 10 s after (worst of %d). mm in 5 s at rest%n",
        1e3 * dt,
        trials);
    for (Setting setting : settings) {
      StringBuilder line = new StringBuilder();
      for (String name : THINGS) {
        int held = 0;
        double[] worst = new double[4];
        for (int trial = 0; trial < trials; trial++) {
          Grasp grasp = grasp(setting, name, trial);
          if (grasp.held()) {
            held++;
            worst[0] = Math.max(worst[0], grasp.shaken()[0]);
            worst[1] = Math.max(worst[1], grasp.shaken()[1]);
            worst[2] = Math.max(worst[2], grasp.holding()[0]);
            worst[3] = Math.max(worst[3], grasp.holding()[1]);
          }
        }
        line.append(
            String.format(
                Locale.ROOT,
                " | %s %d/%d %.2f %.2f, %.3f %.3f",
                name,
                held,
                trials,
                worst[0],
                worst[1],
                worst[2],
                worst[3]));
      }
      System.out.printf(Locale.ROOT, "%s%s | rest %.4f%n", setting.name(), line, jitter(setting));
    }
  }

  /** Processor time of a step, all settings in turns; ratios are to the first one, turn by turn. */
  private void time(List<Setting> settings) {
    System.out.println(
        "microseconds of processor time a step, 8 things at rest (median; ratio to the first,"
            + " smallest to largest): all awake | all asleep | hand holds a can, others asleep");
    double[][][] times = new double[3][settings.size()][rounds];
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    for (int scene = 0; scene < 3; scene++) {
      List<Hand> hands = new ArrayList<>();
      for (Setting setting : settings) {
        Hand hand = scene(setting, scene > 0);
        if (scene == 2) {
          hold(hand, setting);
        }
        hands.add(hand);
      }
      for (int round = -2; round < rounds; round++) {
        for (int i = 0; i < hands.size(); i++) {
          boolean closed = scene == 2;
          long begin = clock.getCurrentThreadCpuTime();
          hands.get(i).go(20, 0, 0, 0, closed);
          double micros = (clock.getCurrentThreadCpuTime() - begin) / 1e3;
          if (round >= 0) {
            times[scene][i][round] = micros / (20 * Math.round(0.05 / dt));
          }
        }
      }
    }
    for (int i = 0; i < settings.size(); i++) {
      System.out.printf(
          "%s | %s | %s | %s%n",
          settings.get(i).name(),
          summary(times[0][i], times[0][0]),
          summary(times[1][i], times[1][0]),
          summary(times[2][i], times[2][0]));
    }
  }

  private static String summary(double[] times, double[] first) {
    double[] ratios = new double[times.length];
    for (int i = 0; i < times.length; i++) {
      ratios[i] = times[i] / first[i];
    }
    Arrays.sort(ratios);
    double[] sorted = times.clone();
    Arrays.sort(sorted);
    int middle = times.length / 2;
    return String.format(
        Locale.ROOT,
        "%.1f (%.2f, %.2f to %.2f)",
        sorted[middle],
        ratios[middle],
        ratios[0],
        ratios[ratios.length - 1]);
  }

  /** How each setting's grasp of the can ends, to the bit. */
  private Map<String, String> digests(List<Setting> settings) throws NoSuchAlgorithmException {
    Map<String, String> digests = new LinkedHashMap<>();
    for (Setting setting : settings) {
      digests.put(setting.name(), digest(setting));
    }
    return digests;
  }

  private String digest(Setting setting) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    ByteBuffer bytes = ByteBuffer.allocate(8 * Engine.NUMBERS);
    for (double number : grasp(setting, "can", 1).end()) {
      bytes.putDouble(number);
    }
    digest.update(bytes.array());
    return HexFormat.of().formatHex(digest.digest(), 0, 8);
  }

  private void repetition(List<Setting> settings, double step)
      throws IOException, InterruptedException, NoSuchAlgorithmException {
    System.out.println("the same bits: again | in another process | in two threads at once");
    String java = ProcessHandle.current().info().command().orElse("java");
    Process process =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                "Engines",
                "digests",
                "--step",
                Double.toString(step))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> others =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    if (process.waitFor() != 0 || others.size() != settings.size()) {
      throw new IllegalStateException("engines: the second process failed");
    }
    for (int i = 0; i < settings.size(); i++) {
      Setting setting = settings.get(i);
      String once = digest(setting);
      String again = digest(setting);
      System.out.printf(
          "%s | %s | %s | %s%n",
          setting.name(),
          once.equals(again) ? "yes" : "NO",
          once.equals(others.get(i)) ? "yes" : "NO",
          atOnce(setting, once) ? "yes" : "NO");
    }
  }

  private boolean atOnce(Setting setting, String wanted) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Callable<String> task = () -> digest(setting);
      boolean same = true;
      for (Future<String> result : threads.invokeAll(List.of(task, task))) {
        same &= wanted.equals(result.get());
      }
      return same;
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("engines: " + setting.name(), e);
    } finally {
      threads.shutdown();
    }
  }
}
