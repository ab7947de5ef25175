package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.BaseBatch;
import io.github.vla3d.agent.BaseObjective;
import io.github.vla3d.agent.TrainingBatch;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.View;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.io.NpyArray;
import io.github.vla3d.torch.io.Npz;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * All frames of some data sets as a policy takes them, in one file that is mapped into memory:
 * pictures as bytes behind resizing, prompts as tokens, normalised actions, and where instances are
 * known, what each token shows. Reading a batch costs a copy.
 *
 * <p>Pictures are rounded to whole numbers of 0 to 255; those that need no resizing were such
 * before.
 */
final class FrameCache implements AutoCloseable {
  /** The file that says what the frames are. */
  static final String KEY = "frames.txt";

  private static final int BLOCK = 1 << 30;

  /** The hand's number in instance pictures, LIBERO's and the benchmark's. */
  private static final int HAND = 2;

  /** What a frame's record holds, in this order. */
  private record Layout(
      List<String> cameras,
      int image,
      int prompt,
      int state,
      int horizon,
      int action,
      int tokens,
      boolean grounded) {
    Layout withLabels() {
      return new Layout(cameras, image, prompt, state, horizon, action, tokens, true);
    }

    int pictures() {
      return cameras.size() * 3 * image * image;
    }

    int numbers() {
      return pictures() + 4 * (1 + prompt);
    }

    int weights() {
      return numbers() + 4 * (state + horizon * action);
    }

    int labels() {
      return weights() + horizon;
    }

    int size() {
      return labels() + (grounded ? cameras.size() * tokens * BaseObjective.KINDS : 0);
    }
  }

  private final Layout layout;
  private final long[][] starts;
  private final List<MappedByteBuffer> blocks = new ArrayList<>();
  private final int perBlock;

