package io.github.vla3d.evaluation;

import io.github.vla3d.agent.ActionChunk;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.agent.Timings;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Torch;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A policy, with or without the plug-in. Each operation of its network takes one thread, so that
 * episodes share the cores and the bits do not depend on how many are played at once.
 */
public final class AgentContestant implements Contestant {
  private final String name;
  private final String version;
  private final Agent agent;
  private final int executed;
  private final Queue<Timings> timings = new ConcurrentLinkedQueue<>();

  /**
   * @param folder that the agent was loaded from, for the version
   * @param agent closed with this
   * @param executed actions of each chunk; 0 for as many as the policy wants
   * @throws IllegalArgumentException if a chunk has fewer
   */
  public AgentContestant(String name, Path folder, Agent agent, int executed) {
    if (executed < 0 || executed > agent.horizon()) {
      throw new IllegalArgumentException(
          "%s: wanted 1 to %d actions of a chunk executed, got %d"
              .formatted(name, agent.horizon(), executed));
    }
    this.name = name;
    this.version = Fingerprint.of(folder, agent.folder());
    this.agent = agent;
    this.executed = executed == 0 ? agent.executed() : executed;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public int executed() {
    return executed;
  }

  public Agent agent() {
    return agent;
  }

  /** How long each question took so far. */
  public List<Timings> timings() {
    return List.copyOf(timings);
  }

  /**
   * Where the robot stands: a plug-in works in its frame; a policy alone does not ask.
   *
   * @param first observation of an episode
   */
  public static RobotBase base(Agent agent, Observation first) {
    if (agent.memory().orElse(null) instanceof ScenePlugin plugin) {
      SceneConfig.Workspace workspace = plugin.scene().config().workspace();
      return RobotBase.detect(first, vector(workspace.min()), vector(workspace.max()));
    }
    return RobotBase.WORLD;
  }

  private static Vector3 vector(List<Double> v) {
    return new Vector3(v.get(0), v.get(1), v.get(2));
  }

  @Override
  public Player begin(Arena arena, long seed) {
    // The engine keeps the number for each thread that it has met, and a default for others.
    Torch.threads(1);
    return new Player() {
      private @Nullable RobotBase base;
      private @Nullable ActionChunk chunk;
      private int next;
      private int questions;

      @Override
      public double[] act() {
        ActionChunk actions = chunk;
        if (actions == null || next == executed) {
          Observation seen = arena.observe();
          RobotBase standing = base;
          if (standing == null) {
            standing = base(agent, seen);
            base = standing;
          }
          actions = agent.act(standing.inBase(seen), Seeds.of(seed, questions++));
          timings.add(actions.timings());
          chunk = actions;
          next = 0;
        }
        float[] said = actions.action(next++);
        double[] action = new double[said.length];
        for (int i = 0; i < said.length; i++) {
          action[i] = said[i];
        }
        return action;
      }

      @Override
      public int questions() {
        return questions;
      }
    };
  }

  @Override
  public void close() {
    agent.close();
  }
}
