package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parameters whose gradients travel together: in one buffer, in one all-reduce. How often a
 * gradient comes in one pass is what it did in the pass before: once as a rule, several times with
 * gradient checkpointing, never if the parameter is not used.
 */
final class Bucket {
  private final List<Slot> slots = new ArrayList<>();
  private final Tensor buffer;
  private int waitingFor;
  private ProcessGroup.@Nullable Pending pending;
  private boolean late;

  /** A parameter's place in the buffer. */
  static final class Slot {
    final int index;
    final Tensor value;
    private final Tensor part;
    private int arrivals;
    private int expected = 1;

    private Slot(int index, Tensor value, Tensor part) {
      this.index = index;
      this.value = value;
      this.part = part;
    }

    /** The gradient stored so far, or zeros. */
    private void fill() {
      Tensor grad = value.grad();
      if (grad == null) {
        part.zero_();
      } else {
        part.copy_(grad);
      }
    }
  }

  /**
   * @param first number of the first parameter; the others follow
   * @param values of one type and device
   */
  Bucket(Store store, int first, List<Tensor> values) {
    DType dtype = values.get(0).dtype();
    Device device = values.get(0).device();
    long numel = values.stream().mapToLong(Tensor::numel).sum();
    buffer = store.put(Tensors.zeros(dtype, device, numel));
    long at = 0;
    for (int i = 0; i < values.size(); i++) {
      Tensor value = values.get(i);
      Tensor part = store.put(buffer.narrow(0, at, value.numel()).view(value.shape()));
      slots.add(new Slot(first + i, value, part));
      at += value.numel();
    }
    waitingFor = slots.size();
  }

  List<Slot> slots() {
    return slots;
  }

  /** Takes a gradient that is about to be added to the stored one. */
  void arrived(Slot slot, Tensor gradient) {
    slot.arrivals++;
    if (isLaunched()) {
      late = true; // the sum under way lacks it: it is taken again from the stored gradient
      return;
    }
    Tensor before = slot.value.grad();
    slot.part.copy_(gradient);
    if (before != null) {
      slot.part.add_(before);
    }
    if (slot.arrivals == slot.expected) {
      waitingFor--;
    }
  }

  boolean isComplete() {
    return waitingFor == 0;
  }

  boolean isLaunched() {
    return pending != null;
  }

  void launch(ProcessGroup group) {
    for (Slot slot : slots) {
      if (slot.arrivals == 0) {
        slot.fill();
      }
    }
    pending = group.allReduceAsync(buffer);
  }

  /** Whether a gradient came after the launch. */
  boolean isLate() {
    return late;
  }

  /** Waits for the sum; takes it again if a gradient came late in some process. */
  void await(ProcessGroup group, boolean again) {
    if (pending != null) {
      pending.await();
    }
    if (again) {
      slots.forEach(Slot::fill);
      group.allReduce(buffer);
    }
  }

  /** Writes the averages into the gradients that some process has, and starts afresh. */
  void average(int processes, boolean[] used) {
    buffer.div_(processes);
    waitingFor = 0;
    for (Slot slot : slots) {
      if (used[slot.index]) {
        Tensor grad = slot.value.grad();
        if (grad == null) {
          slot.value.grad(slot.part.copy());
        } else {
          grad.copy_(slot.part);
        }
      }
      slot.expected = slot.arrivals;
      slot.arrivals = 0;
      waitingFor += slot.expected > 0 ? 1 : 0;
    }
    pending = null;
    late = false;
  }
}