  private FrameCache(Layout layout, long[][] starts, Path file) throws IOException {
    this.layout = layout;
    this.starts = starts;
    this.perBlock = BLOCK / layout.size();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long block = (long) perBlock * layout.size();
      for (long at = 0; at < channel.size(); at += block) {
        blocks.add(
            channel.map(FileChannel.MapMode.READ_ONLY, at, Math.min(block, channel.size() - at)));
      }
    }
  }

  /** Is told of frames that are ready. */
  interface Watch {
    void frames(long done, long all);
  }

  /**
   * Opens the cache of some data sets, and makes it first if it is not there or not of them.
   *
   * @param folder for its two files
   * @param agent whose processors prepare the frames
   * @param grounded whether to keep what tokens show
   * @param workers threads that read
   */
  static FrameCache open(
      Path folder, List<Path> data, Agent agent, boolean grounded, int workers, Watch watch)
      throws IOException {
    List<Dataset> datasets = new ArrayList<>();
    try {
      for (Path path : data) {
        datasets.add(Datasets.open(path, new ReadOptions(Set.of(), false, List.of())));
      }
      long[][] starts = new long[datasets.size()][];
      long all = 0;
      for (int d = 0; d < starts.length; d++) {
        Dataset dataset = datasets.get(d);
        starts[d] = new long[dataset.size() + 1];
        starts[d][0] = all;
        for (int e = 0; e < dataset.size(); e++) {
          all += dataset.frames(e);
          starts[d][e + 1] = all;
        }
      }
      Layout layout = layout(agent, datasets.get(0), grounded);
      Path file = folder.resolve("frames.bin");
      Path key = folder.resolve(KEY);
      String wanted = describe(data, starts, layout, agent);
      String found = Files.exists(key) ? Files.readString(key) : "";
      Layout more = layout.withLabels();
      if (found.equals(describe(data, starts, more, agent))) {
        return new FrameCache(more, starts, file);
      }
      if (!found.equals(wanted)) {
        Files.createDirectories(folder);
        Files.deleteIfExists(key);
        Path part = folder.resolve("frames.part");
        new Maker(layout, starts, data, agent, part, watch).run(workers, all);
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(key, wanted);
      }
      return new FrameCache(layout, starts, file);
    } finally {
      datasets.forEach(Dataset::close);
    }
  }

  private static String describe(List<Path> data, long[][] starts, Layout layout, Agent agent)
      throws IOException {
    StringBuilder text = new StringBuilder("2\n").append(layout).append('\n');
    Path processors = agent.folder().resolve("policy_preprocessor.json");
    if (Files.exists(processors)) {
      text.append(Files.readString(processors).hashCode()).append('\n');
    }
    for (int d = 0; d < starts.length; d++) {
      Path root = data.get(d);
      text.append(describe(root, starts[d][starts[d].length - 1])).append('\n');
    }
    return text.toString();
  }

  /** Changes when a data set does. */
  static String describe(Path root, long frames) throws IOException {
    Path info = root.resolve("meta/info.json");
    return "%s %d %s"
        .formatted(
            root.toAbsolutePath().normalize(),
            frames,
            Files.exists(info) ? Files.getLastModifiedTime(info) : "");
  }

  private static Layout layout(Agent agent, Dataset dataset, boolean grounded) {
    return Scope.call(
        scope ->
            Autograd.noGrad(
                () -> {
                  Episode episode = dataset.episode(0);
                  TrainingBatch one = prepared(agent, episode, 0);
                  List<View> views = one.observation().views();
                  Tensor state = one.observation().state();
                  return new Layout(
                      views.stream().map(View::camera).toList(),
                      Math.toIntExact(views.get(0).pixels().size(3)),
                      Math.toIntExact(one.observation().instruction().ids().size(1)),
                      state == null ? 0 : Math.toIntExact(state.size(1)),
                      agent.horizon(),
                      agent.actionSize(),
                      agent.policy().grid().tokens(),
                      grounded);
                }));
  }

  private static TrainingBatch prepared(Agent agent, Episode episode, int frame) {
    return agent.prepare(
        List.of(episode.observation(frame)),
        List.of(ActionChunks.absolute(agent.horizon()).at(episode, frame)));
  }

  /** Fills the file. */
  private record Maker(
      Layout layout, long[][] starts, List<Path> data, Agent agent, Path file, Watch watch) {

    void run(int workers, long all) throws IOException {
      AtomicLong done = new AtomicLong();
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        for (int d = 0; d < data.size(); d++) {
          int number = d;
          AtomicInteger next = new AtomicInteger();
          Workers.run(
              workers,
              "frames",
              () -> {
                episodes(number, next, channel, done, all);
                return true;
              });
        }
        channel.force(true);
      }
    }

    private void episodes(
        int d, AtomicInteger next, FileChannel channel, AtomicLong done, long all) {
      try (Dataset dataset =
          Datasets.open(data.get(d), new ReadOptions(Set.of(), false, List.of()))) {
        int e;
        while ((e = next.getAndIncrement()) < dataset.size()) {
          Episode episode = dataset.episode(e);
          Truth truth = Truth.of(data.get(d), e, layout, episode.frames());
          ByteBuffer record = ByteBuffer.allocate(layout.size()).order(ByteOrder.LITTLE_ENDIAN);
          for (int f = 0; f < episode.frames(); f++) {
            int frame = f;
            record.clear();
            Scope.run(() -> Autograd.noGrad(() -> fill(record, episode, frame, truth)));
            record.flip();
            channel.write(record, (starts[d][e] + f) * layout.size());
            watch.frames(done.incrementAndGet(), all);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private boolean fill(ByteBuffer record, Episode episode, int frame, Truth truth) {
      TrainingBatch one = prepared(agent, episode, frame);
      List<View> views = one.observation().views();
      if (!views.stream().map(View::camera).toList().equals(layout.cameras)) {
        throw new DataException(
            episode.name(), "views", frame, "" + layout.cameras, "" + views.size());
      }
      for (View view : views) {
        for (float value : view.pixels().toFloats()) {
          record.put((byte) Math.round((value + 1) * 127.5f));
        }
      }
      Instruction instruction = one.observation().instruction();
      boolean[] valid = instruction.valid().toBooleans();
      int length = 0;
      while (length < valid.length && valid[length]) {
        length++;
      }
      record.putInt(length);
      for (long id : instruction.ids().toLongs()) {
        record.putInt((int) id);
      }
      Tensor state = one.observation().state();
      if (state != null) {
        for (float value : state.toFloats()) {
          record.putFloat(value);
        }
      }
      for (float value : one.actions().narrow(-1, 0, layout.action).toFloats()) {
        record.putFloat(value);
      }
      for (int h = 0; h < layout.horizon; h++) {
        record.put((byte) (truth.pushes.trains(frame, h) ? 1 : 0));
      }
      if (layout.grounded) {
        truth.shares(frame, layout, record);
      }
      return true;
    }
  }

  /** What a simulator recorded beside an episode. */
  private record Truth(
      @Nullable List<NpyArray> pictures, Set<Integer> targets, Set<Integer> goals, Pushes pushes) {
    static Truth of(Path root, int episode, Layout layout, int frames) {
      Path file = Pushes.file(root, episode);
      if (!Files.exists(file)) {
        if (layout.grounded) {
          throw new DataException(
              file.toString(),
              "seg",
              DataException.NO_ROW,
              "instances, which base.grounding needs",
              "no such file");
        }
        return new Truth(null, Set.of(), Set.of(), new Pushes(new boolean[frames]));
      }
      Set<String> names = new HashSet<>(Set.of(Pushes.FLAGS, "target_ids", "goal_ids"));
      List<String> views =
          layout.cameras.stream()
              .map(camera -> "seg_" + camera.substring(camera.lastIndexOf('.') + 1))
              .toList();
      names.addAll(views);
      Map<String, NpyArray> arrays = Npz.read(file, names, 1L << 31);
      List<NpyArray> pictures = new ArrayList<>();
      for (String view : views) {
        NpyArray array = arrays.get(view);
        if (array != null) {
          pictures.add(array);
        }
      }
      if (layout.grounded && pictures.size() != views.size()) {
        throw new DataException(
            file.toString(), "seg", DataException.NO_ROW, "" + views, "" + arrays.keySet());
      }
      return new Truth(
          pictures,
          ids(arrays.get("target_ids")),
          ids(arrays.get("goal_ids")),
          Pushes.of(arrays, frames));
    }

    private static Set<Integer> ids(@Nullable NpyArray array) {
      Set<Integer> ids = new HashSet<>();
      if (array != null) {
        for (long id : array.toLongs()) {
          ids.add((int) id);
        }
      }
      return ids;
    }

    void shares(int frame, Layout layout, ByteBuffer record) {
      int grid = (int) Math.round(Math.sqrt(layout.tokens));
      if (pictures == null) {
        throw new IllegalStateException("no instances");
      }
      for (NpyArray picture : pictures) {
        int height = Math.toIntExact(picture.spec().shape().get(1));
        int width = Math.toIntExact(picture.spec().shape().get(2));
        int[][] counts = new int[layout.tokens][BaseObjective.KINDS];
        int[] all = new int[layout.tokens];
        ByteBuffer values = picture.values();
        int from = frame * width * height;
        for (int y = 0; y < height; y++) {
          for (int x = 0; x < width; x++) {
            int token = y * grid / height * grid + x * grid / width;
            int id = values.get(from + y * width + x) & 0xff;
            all[token]++;
            counts[token][0] += targets.contains(id) ? 1 : 0;
            counts[token][1] += goals.contains(id) ? 1 : 0;
            counts[token][2] += id == HAND ? 1 : 0;
          }
        }
        for (int t = 0; t < layout.tokens; t++) {
          for (int k = 0; k < BaseObjective.KINDS; k++) {
            record.put((byte) Math.round(255f * counts[t][k] / all[t]));
          }
        }
      }
    }
  }

  private ByteBuffer at(SampleOrder.Sample sample) {
    long record = number(sample);
    MappedByteBuffer block = blocks.get(Math.toIntExact(record / perBlock));
    int offset = Math.toIntExact(record % perBlock) * layout.size();
    return block.slice(offset, layout.size()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Random changes of pictures.
   *
   * @param shift pixels
   * @param brightness greatest relative change, 0 for none
   */
  record Change(int shift, double brightness) {}

  /**
   * A batch, in the caller's scope.
   *
   * @param seeds of the changes, one for each sample
   */
  BaseBatch batch(List<SampleOrder.Sample> samples, Change change, long[] seeds, int actionWidth) {
    int n = samples.size();
    int plane = 3 * layout.image * layout.image;
    int views = layout.cameras.size();
    byte[][] pixels = new byte[views][n * plane];
    float[][] bright = new float[views][n];
    int longest = 1;
    long[] ids = new long[n * layout.prompt];
    boolean[] valid = new boolean[n * layout.prompt];
    float[] state = new float[n * layout.state];
    float[] actions = new float[n * layout.horizon * actionWidth];
    float[] weight = new float[n * layout.horizon];
    float[] labels =
        new float[layout.grounded ? n * views * layout.tokens * BaseObjective.KINDS : 0];
    for (int i = 0; i < n; i++) {
      SplittableRandom random = new SplittableRandom(seeds[i]);
      ByteBuffer record = at(samples.get(i));
      for (int v = 0; v < views; v++) {
        record.position(v * plane);
        if (change.shift == 0) {
          record.get(pixels[v], i * plane, plane);
        } else {
          int dx = random.nextInt(2 * change.shift + 1) - change.shift;
          int dy = random.nextInt(2 * change.shift + 1) - change.shift;
          shifted(record, v * plane, dx, dy, pixels[v], i * plane);
        }
        bright[v][i] =
            change.brightness == 0
                ? 1
                : (float) (1 + random.nextDouble(-change.brightness, change.brightness));
      }
      record.position(layout.pictures());
      int length = record.getInt();
      longest = Math.max(longest, length);
      for (int t = 0; t < layout.prompt; t++) {
        ids[i * layout.prompt + t] = record.getInt();
        valid[i * layout.prompt + t] = t < length;
      }
      for (int s = 0; s < layout.state; s++) {
        state[i * layout.state + s] = record.getFloat();
      }
      for (int h = 0; h < layout.horizon; h++) {
        for (int a = 0; a < layout.action; a++) {
          actions[(i * layout.horizon + h) * actionWidth + a] = record.getFloat();
        }
      }
      for (int h = 0; h < layout.horizon; h++) {
        weight[i * layout.horizon + h] = record.get();
      }
      for (int t = 0; t < labels.length / n; t++) {
        labels[i * (labels.length / n) + t] = (record.get() & 0xff) / 255f;
      }
    }
    List<View> seen = new ArrayList<>();
    boolean[] present = new boolean[n];
    java.util.Arrays.fill(present, true);
    for (int v = 0; v < views; v++) {
      Tensor x =
          Tensors.of(DType.U8, ByteBuffer.wrap(pixels[v]), n, 3, layout.image, layout.image)
              .to(DType.F32);
      if (change.brightness != 0) {
        x = x.mul(Tensors.of(bright[v], n, 1, 1, 1)).clampMax(255);
      }
      seen.add(new View(layout.cameras.get(v), x.div(127.5).sub(1), Tensors.of(present, n)));
    }
    return new BaseBatch(
        seen,
        new Instruction(
            Tensors.of(ids, n, layout.prompt).narrow(1, 0, longest),
            Tensors.of(valid, n, layout.prompt).narrow(1, 0, longest)),
        layout.state == 0 ? null : Tensors.of(state, n, layout.state),
        Tensors.of(actions, n, layout.horizon, actionWidth),
        Tensors.of(weight, n, layout.horizon),
        layout.grounded
            ? Tensors.of(labels, n, (long) views * layout.tokens, BaseObjective.KINDS)
            : null,
        layout.action);
  }

  /** Moves a picture; at the border its edge is repeated. */
  private void shifted(ByteBuffer from, int start, int dx, int dy, byte[] to, int at) {
    int side = layout.image;
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < side; y++) {
        int row = start + (c * side + clamped(y + dy, side)) * side;
        for (int x = 0; x < side; x++) {
          to[at + (c * side + y) * side + x] = from.get(row + clamped(x + dx, side));
        }
      }
    }
  }

  private static int clamped(int i, int side) {
    return Math.max(0, Math.min(side - 1, i));
  }

  /** Number of a frame among all. */
  long number(SampleOrder.Sample sample) {
    return starts[sample.dataset()][sample.episode()] + sample.frame();
  }

  /** All frames. */
  long size() {
    long[] last = starts[starts.length - 1];
    return last[last.length - 1];
  }

  /** Image tokens of a frame. */
  int imageTokens() {
    return layout.cameras.size() * layout.tokens;
  }

  /** Tokens to which prompts are filled up. */
  int promptTokens() {
    return layout.prompt;
  }

  /** Bytes of the file. */
  long bytes() {
    return blocks.stream().mapToLong(MappedByteBuffer::capacity).sum();
  }

  /** Mapped memory is freed by the collector. */
  @Override
  public void close() {
    blocks.clear();
  }
}
