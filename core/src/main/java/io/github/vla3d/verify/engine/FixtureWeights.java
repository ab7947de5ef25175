package io.github.vla3d.verify.engine;

import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.verify.Fixture;
import java.util.LinkedHashMap;
import java.util.Map;

/** The tensors of a fixture under a prefix, as weights that a module loads. */
final class FixtureWeights implements Weights {
  private final Fixture fixture;
  private final String file;
  private final String prefix;
  private final Map<String, TensorSpec> specs = new LinkedHashMap<>();

  FixtureWeights(Fixture fixture, String file, String prefix) {
    this.fixture = fixture;
    this.file = file;
    this.prefix = prefix;
    fixture
        .specs(file)
        .forEach(
            (name, spec) -> {
              if (name.startsWith(prefix)) {
                specs.put(name.substring(prefix.length()), spec);
              }
            });
  }

  @Override
  public String source() {
    return file + "#" + prefix;
  }

  @Override
  public Map<String, TensorSpec> specs() {
    return specs;
  }

  @Override
  public Tensor get(String name) {
    return fixture.input(file, prefix + name);
  }

  /** Nothing: the fixture owns the tensors. */
  @Override
  public void close() {}
}
