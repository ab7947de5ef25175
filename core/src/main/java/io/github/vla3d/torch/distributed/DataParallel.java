package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains copies of a module in several processes, each on its own part of the batch: after {@link
 * #finish} every process has the average of all gradients, as if one process had taken the mean
 * loss over the whole batch.
 *
 * <pre>{@code
 * try (DataParallel parallel = new DataParallel(group, model)) {  // all start from rank 0's values
 *   loss.backward();      // gradients travel in buckets while the pass still runs
 *   parallel.finish();
 *   optimizer.step(rate);
 * }
 * }</pre>
 *
 * <p>Buckets are filled in the reverse order of registration, which is about the order in which the
 * pass reaches the parameters, and leave in that order in every process. A gradient that comes
 * after its bucket has left (a parameter that gradient checkpointing reaches again, a second
 * backward pass) is noticed, and the bucket is summed again. A parameter that no process has used
 * keeps no gradient; one that some process has used gets the average in all of them, the others
 * counting as 0. The result has the same bits in all processes and in every run.
 *
 * <p>{@link Autograd#grads} belongs inside {@link #withoutSync}: its gradients are not stored, but
 * look the same on their way.
 *
 * <p>Freezing, unfreezing, converting or loading parameters asks for a new {@code DataParallel}.
 */
public final class DataParallel implements AutoCloseable {
  /** 25 MiB: large enough to use the network well, small enough to start early. */
  public static final long DEFAULT_BUCKET_BYTES = 25L << 20;

  private final ProcessGroup group;
  private final Map<String, Parameter> tensors;
  private final Store store = new Store();
  private final List<Bucket> buckets = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
  private final List<Autograd.Hook> hooks = new ArrayList<>();
  private int launched;
  private boolean syncing = true;

  /** With buckets of the default size. */
  public DataParallel(ProcessGroup group, Module module) {
    this(group, module, DEFAULT_BUCKET_BYTES);
  }

  /** Compares and takes over what it is given, with buckets of the default size. */
  public DataParallel(ProcessGroup group, Map<String, Parameter> tensors) {
    this(group, tensors, DEFAULT_BUCKET_BYTES);
  }

  /** All of a module. */
  public DataParallel(ProcessGroup group, Module module, long bucketBytes) {
    this(group, module.tensors(), bucketBytes);
  }

  /**
   * Compares tensors with those of rank 0 and takes over rank 0's values, buffers included. All
   * processes must call this at the same point.
   *
   * @param tensors of one module or several, by name, in the same order in all processes
   * @param bucketBytes size from which on a bucket is full, > 0
   * @throws TorchException if names, shapes, types, frozen parameters or bucket sizes differ
   */
  public DataParallel(ProcessGroup group, Map<String, Parameter> tensors, long bucketBytes) {
    if (bucketBytes < 1) {
      throw new TorchException("bucket size: wanted at least 1 byte, got " + bucketBytes);
    }
    this.group = group;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    values.addAll(trainable());
    if (group.size() > 1) {
      tensors.forEach(
          (name, p) -> {
            if (p.isTrainable()) {
              SameModule.checkDevice(group, name, p.value().device());
            }
          });
      SameModule.check(group, tensors, "buckets of " + bucketBytes + " bytes");
      SameModule.broadcast(group, tensors);
      Scope.run(() -> makeBuckets(bucketBytes));
      for (Bucket bucket : buckets) {
        for (Bucket.Slot slot : bucket.slots()) {
          hooks.add(Autograd.onGradient(slot.value, g -> arrived(bucket, slot, g)));
        }
      }
    }
  }

  /** The present values of what is trained, the last one first. */
  private List<Tensor> trainable() {
    List<Tensor> trained = new ArrayList<>();
    for (Parameter parameter : tensors.values()) {
      if (parameter.isTrainable()) {
        trained.add(parameter.value());
      }
    }
    Collections.reverse(trained);
    return trained;
  }

  private void makeBuckets(long bucketBytes) {
    List<Tensor> next = new ArrayList<>();
    int first = 0;
    long bytes = 0;
    for (int i = 0; i < values.size(); i++) {
      Tensor value = values.get(i);
      DType dtype = value.dtype();
      if (!next.isEmpty() && (bytes >= bucketBytes || next.get(0).dtype() != dtype)) {
        buckets.add(new Bucket(store, first, next));
        next = new ArrayList<>();
        first = i;
        bytes = 0;
      }
      next.add(value);
      bytes += value.numel() * dtype.bytes();
    }
    if (!next.isEmpty()) {
      buckets.add(new Bucket(store, first, next));
    }
  }

  private synchronized void arrived(Bucket bucket, Bucket.Slot slot, Tensor gradient) {
    if (syncing) {
      bucket.arrived(slot, gradient);
      while (launched < buckets.size() && buckets.get(launched).isComplete()) {
        launchNext();
      }
    }
  }

  private void launchNext() {
    buckets.get(launched).launch(group);
    launched++;
  }

  /** Number of buckets. */
  public int buckets() {
    return buckets.size();
  }

  /** Number of buckets that have left since the last {@link #finish}. */
  public synchronized int launched() {
    return launched;
  }

  /**
   * Runs backward passes that only add to this process's own gradients. The next pass outside, with
   * {@link #finish}, averages the sums.
   */
  public void withoutSync(Runnable body) {
    sync(false);
    try {
      body.run();
    } finally {
      sync(true);
    }
  }

  private synchronized void sync(boolean on) {
    syncing = on;
  }

  /**
   * Waits until the gradients of all parameters are the averages over all processes.
   *
   * @throws TorchException if a process has died or does not answer, or parameters were replaced,
   *     frozen or unfrozen since this object was made
   */
  public synchronized void finish() {
    checkUnchanged();
    if (group.size() == 1) {
      return;
    }
    if (!syncing) {
      throw new TorchException("finish inside withoutSync: there is nothing under way");
    }
    Scope.run(
        () ->
            Autograd.noGrad(
                () -> {
                  while (launched < buckets.size()) {
                    launchNext();
                  }
                  long[] facts = sumOfFacts();
                  boolean[] used = new boolean[values.size()];
                  for (int i = 0; i < used.length; i++) {
                    used[i] = facts[i] > 0;
                  }
                  for (int i = 0; i < buckets.size(); i++) {
                    buckets.get(i).await(group, facts[used.length + i] > 0);
                  }
                  buckets.forEach(bucket -> bucket.average(group.size(), used));
                  return launched = 0;
                }));
  }

  /** How many processes have a gradient, by parameter, and had a late one, by bucket. */
  private long[] sumOfFacts() {
    long[] facts = new long[values.size() + buckets.size()];
    for (int i = 0; i < values.size(); i++) {
      facts[i] = values.get(i).grad() == null ? 0 : 1;
    }
    for (int i = 0; i < buckets.size(); i++) {
      facts[values.size() + i] = buckets.get(i).isLate() ? 1 : 0;
    }
    Tensor sum = Tensors.of(facts, facts.length).to(group.device());
    group.allReduce(sum);
    return sum.toLongs();
  }

  private void checkUnchanged() {
    List<Tensor> now = trainable();
    boolean same = now.size() == values.size();
    for (int i = 0; same && i < now.size(); i++) {
      same = now.get(i) == values.get(i);
    }
    if (!same) {
      throw new TorchException(
          "parameters were loaded, converted, frozen or unfrozen: make DataParallel afterwards");
    }
  }

  /** Takes the hooks off and frees the buckets; the module stays. */
  @Override
  public void close() {
    hooks.forEach(Autograd.Hook::close);
    store.close();
  }
}
