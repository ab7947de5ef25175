package io.github.vla3d.torch;

import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Linear maps on the CPU by oneDNN's kernels, asked for by name: the engine's own way leads to
 * OpenBLAS in fp32 on processors without AVX-512, and to one of its threads (see {@link Torch}).
 * Without derivatives.
 *
 * <p>Each element type is tried out once, on a small product. One that the engine does not have
 * here, or that is less exact than its own, is not used.
 */
final class OneDnn {
  /** Multiplications from which the call, some 20 microseconds, is worth it. */
  private static final long WORTH = 1 << 20;

  private static final int TRIED = 96;

  private static final Map<DType, OneDnn> KNOWN = new EnumMap<>(DType.class);

  private final OperatorHandle linear;
  private final OperatorHandle reorder;
  private final IValue none = new IValue();
  private final IValue scalars;
  private final IValue nothing = new IValue("none");
  private final IValue gelu = new IValue("gelu");
  private final IValue tanh = new IValue("tanh");

  private OneDnn() {
    Dispatcher dispatcher = Dispatcher.singleton();
    this.linear = dispatcher.findSchemaOrThrow("mkldnn::_linear_pointwise", "");
    this.reorder = dispatcher.findSchemaOrThrow("mkldnn::_reorder_linear_weight", "");
    // An empty list of the type that the fifth argument, the activation's numbers, has.
    this.scalars =
        new IValue(
            new GenericList(
                linear.schema().arguments().getPointer(4L).type().get().containedType(0)));
  }

  /** The kernels for a type; null if there are none here. */
  static synchronized @Nullable OneDnn of(DType dtype) {
    if (!KNOWN.containsKey(dtype)) {
      KNOWN.put(dtype, tried(dtype));
    }
    return KNOWN.get(dtype);
  }

  private static @Nullable OneDnn tried(DType dtype) {
    boolean floating = dtype == DType.F32 || dtype == DType.BF16;
    if (!floating || !Torch.isTuned() || !torch.hasMKLDNN()) {
      return null;
    }
    // Objects that outlive the scopes of whoever asks first.
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      OneDnn kernels = new OneDnn();
      if (!kernels.isExact(dtype)) {
        return null;
      }
      kernels.linear.retainReference();
      kernels.reorder.retainReference();
      kernels.none.retainReference();
      kernels.scalars.retainReference();
      kernels.nothing.retainReference();
      kernels.gelu.retainReference();
      kernels.tanh.retainReference();
      return kernels;
    } catch (RuntimeException e) {
      return null; // the engine says so where a type or an operation is missing
    }
  }

  private boolean isExact(DType dtype) {
    try (org.bytedeco.pytorch.Generator generator = torch.make_generator_cpu(0)) {
      var optional = new org.bytedeco.pytorch.GeneratorOptional(generator);
      var x = torch.randn(new long[] {TRIED, TRIED}, optional).to(dtype.raw);
      var w = torch.randn(new long[] {TRIED, TRIED}, optional).to(dtype.raw);
      var packed = call(reorder, new IValue(w), new IValue((long) TRIED));
      var exact = torch.linear(x.to(DType.F64.raw), w.to(DType.F64.raw));
      var own = call(linear, new IValue(x), new IValue(packed), none, nothing, scalars, none);
      var error = own.to(DType.F64.raw).sub(exact).norm().item_double();
      double allowed = dtype == DType.F32 ? Torch.ROUNDED : 1e-2;
      return error <= allowed * exact.norm().item_double();
    }
  }

  private static org.bytedeco.pytorch.Tensor call(OperatorHandle operator, IValue... arguments) {
    try (IValueVector stack = new IValueVector(arguments)) {
      operator.callBoxed(stack);
      // What the stack hands out is its own and ends with it.
      return new org.bytedeco.pytorch.Tensor(stack.get(0).toTensor());
    }
  }

  private IValue optional(@Nullable Tensor tensor) {
    return tensor == null ? none : new IValue(tensor.raw());
  }

  /** The kernels for a map that is large enough; null if the engine's own way is to be taken. */
  static @Nullable OneDnn taking(Tensor x, Tensor weight, @Nullable Tensor bias) {
    boolean taken =
        weight.dim() == 2
            && x.dim() >= 1
            && x.numel() * weight.size(0) >= WORTH
            && weight.isContiguous()
            && fits(x, weight, bias);
    return taken ? of(x.dtype()) : null;
  }

  /** The kernels for products of a weight [out, in] with so many rows; null if there are none. */
  static @Nullable OneDnn packing(Tensor weight, long rows) {
    boolean packs =
        weight.dim() == 2
            && weight.isContiguous()
            && weight.raw().is_cpu()
            && rows * weight.numel() >= WORTH;
    return packs ? of(weight.dtype()) : null;
  }

  /** Whether shapes and types are those of a map on the CPU that nobody derives. */
  static boolean fits(Tensor x, Tensor weight, @Nullable Tensor bias) {
    DType dtype = x.dtype();
    return x.size(-1) == weight.size(1)
        && weight.dtype() == dtype
        && x.raw().is_cpu()
        && weight.raw().is_cpu()
        && (bias == null
            || (bias.dtype() == dtype && bias.dim() == 1 && bias.size(0) == weight.size(0)))
        && !isDerived(x, weight, bias);
  }

  private static boolean isDerived(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return Autograd.isRecording()
        && (x.requiresGrad() || weight.requiresGrad() || (bias != null && bias.requiresGrad()));
  }

  /**
   * x weight^T + bias, and the tanh form of GELU of it if asked for, in one pass: the sum is not
   * rounded to the type before.
   */
  Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias, boolean geluTanh) {
    return Tensor.op(
        () ->
            call(
                linear,
                new IValue(x.raw()),
                new IValue(weight.raw()),
                optional(bias),
                geluTanh ? gelu : nothing,
                scalars,
                geluTanh ? tanh : none));
  }

  /** A copy of a weight in the order in which the kernels read it for so many rows. */
  Tensor packed(Tensor weight, long rows) {
    return Tensor.op(() -> call(reorder, new IValue(weight.raw()), new IValue(rows)));
  }
}
