package io.github.vla3d.tabletop;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.Provenance;
import io.github.vla3d.data.Track;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** An episode that the expert has played, in memory. */
public final class Take implements Episode {
  private final Variant variant;
  private final String task;
  private final List<Observation> observations = new ArrayList<>();
  private final List<double[]> actions = new ArrayList<>();
  private final List<double[]> joints = new ArrayList<>();
  private final Truth truth;
  private boolean success;

  private Take(Tabletop table) {
    variant = table.variant();
    task = table.instruction();
    truth = new Truth(table);
  }

  /** Lets the expert play an episode, and keeps what was seen and done. */
  public static Take play(Tabletop table, Variant variant) {
    Observation seen = table.reset(variant);
    Expert expert = new Expert(table);
    return play(table, seen, expert::act, wanted -> wanted);
  }

  /**
   * Lets the expert play an episode in which it is pushed now and then. What is kept as its actions
   * is what it wanted, not what the pushes made of it.
   */
  public static Take playPushed(Tabletop table, Variant variant) {
    Observation seen = table.reset(variant);
    Expert expert = new Expert(table);
    return play(table, seen, expert::act, new Pushes(variant));
  }

  /**
   * Lets somebody else and the expert act in turns. What is kept as actions is what the expert
   * wanted at each step, whoever acted.
   *
   * @param novice who acts when it is not the expert's turn
   */
  static Take playInTurns(Tabletop table, Variant variant, Novice novice) {
    Observation seen = table.reset(variant);
    Turns turns = new Turns(table, novice);
    return play(table, seen, turns::wanted, turns);
  }

  /**
   * Plays given actions.
   *
   * @param actions rows of seven numbers, at least one; when they are used up, the last one goes on
   */
  public static Take play(Tabletop table, Variant variant, List<double[]> actions) {
    Observation seen = table.reset(variant);
    return play(
        table,
        seen,
        () -> actions.get(Math.min(table.outcome().steps(), actions.size() - 1)),
        wanted -> wanted);
  }

  private static Take play(
      Tabletop table, Observation first, Supplier<double[]> policy, Disturbance disturbance) {
    Take take = new Take(table);
    Observation seen = first;
    Outcome outcome;
    do {
      take.observations.add(seen);
      take.joints.add(table.joints());
      take.truth.add(table);
      double[] action = policy.get();
      take.actions.add(action);
      double[] done = disturbance.on(action);
      take.truth.pushed(disturbance.matters(action, done));
      outcome = table.step(done);
      seen = table.observe();
    } while (!outcome.done());
    take.success = outcome.success();
    return take;
  }

  public Variant variant() {
    return variant;
  }

  /** Whether the task was done. */
  public boolean success() {
    return success;
  }

  Truth truth() {
    return truth;
  }

  @Override
  public String name() {
    return variant.name();
  }

  @Override
  public String task() {
    return task;
  }

  @Override
  public int frames() {
    return observations.size();
  }

  @Override
  public double framesPerSecond() {
    return Tabletop.RATE;
  }

  @Override
  public List<String> viewNames() {
    return List.of(Tabletop.SCENE_VIEW, Tabletop.WRIST_VIEW);
  }

  @Override
  public Observation observation(int frame) {
    return observations.get(frame);
  }

  @Override
  public Track states() {
    List<double[]> rows = new ArrayList<>();
    for (Observation observation : observations) {
      float[] state = observation.state();
      double[] row = new double[state.length];
      for (int i = 0; i < row.length; i++) {
        row[i] = state[i];
      }
      rows.add(row);
    }
    return track(rows, 8);
  }

  @Override
  public Track actions() {
    return track(actions, 7);
  }

  /** Numbers that LIBERO's recordings have besides. */
  Map<String, Track> extras() {
    float[] gripper = new float[2 * frames()];
    for (int f = 0; f < frames(); f++) {
      System.arraycopy(observations.get(f).state(), 6, gripper, 2 * f, 2);
    }
    return Map.of(
        "observation.joint_pos",
        track(joints, 7),
        "observation.gripper",
        Track.of(frames(), 2, gripper));
  }

  private static Track track(List<double[]> rows, int columns) {
    float[] values = new float[rows.size() * columns];
    int at = 0;
    for (double[] row : rows) {
      for (int i = 0; i < columns; i++) {
        values[at++] = (float) row[i];
      }
    }
    return Track.of(rows.size(), columns, values);
  }

  @Override
  public Provenance provenance() {
    return new Provenance("tabletop", variant.name(), Map.of());
  }
}
