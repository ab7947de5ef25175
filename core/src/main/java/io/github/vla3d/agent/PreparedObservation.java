package io.github.vla3d.agent;

import io.github.vla3d.data.Observation;
import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.policy.View;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A batch of observations as a policy takes them, and for every view the way from the camera's
 * pixels to the tower's. Immutable. Its tensors belong to the scope in which it was made; what it
 * says of views does not.
 */
public final class PreparedObservation {
  private final List<View> views;
  private final Instruction instruction;
  private final @Nullable Tensor state;
  private final TokenGrid grid;
  private final List<PreparedSample> samples;

  PreparedObservation(
      List<View> views,
      Instruction instruction,
      @Nullable Tensor state,
      TokenGrid grid,
      List<PreparedSample> samples) {
    this.views = List.copyOf(views);
    this.instruction = instruction;
    this.state = state;
    this.grid = grid;
    this.samples = List.copyOf(samples);
  }

  /** Joins samples of one policy. */
  static PreparedObservation of(
      List<PreparedSample> samples, List<String> cameras, TokenGrid grid, Device device) {
    List<View> views = new ArrayList<>();
    for (String camera : cameras) {
      @Nullable Tensor like =
          samples.stream()
              .map(sample -> sample.pixels().get(camera))
              .filter(pixels -> pixels != null)
              .findFirst()
              .orElse(null);
      if (like != null) {
        List<Tensor> pixels = new ArrayList<>();
        boolean[] present = new boolean[samples.size()];
        for (int i = 0; i < present.length; i++) {
          @Nullable Tensor there = samples.get(i).pixels().get(camera);
          present[i] = there != null;
          pixels.add(
              there != null ? there : Tensors.full(-1, like.dtype(), like.device(), like.shape()));
        }
        views.add(
            new View(
                camera,
                Tensors.cat(0, pixels).to(device),
                Tensors.of(present, present.length).to(device)));
      }
    }
    List<Tensor> states = new ArrayList<>();
    for (PreparedSample sample : samples) {
      @Nullable Tensor state = sample.state();
      if (state != null) {
        states.add(state);
      }
    }
    return new PreparedObservation(
        views,
        instruction(samples, device),
        states.isEmpty() ? null : Tensors.cat(0, states).to(device),
        grid,
        samples);
  }

  /** Prompts filled up to the longest. */
  private static Instruction instruction(List<PreparedSample> samples, Device device) {
    long length = samples.stream().mapToLong(sample -> sample.ids().size(1)).max().orElse(0);
    List<Tensor> ids = new ArrayList<>();
    List<Tensor> valid = new ArrayList<>();
    for (PreparedSample sample : samples) {
      ids.add(filled(sample.ids(), length));
      valid.add(filled(sample.valid(), length));
    }
    return new Instruction(Tensors.cat(0, ids).to(device), Tensors.cat(0, valid).to(device));
  }

  private static Tensor filled(Tensor x, long length) {
    return x.size(1) == length
        ? x
        : Tensors.cat(1, x, Tensors.zeros(x.dtype(), x.device(), 1, length - x.size(1)));
  }

  /** Samples, B. */
  public int batch() {
    return samples.size();
  }

  /** The pictures of the cameras that any sample has, in the order of the prefix. */
  public List<View> views() {
    return views;
  }

  /** The prompts as tokens. */
  public Instruction instruction() {
    return instruction;
  }

  /** Normalised [B, S]; null if the policy reads no state beside the prompt. */
  public @Nullable Tensor state() {
    return state;
  }

  /** What a sample was made of. */
  public Observation observation(int sample) {
    return samples.get(sample).observation();
  }

  /** The views of a sample, by the policy's names of cameras; those that it lacks are not there. */
  public Map<String, SeenView> seen(int sample) {
    return Collections.unmodifiableMap(samples.get(sample).seen());
  }

  /**
   * Cameras and depth of the tower's pictures as tensors, computed anew at each call.
   *
   * @param cameras names in the wanted order, as {@link io.github.vla3d.policy.ViewTokens#cameras}
   */
  public ViewTensors geometry(List<String> cameras) {
    return ViewTensors.of(
        samples.stream().map(PreparedSample::seen).toList(),
        cameras,
        grid.rows() * grid.patchHeight(),
        grid.columns() * grid.patchWidth());
  }

  /**
   * The same with other pictures, for what changes them behind the processors.
   *
   * @throws PolicyException if they are not of this batch
   */
  public PreparedObservation withViews(List<View> other) {
    for (View view : other) {
      if (view.pixels().size(0) != batch()) {
        throw new PolicyException(
            "camera '%s': wanted %d pictures, got %s"
                .formatted(view.camera(), batch(), view.pixels()));
      }
    }
    return new PreparedObservation(other, instruction, state, grid, samples);
  }

  /** From what the network says of one sample, [H, A], to the robot's units. */
  Tensor toRobot(int sample, Tensor said) {
    return samples.get(sample).toRobot().apply(said);
  }
}
