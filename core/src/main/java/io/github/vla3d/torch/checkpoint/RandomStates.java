package io.github.vla3d.torch.checkpoint;

import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** The states of all generators of all processes, as {@code rank0.NAME}. */
final class RandomStates {
  private RandomStates() {}

  /** Collects them in every process; all must call this at the same point. */
  static Map<String, Tensor> gather(ProcessGroup group, Map<String, Generator> generators) {
    Map<String, Tensor> states = new LinkedHashMap<>();
    new TreeMap<>(generators)
        .forEach(
            (name, generator) -> {
              Tensor all = group.allGather(generator.state().to(group.device())).to(Device.CPU);
              for (int rank = 0; rank < group.size(); rank++) {
                states.put(key(rank, name), all.select(0, rank));
              }
            });
    return states;
  }

  /** What {@link #gather} gives, as far as it can be told without the other processes. */
  static Map<String, TensorSpec> specs(ProcessGroup group, Map<String, Generator> generators) {
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    generators.forEach(
        (name, generator) -> {
          TensorSpec spec = TensorSpec.of(generator.state());
          for (int rank = 0; rank < group.size(); rank++) {
            specs.put(key(rank, name), spec);
          }
        });
    return specs;
  }

  static String key(int rank, String name) {
    return "rank" + rank + "." + name;
  }
}
