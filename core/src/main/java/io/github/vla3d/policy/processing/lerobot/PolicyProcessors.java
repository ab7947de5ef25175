package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.Tensor;
import java.nio.file.Path;
import java.util.Map;

/** Both processors of a LeRobot checkpoint. */
public final class PolicyProcessors implements AutoCloseable {
  private final ProcessorPipeline before;
  private final ProcessorPipeline after;

  private PolicyProcessors(ProcessorPipeline before, ProcessorPipeline after) {
    this.before = before;
    this.after = after;
  }

  /**
   * @param folder with {@code policy_preprocessor.json} and {@code policy_postprocessor.json}
   * @throws ProcessingException if one of them is missing or not understood to the last key
   */
  public static PolicyProcessors open(Path folder, ProcessorOptions options) {
    ProcessorPipeline before =
        ProcessorPipeline.open(folder.resolve("policy_preprocessor.json"), options);
    try {
      return new PolicyProcessors(
          before, ProcessorPipeline.open(folder.resolve("policy_postprocessor.json"), options));
    } catch (RuntimeException e) {
      before.close();
      throw e;
    }
  }

  /** Names that observations get before anything else happens to them, by the old ones. */
  public Map<String, String> renames() {
    return before.renames();
  }

  /** From what the robot reports to what the network takes. */
  public Transition before(Transition transition) {
    return before.apply(transition);
  }

  /**
   * From what the network says to what the robot does.
   *
   * @param actions [B, H, D]
   * @param observed what {@link #before} returned for the observation that led to them
   * @return [B, H, D]
   */
  public Tensor after(Tensor actions, Transition observed) {
    Transition said = new Transition(Map.of(), actions, Map.of(), observed.reference());
    Tensor done = after.apply(said).action();
    if (done == null) {
      throw new ProcessingException(after.name() + ": wanted actions, got none");
    }
    return done;
  }

  @Override
  public void close() {
    before.close();
    after.close();
  }
}
