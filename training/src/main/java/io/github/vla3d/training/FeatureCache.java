package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.BaseBatch;
import io.github.vla3d.agent.BaseObjective;
import io.github.vla3d.agent.PluginFolder;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.gemma.Cache;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.distributed.RankZero;
import io.github.vla3d.torch.io.HashedFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a frozen vision-language model gives the action expert to read, frame by frame: computed
 * when a frame is first drawn, then read from a mapped file, as bfloat16. The file stands beside
 * the frames under the hash of the policy and of what the frames are, so that runs on the same base
 * share it, and a run that goes on finds it and goes on with the same bits. Two runs may not write
 * at once. The processes of one run, on one machine, compute equal parts of what a batch lacks.
 */
final class FeatureCache implements AutoCloseable {
  /** Beside the frames. */
  static final String FOLDER = "features";

  private static final int BLOCK = 1 << 30;
  private static final int HEAD = 8;
  private static final byte THERE = 1;

  /** Of a number: they are kept as bfloat16. */
  private static final int BYTES = 2;

  private final FrameCache frames;
  private final BaseObjective objective;
  private final ProcessGroup group;
  private final int action;
  private final int layers;
  private final int groups;
  private final int width;
  private final int longest;
  private final int size;
  private final int perBlock;
  private final List<MappedByteBuffer> blocks = new ArrayList<>();

