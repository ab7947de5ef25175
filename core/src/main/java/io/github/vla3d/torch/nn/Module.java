package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.StrictMatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A part of a network: parameters and child modules under names. It owns the parameters' memory
 * until it is closed; closing the root closes all.
 *
 * <p>Several threads may run the same module at once, as long as none changes it.
 */
public abstract class Module implements AutoCloseable {
  private final Map<String, Module> children = new LinkedHashMap<>();
  private final Map<String, Parameter> own = new LinkedHashMap<>();

  /** Names of children and parameters in the order of registration: that of {@link #tensors()}. */
  private final List<String> order = new ArrayList<>();

  private final Store store = new Store();
  private @Nullable Module parent;
  private String name = "";
  private boolean training = true;

  protected Module() {}

  // ---------------------------------------- registration

  /**
   * Adds a child.
   *
   * @param name the part of the checkpoint name that leads to it; may have dots
   * @return the child
   */
  protected final <M extends Module> M register(String name, M child) {
    claim(name);
    Module module = child;
    if (module.parent != null) {
      throw new IllegalArgumentException(
          "module " + childPath(name) + " has a parent already: " + module.path());
    }
    module.parent = this;
    module.name = name;
    children.put(name, child);
    return child;
  }

  /** Adds children under {@code name.0}, {@code name.1}, ... */
  protected final <M extends Module> List<M> register(String name, List<M> list) {
    for (int i = 0; i < list.size(); i++) {
      register(name + "." + i, list.get(i));
    }
    return List.copyOf(list);
  }

  /** Adds a trainable tensor. */
  protected final Parameter parameter(String name, Initialiser initialiser, long... shape) {
    return add(name, false, initialiser, TensorSpec.of(DType.F32, shape));
  }

  /**
   * Adds a tensor that is saved and loaded like a parameter, but never trained.
   *
   * @param dtype kept by all conversions if it is not floating
   */
  protected final Parameter buffer(
      String name, Initialiser initialiser, DType dtype, long... shape) {
    return add(name, true, initialiser, TensorSpec.of(dtype, shape));
  }

  private Parameter add(String name, boolean buffer, Initialiser initialiser, TensorSpec spec) {
    claim(name);
    Parameter parameter = new Parameter(this, name, buffer, initialiser, spec);
    own.put(name, parameter);
    return parameter;
  }

  private void claim(String name) {
    if (name.isEmpty() || order.contains(name)) {
      throw new IllegalArgumentException("module " + path() + ": name '" + name + "' is taken");
    }
    order.add(name);
  }

  private String path() {
    return parent == null ? "" : parent.childPath(name);
  }

  final String childPath(String name) {
    String path = path();
    return path.isEmpty() ? name : path + "." + name;
  }

  // ---------------------------------------- contents

  /** All parameters and buffers by dotted name, in the order of registration. */
  public final Map<String, Parameter> tensors() {
    Map<String, Parameter> all = new LinkedHashMap<>();
    collect("", all);
    return Collections.unmodifiableMap(all);
  }

  private void collect(String prefix, Map<String, Parameter> into) {
    for (String name : order) {
      Parameter parameter = own.get(name);
      if (parameter != null) {
        into.put(prefix + name, parameter);
      } else {
        Module child = children.get(name);
        if (child != null) {
          child.collect(prefix + name + ".", into);
        }
      }
    }
  }

  /** All parameters, without buffers, by dotted name, in the order of registration. */
  public final Map<String, Parameter> parameters() {
    return filter(parameter -> !parameter.isBuffer());
  }

  /** The parameters that are not frozen, by dotted name, in the order of registration. */
  public final Map<String, Parameter> trainable() {
    return filter(Parameter::isTrainable);
  }

  private Map<String, Parameter> filter(Predicate<Parameter> wanted) {
    Map<String, Parameter> some = new LinkedHashMap<>(tensors());
    some.values().removeIf(wanted.negate());
    return Collections.unmodifiableMap(some);
  }

  /** Child modules by the names under which they were registered. */
  public final Map<String, Module> children() {
    return Collections.unmodifiableMap(children);
  }

  // ---------------------------------------- values

  /** Fills all parameters with their first values: F32 on the CPU. */
  public final void initialise(Generator generator) {
    initialise(generator, DType.F32, Device.CPU);
  }

  /**
   * Fills all parameters with their first values. They are drawn in fp32 on the CPU in the order of
   * {@link #tensors()}, so they do not depend on the device.
   */
  public final void initialise(Generator generator, DType dtype, Device device) {
    replaceAll(
        parameter -> {
          DType declared = parameter.declared().dtype();
          return parameter
              .initialiser()
              .values(generator, parameter.shape())
              .to(declared.isFloating() ? dtype : declared)
              .to(device);
        });
  }

