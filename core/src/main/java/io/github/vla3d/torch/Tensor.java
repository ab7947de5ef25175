package io.github.vla3d.torch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * An n-dimensional array on the CPU or on a GPU, with automatic differentiation. The operations are
 * those of PyTorch under their names there (in camel case; a trailing underscore marks those that
 * change the tensor in place), with its broadcasting and type promotion.
 *
 * <p>A tensor belongs to a {@link Scope} or a {@link Store}, and every operation checks that this
 * owner is still open.
 *
 * <p>All operations throw {@link TorchException} with the engine's message if shapes, types or
 * devices do not fit.
 */
public final class Tensor {
  private static final int STREAM_BYTES = 1 << 22;

  private final org.bytedeco.pytorch.Tensor raw;
  private Owner owner;

  private Tensor(org.bytedeco.pytorch.Tensor raw, Owner owner) {
    this.raw = raw;
    this.owner = owner;
  }

  /** Wraps a native tensor that was made in the innermost scope. */
  static Tensor wrap(org.bytedeco.pytorch.Tensor raw) {
    return new Tensor(raw, Scope.current());
  }

  static Tensor op(Supplier<org.bytedeco.pytorch.Tensor> body) {
    Scope scope = Scope.current();
    return new Tensor(TorchException.guard(body), scope);
  }

  /** Runs an operation in place and returns this tensor. */
  private Tensor inPlace(Supplier<org.bytedeco.pytorch.Tensor> body) {
    TorchException.guard(body);
    if (hasGraph()) {
      if (owner instanceof Store) {
        throw new TorchException("a store keeps no graphs: write detached values into " + this);
      }
      Scope.graphWritten(raw.is_view() ? null : owner);
    }
    return this;
  }

  /** Whether this is the result of recorded operations. */
  boolean hasGraph() {
    return raw.requires_grad() && !raw.is_leaf();
  }

  private static List<Tensor> ops(Supplier<TensorVector> body) {
    TensorVector vector = TorchException.guard(body);
    List<Tensor> tensors = new ArrayList<>();
    for (long i = 0; i < vector.size(); i++) {
      tensors.add(wrap(new org.bytedeco.pytorch.Tensor(vector.get(i))));
    }
    return tensors;
  }

  private static Pair pair(Supplier<T_TensorTensor_T> body) {
    T_TensorTensor_T pair = TorchException.guard(body);
    return new Pair(
        wrap(new org.bytedeco.pytorch.Tensor(pair.get0())),
        wrap(new org.bytedeco.pytorch.Tensor(pair.get1())));
  }

  /** Values and the I64 indices where they stood. */
  public record Pair(Tensor values, Tensor indices) {}

  org.bytedeco.pytorch.Tensor raw() {
    owner.check();
    return raw;
  }

  org.bytedeco.pytorch.Tensor rawUnchecked() {
    return raw;
  }

  Owner owner() {
    return owner;
  }

  void owner(Owner owner) {
    this.owner = owner;
  }

  // ---------------------------------------- facts

  /** Sizes of all dimensions. */
  public long[] shape() {
    org.bytedeco.pytorch.Tensor t = raw();
    long[] shape = new long[(int) t.dim()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = t.size(i);
    }
    return shape;
  }

  /** Size of one dimension; negative numbers count from the last. */
  public long size(int dim) {
    return TorchException.guard(() -> raw().size(dim));
  }

  /** Number of dimensions. */
  public int dim() {
    return (int) raw().dim();
  }

  /** Number of elements. */
  public long numel() {
    return raw().numel();
  }

  public DType dtype() {
    return DType.of(raw().scalar_type());
  }

  public Device device() {
    return Device.of(raw().device());
  }

  public boolean isContiguous() {
    return raw().is_contiguous();
  }

  /** Whether a change of the one would show in the other. */
  public boolean sharesStorageWith(Tensor other) {
    return raw().is_alias_of(other.raw());
  }

  /**
   * True if shape, type and every bit of every value agree, except that NaN differs from NaN and
   * -0.0 equals 0.0.
   */
  public boolean equal(Tensor other) {
    return TorchException.guard(() -> raw().equal(other.raw()));
  }