  private FeatureCache(
      Path file,
      FrameCache frames,
      Agent agent,
      BaseObjective objective,
      Cache one,
      ProcessGroup group)
      throws IOException {
    this.frames = frames;
    this.objective = objective;
    this.group = group;
    this.action = agent.policy().actionWidth();
    Tensor key = one.layers().get(0).key();
    this.layers = one.layers().size();
    this.groups = Math.toIntExact(key.size(1));
    this.width = Math.toIntExact(key.size(3));
    this.longest = frames.imageTokens() + frames.promptTokens();
    this.size = HEAD + BYTES * 2 * layers * groups * longest * width;
    this.perBlock = BLOCK / size;
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long left = frames.size();
      for (long at = 0; left > 0; at += (long) perBlock * size) {
        long records = Math.min(left, perBlock);
        blocks.add(channel.map(FileChannel.MapMode.READ_WRITE, at, records * size));
        left -= records;
      }
    }
  }

  /**
   * Opens the file of a frozen model, or begins it. Two processes must not do so at once.
   *
   * @param folder of the frames
   * @param options with which the agent was loaded
   * @param group the processes of this run
   */
  static FeatureCache open(
      Path folder,
      FrameCache frames,
      AgentOptions options,
      Agent agent,
      BaseObjective objective,
      ProcessGroup group)
      throws IOException {
    Path file = file(folder, options, agent);
    SampleOrder.Sample first = new SampleOrder.Sample(0, 0, 0);
    try {
      return Scope.call(
          scope ->
              Autograd.noGrad(
                  () -> {
                    BaseBatch batch = batch(frames, List.of(first), agent.policy().actionWidth());
                    try {
                      return new FeatureCache(
                          file,
                          frames,
                          agent,
                          objective,
                          objective.cache(objective.read(batch)),
                          group);
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  }));
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Under the hash of all that the features depend on: the frames, the policy and its types. */
  private static Path file(Path folder, AgentOptions options, Agent agent) throws IOException {
    Path file =
        new HashedFolder(folder.resolve(FOLDER), ".bf16")
            .file(
                Files.readAllBytes(folder.resolve(FrameCache.KEY)),
                PluginFolder.fingerprint(agent.folder()).getBytes(StandardCharsets.UTF_8),
                options.precision().name().getBytes(StandardCharsets.UTF_8));
    Files.createDirectories(file.resolveSibling(""));
    return file;
  }

  private static BaseBatch batch(
      FrameCache frames, List<SampleOrder.Sample> samples, int actionWidth) {
    return frames.batch(
        samples, new FrameCache.Change(0, 0), new long[samples.size()], actionWidth);
  }

  private ByteBuffer at(SampleOrder.Sample sample) {
    long record = frames.number(sample);
    return blocks
        .get(Math.toIntExact(record / perBlock))
        .slice(Math.toIntExact(record % perBlock) * size, size)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * What the model makes of some frames, in the caller's scope.
   *
   * @param all those of all processes
   * @param samples those of this one
   * @param batch of the frames of this one
   */
  Prefix read(List<SampleOrder.Sample> all, List<SampleOrder.Sample> samples, BaseBatch batch) {
    List<SampleOrder.Sample> missing = missing(all);
    if (!missing.isEmpty()) {
      List<SampleOrder.Sample> part = new BatchShare(group).part(missing);
      if (!part.isEmpty()) {
        Scope.run(() -> Autograd.noGrad(() -> compute(part)));
      }
      group.barrier();
    }
    int n = samples.size();
    int prompt = Math.toIntExact(batch.instruction().ids().size(1));
    int tokens = frames.imageTokens() + prompt;
    int plane = groups * tokens * width;
    List<Cache.Layer> read = new ArrayList<>();
    byte[][] values = new byte[2 * layers][BYTES * n * plane];
    for (int i = 0; i < n; i++) {
      ByteBuffer record = at(samples.get(i));
      for (int l = 0; l < 2 * layers; l++) {
        for (int g = 0; g < groups; g++) {
          record.position(HEAD + BYTES * (l * groups + g) * longest * width);
          int to = BYTES * (i * plane + g * tokens * width);
          record.get(values[l], to, BYTES * tokens * width);
        }
      }
    }
    for (int l = 0; l < layers; l++) {
      read.add(
          new Cache.Layer(tensor(values[2 * l], n, tokens), tensor(values[2 * l + 1], n, tokens)));
    }
    Tensor images = Tensors.ones(DType.BOOL, batch.actions().device(), n, frames.imageTokens());
    return objective.prefix(
        batch, new Cache(read, Tensors.cat(1, images, batch.instruction().valid())));
  }

  /** The same in all processes: none writes before all have looked. */
  private List<SampleOrder.Sample> missing(List<SampleOrder.Sample> all) {
    List<SampleOrder.Sample> distinct = all.stream().distinct().toList();
    boolean[] here = new boolean[distinct.size()];
    for (int i = 0; i < here.length; i++) {
      here[i] = at(distinct.get(i)).get(0) != THERE;
    }
    boolean[] missing = new RankZero(group).any(here);
    return IntStream.range(0, missing.length)
        .filter(i -> missing[i])
        .mapToObj(distinct::get)
        .toList();
  }

  private Tensor tensor(byte[] values, int n, int tokens) {
    return Tensors.of(DType.BF16, ByteBuffer.wrap(values), n, groups, tokens, width).to(DType.F32);
  }

  private boolean compute(List<SampleOrder.Sample> missing) {
    Cache cache = objective.cache(objective.read(batch(frames, missing, action)));
    int tokens = Math.toIntExact(cache.tokens());
    int plane = groups * tokens * width;
    for (int l = 0; l < 2 * layers; l++) {
      Cache.Layer layer = cache.layers().get(l / 2);
      Tensor rounded = (l % 2 == 0 ? layer.key() : layer.value()).to(DType.BF16);
      float[] values = rounded.to(DType.F32).toFloats();
      for (int i = 0; i < missing.size(); i++) {
        ByteBuffer record = at(missing.get(i));
        for (int g = 0; g < groups; g++) {
          record.position(HEAD + BYTES * (l * groups + g) * longest * width);
          int from = i * plane + g * tokens * width;
          for (int k = from; k < from + tokens * width; k++) {
            record.putShort((short) (Float.floatToRawIntBits(values[k]) >>> 16));
          }
        }
      }
    }
    // Last: a record without its mark is computed again.
    missing.forEach(sample -> at(sample).put(0, THERE));
    return true;
  }

  /** Mapped memory is freed by the collector. */
  @Override
  public void close() {
    blocks.clear();
  }
}