  /**
   * Loads all parameters and buffers, or throws and changes nothing. Names and shapes must be
   * exactly those of the file.
   *
   * <p>Where type and device fit, a frozen parameter shares the memory of the weights: a mapped
   * file is not read before it is used, and costs no resident memory of its own. Such a parameter
   * stays valid after the weights are closed. A trainable parameter is copied, because training
   * writes to it. Whoever writes to a shared one changes private copies of the file's pages, which
   * all modules loaded from the same open weights see.
   *
   * @param dtype floating type to convert floating tensors to; null for that of each in the file
   * @throws TorchException if names are missing or superfluous, or shapes differ, or one is
   *     floating and the other is not
   */
  public final void load(Weights weights, @Nullable DType dtype, Device device) {
    Map<String, Parameter> all = tensors();
    Map<String, TensorSpec> wanted = new LinkedHashMap<>();
    Map<Parameter, String> names = new LinkedHashMap<>();
    all.forEach(
        (name, parameter) -> {
          wanted.put(name, parameter.declared());
          names.put(parameter, name);
        });
    StrictMatch.check(wanted, weights, StrictMatch.Types.ANY_FLOATING);
    replaceAll(
        parameter -> {
          Tensor stored = weights.get(names.getOrDefault(parameter, ""));
          DType target = dtype != null && stored.dtype().isFloating() ? dtype : stored.dtype();
          Tensor value = stored.to(target).to(device).detach();
          boolean copy = parameter.isTrainable() && value.sharesStorageWith(stored);
          return copy ? value.copy() : value;
        });
  }

  /** The present values by dotted name, in the order of registration: what a checkpoint holds. */
  public final Map<String, Tensor> save() {
    Map<String, Tensor> values = new LinkedHashMap<>();
    tensors().forEach((name, parameter) -> values.put(name, parameter.value()));
    return values;
  }

  /**
   * Converts all floating parameters. Optimisers and averages made before refer to the old tensors:
   * make them afterwards.
   */
  public final void to(DType dtype) {
    replaceAll(
        parameter -> {
          Tensor value = parameter.value();
          return value.dtype().isFloating() ? value.to(dtype) : value;
        });
  }

  /**
   * Converts some floating parameters, with the same caution.
   *
   * @param names dotted names of this module's parameters
   */
  public final void to(DType dtype, Predicate<String> names) {
    Set<Parameter> chosen = new HashSet<>();
    tensors()
        .forEach(
            (name, parameter) -> {
              if (names.test(name)) {
                chosen.add(parameter);
              }
            });
    replaceAll(
        parameter -> {
          Tensor value = parameter.value();
          boolean converts = chosen.contains(parameter) && value.dtype().isFloating();
          return converts ? value.to(dtype) : value;
        });
  }

  /** Moves all parameters, with the same caution as {@link #to(DType)}. */
  public final void to(Device device) {
    replaceAll(parameter -> parameter.value().to(device));
  }

  /** Where this module keeps tensors that are not parameters. */
  final Store store() {
    return store;
  }

  private void replaceAll(Function<Parameter, Tensor> next) {
    Map<Parameter, Tensor> values = new LinkedHashMap<>();
    Scope.run(
        () ->
            Autograd.noGrad(
                () -> {
                  for (Parameter parameter : tensors().values()) {
                    Tensor value = Scope.tensor(() -> next.apply(parameter)).detach();
                    if (!Arrays.equals(value.shape(), parameter.shape())) {
                      throw new TorchException(
                          "parameter "
                              + parameter.path()
                              + ": wanted "
                              + Arrays.toString(parameter.shape())
                              + ", got "
                              + value);
                    }
                    values.put(parameter, value);
                  }
                  values.forEach(Module::replace);
                  return true;
                }));
  }

  private static void replace(Parameter parameter, Tensor value) {
    Module owner = parameter.owner();
    Tensor before = parameter.swap(owner.store.put(value));
    if (before != null) {
      owner.store.free(before);
    }
    parameter.trainable(parameter.isTrainable());
  }

  // ---------------------------------------- training

  /** Freezes the parameters whose dotted names the predicate accepts. */
  public final void freeze(Predicate<String> names) {
    trainable(names, false);
  }

  /** Makes the parameters trainable whose dotted names the predicate accepts. */
  public final void unfreeze(Predicate<String> names) {
    trainable(names, true);
  }

  private void trainable(Predicate<String> names, boolean on) {
    tensors()
        .forEach(
            (name, parameter) -> {
              if (names.test(name)) {
                parameter.trainable(on);
              }
            });
  }

  /**
   * Tells this module and those below whether they train, which matters to dropout and the like.
   */
  public final void training(boolean on) {
    training = on;
    children.values().forEach(child -> child.training(on));
  }

  /** Whether this module trains; true at first. */
  public final boolean isTraining() {
    return training;
  }

  /** Frees the parameters of this module and of those below. */
  @Override
  public final void close() {
    children.values().forEach(Module::close);
    store.close();
  }
}