  @Override
  public String toString() {
    if (owner instanceof Scope scope && !scope.isOpen()) {
      return "Tensor(freed)";
    }
    return "Tensor" + Arrays.toString(shape()) + " " + dtype() + " " + device();
  }

  // ---------------------------------------- values, host side

  /** The only value, as a double. */
  public double item() {
    if (numel() != 1) {
      throw new TorchException("item: wanted a tensor of one element, got " + this);
    }
    return TorchException.guard(() -> raw().item_double());
  }

  /** The only value, as a long. */
  public long itemLong() {
    if (numel() != 1) {
      throw new TorchException("item: wanted a tensor of one element, got " + this);
    }
    return TorchException.guard(() -> raw().item_long());
  }

  /** The only value; other numbers than 0 are true. */
  public boolean itemBoolean() {
    return itemLong() != 0;
  }

  /** Copies the values out in row-major order, converted to float. */
  public float[] toFloats() {
    float[] values = new float[intNumel()];
    host(DType.F32).asFloatBuffer().get(values);
    return values;
  }

  /** Copies the values out in row-major order, converted to double. */
  public double[] toDoubles() {
    double[] values = new double[intNumel()];
    host(DType.F64).asDoubleBuffer().get(values);
    return values;
  }

  /** Copies the values out in row-major order, converted to long. */
  public long[] toLongs() {
    long[] values = new long[intNumel()];
    host(DType.I64).asLongBuffer().get(values);
    return values;
  }

  /** Copies the values out in row-major order, converted to int. */
  public int[] toInts() {
    int[] values = new int[intNumel()];
    host(DType.I32).asIntBuffer().get(values);
    return values;
  }

