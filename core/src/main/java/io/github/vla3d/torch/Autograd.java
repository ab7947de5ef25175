package io.github.vla3d.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.AnomalyMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Automatic differentiation beyond {@link Tensor#backward}: where it records, gradients by value,
 * functions with derivatives of their own, checkpointing, and a look at gradients while they are
 * computed.
 */
public final class Autograd {
  static {
    Torch.start();
  }

  /** Whether a pass of {@link #grads} runs on this thread: it must not touch stored gradients. */
  private static final ThreadLocal<Boolean> IN_GRADS = ThreadLocal.withInitial(() -> false);

  private Autograd() {}

  /** Whether operations on this thread are recorded. */
  public static boolean isRecording() {
    return GradMode.is_enabled();
  }

  /** Runs the body on this thread without recording a graph. */
  public static <T extends @Nullable Object> T noGrad(Supplier<T> body) {
    return recording(false, body);
  }

  /** Runs the body on this thread and records a graph, also inside {@link #noGrad}. */
  public static <T extends @Nullable Object> T enableGrad(Supplier<T> body) {
    return recording(true, body);
  }

  private static <T extends @Nullable Object> T recording(boolean on, Supplier<T> body) {
    boolean before = GradMode.is_enabled();
    GradMode.set_enabled(on);
    try {
      return body.get();
    } finally {
      GradMode.set_enabled(before);
    }
  }

  /**
   * Runs the body with a check of every backward step: the first gradient with a NaN ends the pass
   * with an exception that names the operation. Slow, and switched on for all threads meanwhile.
   */
  public static <T extends @Nullable Object> T detectAnomaly(Supplier<T> body) {
    boolean before = AnomalyMode.is_enabled();
    AnomalyMode.set_enabled(true, true);
    try {
      return body.get();
    } finally {
      AnomalyMode.set_enabled(before, true);
    }
  }

  /** Adds the gradient of a scalar to {@link Tensor#grad} of every leaf that it depends on. */
  public static void backward(Tensor scalar) {
    pass(
        () -> {
          scalar.raw().backward();
          return true;
        });
  }

  /**
   * Adds the gradients of several tensors, each weighted by a tensor of its shape, to {@link
   * Tensor#grad} of every leaf that they depend on.
   */
  public static void backward(List<Tensor> outputs, List<Tensor> weights) {
    sameSize("backward", outputs, weights);
    pass(
        () -> {
          torch.backward(
              Tensors.vector(outputs),
              Tensors.vector(weights),
              new BoolOptional(),
              false,
              new TensorVector());
          return true;
        });
  }

  private static void pass(BooleanSupplier body) {
    try {
      TorchException.guard(body::getAsBoolean);
    } finally {
      Hooks.release();
    }
  }

  /**
   * The gradients of a scalar with respect to some inputs: zeros where it does not depend on one.
   * Gradients stored in leaves stay as they are.
   *
   * @param createGraph whether the gradients can be differentiated again; the graph then also stays
   *     for another pass
   */
  public static List<Tensor> grads(Tensor scalar, List<Tensor> inputs, boolean createGraph) {
    return grads(List.of(scalar), List.of(), inputs, createGraph);
  }

  /**
   * The gradients of the sum of outputs * weights with respect to some inputs: zeros where it does
   * not depend on one. Gradients stored in leaves stay as they are.
   *
   * @param weights of the outputs' shapes; none for outputs that are scalars
   * @param createGraph whether the gradients can be differentiated again; the graph then also stays
   *     for another pass
   */
  public static List<Tensor> grads(
      List<Tensor> outputs, List<Tensor> weights, List<Tensor> inputs, boolean createGraph) {
    if (!weights.isEmpty()) {
      sameSize("grads", outputs, weights);
    }
    boolean before = IN_GRADS.get();
    IN_GRADS.set(true);
    try {
      TensorVector raw =
          TorchException.guard(
              () ->
                  torch.grad(
                      Tensors.vector(outputs),
                      Tensors.vector(inputs),
                      Tensors.vector(weights),
                      new BoolOptional(createGraph),
                      createGraph,
                      true));
      List<Tensor> grads = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        org.bytedeco.pytorch.Tensor grad = new org.bytedeco.pytorch.Tensor(raw.get(i));
        grads.add(grad.defined() ? Tensor.wrap(grad) : zerosLike(inputs.get(i)));
      }
      return grads;
    } finally {
      IN_GRADS.set(before);
      Hooks.release();
    }
  }

  private static Tensor zerosLike(Tensor x) {
    return Tensors.zeros(x.dtype(), x.device(), x.shape());
  }

  private static void sameSize(String what, List<Tensor> outputs, List<Tensor> weights) {
    if (outputs.size() != weights.size()) {
      throw new TorchException(
          what + ": wanted " + outputs.size() + " weights, got " + weights.size());
    }
  }

  // ---------------------------------------- functions

  /** A function whose derivative is written by hand. */
  public interface Differentiable {
    /**
     * The value. Runs without a graph.
     *
     * @param inputs outside the graph
     */
    Tensor forward(List<Tensor> inputs);

    /**
     * The vector-Jacobian product. Runs without a graph.
     *
     * @param inputs those of {@link #forward}
     * @param gradient with respect to the value, of its shape
     * @return for every input the gradient of its shape, or null if it is not needed
     */
    List<? extends @Nullable Tensor> backward(List<Tensor> inputs, Tensor gradient);
  }

  /**
   * Applies a function whose derivative is written by hand. Its value can be differentiated once,
   * and in one backward pass; the inputs' values are kept until then.
   */
  public static Tensor custom(Differentiable function, Tensor... inputs) {
    return CustomNode.apply(function, List.of(inputs), List.of());
  }

  /**
   * Applies a function without keeping its intermediate results: the backward pass computes them
   * again. Gradients are those of the plain call, for about a third more time.
   *
   * <p>Every parameter that the body reads gets its gradient, by being added to {@link Tensor#grad}
   * during the pass; so {@link #grads} refuses graphs in which checkpointed parameters take part.
   * Tensors with a graph must come in as {@code x}; others that the body captures count as
   * constants and must live until the backward pass.
   *
   * @param body a function of x that gives the same values when it runs again
   * @param x input of any shape, which may be outside the graph
   * @param generators that the body draws from: they are set back for the second run
   */
  public static Tensor checkpoint(UnaryOperator<Tensor> body, Tensor x, Generator... generators) {
    return checkpoint(inputs -> body.apply(inputs.get(0)), List.of(x), generators);
  }

  /** A function of several tensors. */
  @FunctionalInterface
  public interface Body {
    Tensor apply(List<Tensor> inputs);
  }

  /** {@link #checkpoint(UnaryOperator, Tensor, Generator...)} for several inputs. */
  public static Tensor checkpoint(Body body, List<Tensor> inputs, Generator... generators) {
    if (!isRecording()) {
      return body.apply(inputs);
    }
    Checkpoint checkpoint = new Checkpoint(body, List.of(generators));
    // Its gradient is always wanted, so that a body whose inputs are all constants still runs again
    // for its parameters.
    Tensor always = Tensors.zeros(0).requiresGrad_(true);
    List<Tensor> all = new ArrayList<>(inputs);
    all.add(always);
    return CustomNode.apply(checkpoint, all, checkpoint.states());
  }

  private static final class Checkpoint implements Differentiable {
    private final Body body;
    private final List<Generator> generators;
    private final List<Tensor> states = new ArrayList<>();

    Checkpoint(Body body, List<Generator> generators) {
      this.body = body;
      this.generators = generators;
      generators.forEach(generator -> states.add(generator.state()));
    }

    List<Tensor> states() {
      return states;
    }

    @Override
    public Tensor forward(List<Tensor> inputs) {
      return body.apply(inputs.subList(0, inputs.size() - 1));
    }

    @Override
    public List<? extends @Nullable Tensor> backward(List<Tensor> inputs, Tensor gradient) {
      if (IN_GRADS.get()) {
        throw new TorchException(
            "checkpoint: its parameters' gradients are added in place, use backward and not grads");
      }
      List<Tensor> leaves = new ArrayList<>();
      for (Tensor input : inputs.subList(0, inputs.size() - 1)) {
        Tensor leaf = input.detach();
        leaves.add(leaf.dtype().isFloating() ? leaf.requiresGrad_(true) : leaf);
      }
      Tensor y = again(leaves);
      if (y.requiresGrad()) {
        Autograd.backward(List.of(y), List.of(gradient));
      }
      List<@Nullable Tensor> grads = new ArrayList<>();
      for (Tensor leaf : leaves) {
        grads.add(leaf.grad());
      }
      grads.add(null);
      return grads;
    }

    private Tensor again(List<Tensor> leaves) {
      List<Tensor> now = new ArrayList<>();
      for (int i = 0; i < generators.size(); i++) {
        now.add(generators.get(i).state());
        generators.get(i).state(states.get(i));
      }
      try {
        return enableGrad(() -> body.apply(leaves));
      } finally {
        for (int i = 0; i < now.size(); i++) {
          generators.get(i).state(now.get(i));
        }
      }
    }
  }

  // ---------------------------------------- hooks

  /** A registered hook; closing takes it off. */
  public interface Hook extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Shows every gradient of a leaf, whole, when a backward pass has computed it and before it is
   * added to {@link Tensor#grad}. The body runs during the pass, in a scope of its own, on a thread
   * of the engine's choice; what it throws ends the pass and comes out of it as it is.
   *
   * @throws TorchException if the tensor needs no gradient
   */
  public static Hook onGradient(Tensor leaf, Consumer<Tensor> body) {
    org.bytedeco.pytorch.Tensor raw = new org.bytedeco.pytorch.Tensor(leaf.raw());
    Hooks.Watch watch = new Hooks.Watch(body);
    raw.retainReference();
    watch.retainReference();
    int number = TorchException.guard(() -> raw.register_hook(watch));
    return new Hook() {
      private boolean open = true;

      @Override
      public void close() {
        if (open) {
          open = false;
          raw.remove_hook(number);
          raw.releaseReference();
          watch.releaseReference();
        }
      }
    };
  }
}
