package io.github.vla3d.policy.processing.lerobot;

import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The state that relative actions count from.
 *
 * @param state [B, D], as it was before it was normalised
 * @param exclude actions whose name contains one of these, in any case, are absolute
 * @param names of the action's dimensions; empty: none is excluded
 */
public record RelativeReference(Tensor state, List<String> exclude, List<String> names) {
  public RelativeReference {
    exclude = List.copyOf(exclude);
    names = List.copyOf(names);
  }

  /**
   * Adds the state to an action.
   *
   * @param sign 1, or -1 to take it away
   */
  Tensor shift(Tensor action, int sign) {
    int size = Math.toIntExact(action.size(-1));
    if (state.size(-1) < size) {
      throw new ProcessingException(
          "relative actions: wanted a state of at least %d dimensions, got %s"
              .formatted(size, state));
    }
    Tensor offset =
        state
            .narrow(-1, 0, size)
            .to(action.dtype())
            .to(action.device())
            .mul(Tensors.of(mask(size), size).to(action.dtype()).to(action.device()));
    if (action.dim() == 3) {
      offset = offset.unsqueeze(-2);
    }
    return sign > 0 ? action.add(offset) : action.sub(offset);
  }

  private boolean[] mask(int size) {
    List<String> tokens = new ArrayList<>();
    exclude.stream()
        .filter(name -> !name.isEmpty())
        .forEach(name -> tokens.add(name.toLowerCase(Locale.ROOT)));
    boolean[] mask = new boolean[size];
    for (int i = 0; i < size; i++) {
      String name = i < names.size() ? names.get(i).toLowerCase(Locale.ROOT) : "";
      mask[i] = tokens.stream().noneMatch(name::contains);
    }
    return mask;
  }
}