  /** Copies the values out in row-major order: other numbers than 0 are true. */
  public boolean[] toBooleans() {
    boolean[] values = new boolean[intNumel()];
    ByteBuffer bytes = host(DType.BOOL);
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes.get(i) != 0;
    }
    return values;
  }

  /**
   * Copies the raw bytes of the values out, in row-major order and little-endian.
   *
   * @throws TorchException if the tensor has 2 GiB or more
   */
  public byte[] toBytes() {
    long size = numel() * dtype().bytes();
    if (size > Integer.MAX_VALUE - 8) {
      throw new TorchException("toBytes: at most 2 GiB at a time, got " + this);
    }
    byte[] values = new byte[(int) size];
    host(dtype()).get(values);
    return values;
  }

  /**
   * Passes the raw bytes of the values on, in row-major order and little-endian, in pieces of at
   * most 4 MiB. The buffer is used again for the next piece.
   */
  public void stream(Consumer<ByteBuffer> sink) {
    Scope.run(
        () -> {
          Tensor t = detach().to(Device.CPU).contiguous();
          long size = t.numel() * t.dtype().bytes();
          ByteBuffer piece = ByteBuffer.allocate((int) Math.min(size, STREAM_BYTES));
          for (long at = 0; at < size; at += STREAM_BYTES) {
            int n = (int) Math.min(size - at, STREAM_BYTES);
            try (BytePointer bytes = new BytePointer(t.raw().data_ptr())) {
              bytes.capacity(size).position(at).get(piece.array(), 0, n);
            }
            sink.accept(piece.position(0).limit(n));
          }
        });
  }

  private int intNumel() {
    long n = numel();
    if (n > Integer.MAX_VALUE - 8) {
      throw new TorchException("a Java array cannot hold " + this);
    }
    return (int) n;
  }

  private ByteBuffer host(DType dtype) {
    return Scope.call(
        scope -> {
          Tensor t = detach().to(dtype).to(Device.CPU).contiguous();
          ByteBuffer copy = ByteBuffer.allocate(Math.toIntExact(t.numel() * dtype.bytes()));
          if (copy.capacity() > 0) {
            try (BytePointer bytes = new BytePointer(t.raw().data_ptr())) {
              bytes.capacity(copy.capacity()).get(copy.array());
            }
          }
          return copy.order(ByteOrder.LITTLE_ENDIAN);
        });
  }

  /** Address of the first element: for native code of this package. The pointer owns nothing. */
  Pointer data() {
    return raw().data_ptr();
  }

  // ---------------------------------------- conversion

  /** This tensor with another element type; itself if the type is the same. */
  public Tensor to(DType dtype) {
    return op(() -> raw().to(dtype.raw));
  }

  /** This tensor on another device; itself if it is there. */
  public Tensor to(Device device) {
    return device.equals(device())
        ? this
        : op(
            () ->
                raw()
                    .to(
                        device.raw(),
                        raw().scalar_type(),
                        false,
                        false,
                        new MemoryFormatOptional()));
  }

  /**
   * The same bits read as another element type; the last dimension changes with the size of the
   * elements.
   */
  public Tensor viewAs(DType dtype) {
    return op(() -> raw().view(dtype.raw));
  }

  /** The same values outside the graph. */
  public Tensor detach() {
    return op(() -> raw().detach());
  }

  /** The same values in the graph, as a tensor of its own that shares memory. */
  Tensor alias() {
    return op(() -> raw().view_as(raw()));
  }

  /** A copy, in the graph. */
  public Tensor copy() {
    return op(() -> raw().clone());
  }

  public Tensor contiguous() {
    return op(() -> raw().contiguous());
  }

  // ---------------------------------------- gradient

  /** Counts how often the memory was written to, through whatever view. */
  long version() {
    return raw()._version();
  }

  /** Counts a write that the engine did not count. */
  void written() {
    raw().unsafeGetTensorImpl().bump_version();
  }

  public boolean requiresGrad() {
    return raw().requires_grad();
  }

  /** Sets whether gradients are recorded for this leaf. */
  public Tensor requiresGrad_(boolean on) {
    TorchException.guard(() -> raw().set_requires_grad(on));
    return this;
  }

  /**
   * The gradient that {@link #backward} has left, or null. It shares memory with the stored one.
   */
  public @Nullable Tensor grad() {
    org.bytedeco.pytorch.Tensor grad = TorchException.guard(() -> raw().grad());
    return grad.defined() ? wrap(grad) : null;
  }

  /** Drops the gradient, or replaces it. */
  public void grad(@Nullable Tensor grad) {
    TorchException.guard(
        () ->
            raw()
                .mutable_grad()
                .put(grad == null ? new org.bytedeco.pytorch.Tensor() : grad.raw()));
  }

  /**
   * Adds the gradient of this scalar to {@link #grad} of every leaf that it depends on, and frees
   * the graph.
   */
  public void backward() {
    Autograd.backward(this);
  }

  // ---------------------------------------- element-wise

  /** Element-wise: the negated values. */
  public Tensor neg() {
    return op(() -> raw().neg());
  }

  /** Element-wise: absolute values. */
  public Tensor abs() {
    return op(() -> raw().abs());
  }

  /** Element-wise: square roots. */
  public Tensor sqrt() {
    return op(() -> raw().sqrt());
  }

  /** Element-wise: 1 / sqrt(x). */
  public Tensor rsqrt() {
    return op(() -> raw().rsqrt());
  }

  /** Element-wise: e^x. */
  public Tensor exp() {
    return op(() -> raw().exp());
  }

  /** Element-wise: natural logarithms. */
  public Tensor log() {
    return op(() -> raw().log());
  }

  /** Element-wise: log(1 + x). */
  public Tensor log1p() {
    return op(() -> raw().log1p());
  }

  /** Element-wise: sines of radians. */
  public Tensor sin() {
    return op(() -> raw().sin());
  }

  /** Element-wise: cosines of radians. */
  public Tensor cos() {
    return op(() -> raw().cos());
  }

  /** Element-wise: hyperbolic tangents. */
  public Tensor tanh() {
    return op(() -> raw().tanh());
  }

  /** Element-wise: 1 / (1 + e^-x). */
  public Tensor sigmoid() {
    return op(() -> raw().sigmoid());
  }

  /** Element-wise: max(x, 0). */
  public Tensor relu() {
    return op(() -> raw().relu());
  }

  /** Element-wise: largest integers not above. */
  public Tensor floor() {
    return op(() -> raw().floor());
  }

  /** Element-wise: nearest integers, halves to even. */
  public Tensor round() {
    return op(() -> raw().round());
  }

  /** Element-wise: 1 / x. */
  public Tensor reciprocal() {
    return op(() -> raw().reciprocal());
  }

  /** Element-wise: x * x. */
  public Tensor square() {
    return op(() -> raw().square());
  }

  /** Element-wise: error function. */
  public Tensor erf() {
    return op(() -> raw().erf());
  }

  /** Element-wise: -1, 0 or 1. */
  public Tensor sign() {
    return op(() -> raw().sign());
  }

  /** Element-wise x + y; shapes broadcast. */
  public Tensor add(Tensor y) {
    return op(() -> raw().add(y.raw()));
  }

  /** Element-wise x + y. */
  public Tensor add(double y) {
    return op(() -> raw().add(new Scalar(y)));
  }

  /** Element-wise x - y; shapes broadcast. */
  public Tensor sub(Tensor y) {
    return op(() -> raw().sub(y.raw()));
  }

  /** Element-wise x - y. */
  public Tensor sub(double y) {
    return op(() -> raw().sub(new Scalar(y)));
  }

  /** Element-wise x * y; shapes broadcast. */
  public Tensor mul(Tensor y) {
    return op(() -> raw().mul(y.raw()));
  }

  /** Element-wise x * y. */
  public Tensor mul(double y) {
    return op(() -> raw().mul(new Scalar(y)));
  }

  /** Element-wise x / y; shapes broadcast. */
  public Tensor div(Tensor y) {
    return op(() -> raw().div(y.raw()));
  }

  /** Element-wise x / y. */
  public Tensor div(double y) {
    return op(() -> raw().div(new Scalar(y)));
  }

  /** BOOL, element-wise x = y; shapes broadcast. */
  public Tensor eq(Tensor y) {
    return op(() -> raw().eq(y.raw()));
  }

  /** BOOL, element-wise x = y. */
  public Tensor eq(double y) {
    return op(() -> raw().eq(new Scalar(y)));
  }

  /** BOOL, element-wise x != y; shapes broadcast. */
  public Tensor ne(Tensor y) {
    return op(() -> raw().ne(y.raw()));
  }

  /** BOOL, element-wise x != y. */
  public Tensor ne(double y) {
    return op(() -> raw().ne(new Scalar(y)));
  }

  /** BOOL, element-wise x < y; shapes broadcast. */
  public Tensor lt(Tensor y) {
    return op(() -> raw().lt(y.raw()));
  }

  /** BOOL, element-wise x < y. */
  public Tensor lt(double y) {
    return op(() -> raw().lt(new Scalar(y)));
  }

  /** BOOL, element-wise x <= y; shapes broadcast. */
  public Tensor le(Tensor y) {
    return op(() -> raw().le(y.raw()));
  }

  /** BOOL, element-wise x <= y. */
  public Tensor le(double y) {
    return op(() -> raw().le(new Scalar(y)));
  }

  /** BOOL, element-wise x > y; shapes broadcast. */
  public Tensor gt(Tensor y) {
    return op(() -> raw().gt(y.raw()));
  }

  /** BOOL, element-wise x > y. */
  public Tensor gt(double y) {
    return op(() -> raw().gt(new Scalar(y)));
  }

  /** BOOL, element-wise x >= y; shapes broadcast. */
  public Tensor ge(Tensor y) {
    return op(() -> raw().ge(y.raw()));
  }

  /** BOOL, element-wise x >= y. */
  public Tensor ge(double y) {
    return op(() -> raw().ge(new Scalar(y)));
  }

  /** Element-wise the larger of x and y; shapes broadcast. */
  public Tensor maximum(Tensor y) {
    return op(() -> raw().maximum(y.raw()));
  }

  /** Element-wise the smaller of x and y; shapes broadcast. */
  public Tensor minimum(Tensor y) {
    return op(() -> raw().minimum(y.raw()));
  }

  /** Element-wise x^y; shapes broadcast. */
  public Tensor pow(Tensor y) {
    return op(() -> raw().pow(y.raw()));
  }

  /** Element-wise the angle of (y, x) with x the argument, radians; shapes broadcast. */
  public Tensor atan2(Tensor y) {
    return op(() -> raw().atan2(y.raw()));
  }

  /** Element-wise logical and; shapes broadcast. */
  public Tensor and(Tensor y) {
    return op(() -> raw().logical_and(y.raw()));
  }

  /** Element-wise logical or; shapes broadcast. */
  public Tensor or(Tensor y) {
    return op(() -> raw().logical_or(y.raw()));
  }

  /** Element-wise logical exclusive or; shapes broadcast. */
  public Tensor xor(Tensor y) {
    return op(() -> raw().logical_xor(y.raw()));
  }

  /** Element-wise x^y. */
  public Tensor pow(double y) {
    return op(() -> raw().pow(new Scalar(y)));
  }

  /** Element-wise: BOOL, the negation. */
  public Tensor not() {
    return op(() -> raw().logical_not());
  }

  /** Element-wise: min(max(x, low), high). */
  public Tensor clamp(double low, double high) {
    return op(
        () ->
            raw().clamp(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high))));
  }

  /** Element-wise: max(x, low). */
  public Tensor clampMin(double low) {
    return op(() -> raw().clamp_min(new Scalar(low)));
  }

  /** Element-wise: min(x, high). */
  public Tensor clampMax(double high) {
    return op(() -> raw().clamp_max(new Scalar(high)));
  }

  /** BOOL, element-wise: neither infinite nor NaN. */
  public Tensor isFinite() {
    return op(() -> raw().isfinite());
  }

  /** BOOL, element-wise: NaN. */
  public Tensor isNaN() {
    return op(() -> raw().isnan());
  }

  // ---------------------------------------- in place

  public Tensor add_(Tensor y) {
    return inPlace(() -> raw().add_(y.raw()));
  }

  /** this += y * factor. */
  public Tensor add_(Tensor y, double factor) {
    return inPlace(() -> raw().add_(y.raw(), new Scalar(factor)));
  }

  public Tensor sub_(Tensor y) {
    return inPlace(() -> raw().sub_(y.raw()));
  }

  public Tensor mul_(Tensor y) {
    return inPlace(() -> raw().mul_(y.raw()));
  }

  public Tensor mul_(double y) {
    return inPlace(() -> raw().mul_(new Scalar(y)));
  }

  public Tensor div_(double y) {
    return inPlace(() -> raw().div_(new Scalar(y)));
  }

  /** this += (y - this) * weight. */
  public Tensor lerp_(Tensor y, double weight) {
    return inPlace(() -> raw().lerp_(y.raw(), new Scalar(weight)));
  }

  public Tensor copy_(Tensor y) {
    return inPlace(() -> raw().copy_(y.raw()));
  }

  public Tensor fill_(double y) {
    return inPlace(() -> raw().fill_(new Scalar(y)));
  }

  public Tensor zero_() {
    return fill_(0);
  }

  // ---------------------------------------- reductions

  /** Sum of all elements: []. */
  public Tensor sum() {
    return op(() -> raw().sum());
  }

  /** Sum over some dimensions. */
  public Tensor sum(boolean keepDim, long... dims) {
    return op(() -> raw().sum(dims, keepDim, new ScalarTypeOptional()));
  }

  /** Mean of all elements: []. */
  public Tensor mean() {
    return op(() -> raw().mean());
  }

  /** Mean over some dimensions. */
  public Tensor mean(boolean keepDim, long... dims) {
    return op(() -> raw().mean(dims, keepDim, new ScalarTypeOptional()));
  }

  /** Variance over some dimensions, divided by n - 1 if unbiased, else by n. */
  public Tensor var(boolean unbiased, boolean keepDim, long... dims) {
    return op(() -> raw().var(dims, unbiased, keepDim));
  }

  /** Standard deviation over some dimensions, from the variance with n - 1 if unbiased, else n. */
  public Tensor std(boolean unbiased, boolean keepDim, long... dims) {
    return op(() -> raw().std(dims, unbiased, keepDim));
  }

  /** Largest element over some dimensions (none: over all). */
  public Tensor amax(boolean keepDim, long... dims) {
    return op(() -> raw().amax(dims, keepDim));
  }

  /** Smallest element over some dimensions (none: over all). */
  public Tensor amin(boolean keepDim, long... dims) {
    return op(() -> raw().amin(dims, keepDim));
  }

  /**
   * Largest elements over a dimension and where they stand; which of several equals is not defined.
   */
  public Pair max(int dim, boolean keepDim) {
    return pair(() -> raw().max(dim, keepDim));
  }

  /**
   * Smallest elements over a dimension and where they stand; which of several equals is not
   * defined.
   */
  public Pair min(int dim, boolean keepDim) {
    return pair(() -> raw().min(dim, keepDim));
  }

  /** I64: index of the largest element over a dimension. */
  public Tensor argmax(int dim, boolean keepDim) {
    return op(() -> raw().argmax(new LongOptional(dim), keepDim));
  }

  /** I64: index of the smallest element over a dimension. */
  public Tensor argmin(int dim, boolean keepDim) {
    return op(() -> raw().argmin(new LongOptional(dim), keepDim));
  }

  /** BOOL []: whether any element is not 0. */
  public Tensor any() {
    return op(() -> raw().any());
  }

  /** BOOL: whether any element over some dimensions is not 0. */
  public Tensor any(boolean keepDim, long... dims) {
    return op(() -> raw().any(dims, keepDim));
  }

  /** BOOL []: whether all elements are not 0. */
  public Tensor all() {
    return op(() -> raw().all());
  }

  /** BOOL: whether all elements over some dimensions are not 0. */
  public Tensor all(boolean keepDim, long... dims) {
    return op(() -> raw().all(dims, keepDim));
  }

  /** Product over a dimension. */
  public Tensor prod(int dim, boolean keepDim) {
    return op(() -> raw().prod(dim, keepDim, new ScalarTypeOptional()));
  }

  /** Running sum along a dimension. */
  public Tensor cumsum(int dim) {
    return op(() -> raw().cumsum(dim));
  }

  /** log(sum(e^x)) over some dimensions. */
  public Tensor logsumexp(boolean keepDim, long... dims) {
    return op(() -> raw().logsumexp(dims, keepDim));
  }

  /** Euclidean norm of all elements: []. */
  public Tensor norm() {
    return op(() -> raw().norm());
  }

  /** Euclidean norm over some dimensions. */
  public Tensor norm(boolean keepDim, long... dims) {
    return op(() -> raw().norm(new ScalarOptional(new Scalar(2)), dims, keepDim));
  }

  public Tensor softmax(int dim) {
    return op(() -> raw().softmax(dim));
  }

  public Tensor logSoftmax(int dim) {
    return op(() -> raw().log_softmax(dim));
  }

  // ---------------------------------------- products

  /** Matrix product over the last two dimensions; the others broadcast. */
  public Tensor matmul(Tensor y) {
    return op(() -> raw().matmul(y.raw()));
  }

  // ---------------------------------------- shape

  /** The same memory with another shape; one size may be -1. */
  public Tensor view(long... shape) {
    return op(() -> raw().view(shape));
  }

  /**
   * The elements of this tensor's memory from the given one on, with the given step (in elements)
   * along each dimension.
   */
  public Tensor asStrided(long[] shape, long[] strides, long offset) {
    return op(() -> raw().as_strided(shape, strides, new LongOptional(offset)));
  }

  /** Another shape, copied only if it must be; one size may be -1. */
  public Tensor reshape(long... shape) {
    return op(() -> raw().reshape(shape));
  }

  /** Joins the dimensions from start to end (inclusive). */
  public Tensor flatten(int start, int end) {
    return op(() -> raw().flatten(start, end));
  }

  public Tensor transpose(int a, int b) {
    return op(() -> raw().transpose(a, b));
  }

  public Tensor permute(long... dims) {
    return op(() -> raw().permute(dims));
  }

  /** Removes a dimension of size 1. */
  public Tensor squeeze(int dim) {
    return op(() -> raw().squeeze(dim));
  }

  /** Adds a dimension of size 1. */
  public Tensor unsqueeze(int dim) {
    return op(() -> raw().unsqueeze(dim));
  }

  /** Repeats dimensions of size 1 without copying; -1 keeps a size. */
  public Tensor expand(long... shape) {
    return op(() -> raw().expand(shape));
  }

  /** Tiles the tensor. */
  public Tensor repeat(long... times) {
    return op(() -> raw().repeat(times));
  }

  /** Repeats each element along a dimension. */
  public Tensor repeatInterleave(long times, int dim) {
    return op(() -> raw().repeat_interleave(times, new LongOptional(dim), new LongOptional()));
  }

  /** A part of a dimension, sharing memory. */
  public Tensor narrow(int dim, long start, long length) {
    return op(() -> raw().narrow(dim, start, length));
  }

  /** One index of a dimension, which disappears; shares memory. */
  public Tensor select(int dim, long index) {
    return op(() -> raw().select(dim, index));
  }

  /** Every step-th index of a dimension from start to end (exclusive), sharing memory. */
  public Tensor slice(int dim, long start, long end, long step) {
    return op(() -> raw().slice(dim, new LongOptional(start), new LongOptional(end), step));
  }

  /** Parts of equal size, the last one maybe smaller. */
  public List<Tensor> chunk(int chunks, int dim) {
    return ops(() -> raw().chunk(chunks, dim));
  }

  /** Parts of the given sizes. */
  public List<Tensor> split(int dim, long... sizes) {
    return ops(() -> raw().split(sizes, dim));
  }

  /** All slices of a dimension, which disappears. */
  public List<Tensor> unbind(int dim) {
    return ops(() -> raw().unbind(dim));
  }

  public Tensor flip(long... dims) {
    return op(() -> raw().flip(dims));
  }

  /** Shifts the elements of a dimension, those pushed out at the end come in at the start. */
  public Tensor roll(long shift, int dim) {
    return op(() -> raw().roll(new long[] {shift}, dim));
  }

  /** The lower triangle of the last two dimensions, the rest 0. */
  public Tensor tril(long diagonal) {
    return op(() -> raw().tril(diagonal));
  }

  /** The upper triangle of the last two dimensions, the rest 0. */
  public Tensor triu(long diagonal) {
    return op(() -> raw().triu(diagonal));
  }

  // ---------------------------------------- indexing

  /** The rows of a dimension that the I64 vector names. */
  public Tensor indexSelect(int dim, Tensor index) {
    return op(() -> raw().index_select(dim, index.raw()));
  }

  /** For each place of the I64 index: the element of this tensor with that index in dim. */
  public Tensor gather(int dim, Tensor index) {
    return op(() -> raw().gather(dim, index.raw()));
  }

  /** A copy with the values of src written where the I64 index says. */
  public Tensor scatter(int dim, Tensor index, Tensor src) {
    return op(() -> raw().scatter(dim, index.raw(), src.raw()));
  }

  /** A copy with the values of src added where the I64 index says. */
  public Tensor scatterAdd(int dim, Tensor index, Tensor src) {
    return op(() -> raw().scatter_add(dim, index.raw(), src.raw()));
  }

  /** A copy with the rows of src added to the rows that the I64 vector names. */
  public Tensor indexAdd(int dim, Tensor index, Tensor src) {
    return op(() -> raw().index_add(dim, index.raw(), src.raw()));
  }

  /** A copy with the value where the BOOL mask (broadcast) is true. */
  public Tensor maskedFill(Tensor mask, double value) {
    return op(() -> raw().masked_fill(mask.raw(), new Scalar(value)));
  }

  /** A vector of the elements where the BOOL mask is true. */
  public Tensor maskedSelect(Tensor mask) {
    return op(() -> raw().masked_select(mask.raw()));
  }

  /** Indexing by I64 or BOOL tensors, one for each leading dimension, as NumPy does. */
  public Tensor index(Tensor... indices) {
    return op(() -> raw().index(indexList(indices)));
  }

  /** Writes values to the places that {@link #index} would read. */
  public Tensor indexPut_(Tensor values, Tensor... indices) {
    return inPlace(() -> torch.index_put_(raw(), indexList(indices), values.raw()));
  }

  private static TensorOptionalList indexList(Tensor... indices) {
    TensorOptionalList list = new TensorOptionalList();
    for (Tensor index : indices) {
      list.push_back(new org.bytedeco.pytorch.TensorOptional(index.raw()));
    }
    return list;
  }

  /** I64 [n, dim]: the places of the n elements that are not 0. */
  public Tensor nonzero() {
    return op(() -> raw().nonzero());
  }

  /** The k largest (or smallest) elements along a dimension, sorted. */
  public Pair topk(long k, int dim, boolean largest) {
    return pair(() -> raw().topk(k, dim, largest, true));
  }

  /** The elements sorted along a dimension; equal ones keep their order. */
  public Pair sort(int dim, boolean descending) {
    return pair(() -> raw().sort(new org.bytedeco.pytorch.BoolOptional(true), dim, descending));
  }

  /** I64: where each element would come from if sorted; equal ones keep their order. */
  public Tensor argsort(int dim, boolean descending) {
    return op(() -> raw().argsort(true, dim, descending));
  }
}
