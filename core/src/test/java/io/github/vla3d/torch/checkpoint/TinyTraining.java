package io.github.vla3d.torch.checkpoint;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Ema;
import io.github.vla3d.torch.optim.ParameterGroup;
import io.github.vla3d.torch.optim.Schedule;
import io.github.vla3d.torch.optim.WarmupCosine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A small training run with everything that a checkpoint must hold. */
final class TinyTraining implements AutoCloseable {
  private static final int SAMPLES = 20;
  private static final int BATCH = 6;
  private static final int BATCHES = SAMPLES / BATCH;

  final Net net = new Net();
  private final Generator dropout;
  private final Generator noise;
  private final AdamW optimizer;
  private final Ema ema;
  private final Schedule schedule = new WarmupCosine(10, 1e-2, 5000, 1e-4);
  final Training training;
  Progress progress = Progress.START;
  private final int threads = Torch.threads();

  static final class Net extends Module {
    final Linear first = register("first", new Linear(5, 12));
    final Linear last = register("last", new Linear(12, 2));

    Tensor apply(Tensor x, Generator dropout) {
      return last.apply(Functional.dropout(first.apply(x).tanh(), 0.3, dropout));
    }
  }

  /**
   * @param seed of the first weights and the generators, which a restore must overwrite
   */
  TinyTraining(long seed) {
    Torch.threads(1); // the same bits here and in the processes of the tests
    try (Generator generator = new Generator(seed)) {
      net.initialise(generator);
    }
    dropout = new Generator(seed + 1);
    noise = new Generator(seed + 2);
    List<ParameterGroup> groups =
        List.of(
            new ParameterGroup(net.first.parameters(), 0.01),
            new ParameterGroup(Map.of("last.weight", net.last.weight()), 0.5, 0));
    groups = List.of(prefixed("first.", groups.get(0)), groups.get(1));
    optimizer = new AdamW(AdamW.Options.DEFAULT, groups);
    ema = new Ema(0.99, true, net.parameters());
    training =
        new Training(
            net,
            optimizer,
            groups,
            Optional.of(ema),
            schedule,
            Map.of("dropout", dropout, "noise", noise),
            ProcessGroup.single());
  }

  private static ParameterGroup prefixed(String prefix, ParameterGroup group) {
    Map<String, Parameter> named = new LinkedHashMap<>();
    group.parameters().forEach((name, p) -> named.put(prefix + name, p));
    return new ParameterGroup(named, group.learningRateScale(), group.weightDecay());
  }

  void step() {
    Scope.run(
        () -> {
          Tensor rows = order(progress.epoch()).narrow(0, progress.batch() * BATCH, BATCH);
          Tensor x = data().indexSelect(0, rows);
          Tensor y = x.narrow(1, 0, 2).add(noise.randn(DType.F32, BATCH, 2).mul(0.1));
          net.apply(x, dropout).sub(y).square().mean().backward();
        });
    optimizer.step(schedule.at(progress.step()));
    optimizer.zeroGrad();
    ema.update();
    boolean last = progress.batch() + 1 == BATCHES;
    progress =
        new Progress(
            progress.step() + 1,
            progress.epoch() + (last ? 1 : 0),
            last ? 0 : progress.batch() + 1);
  }

  private static Tensor data() {
    try (Generator generator = new Generator(3)) {
      return generator.randn(DType.F32, SAMPLES, 5);
    }
  }

  /** The order of the data depends on the epoch alone: [SAMPLES]. */
  private static Tensor order(long epoch) {
    try (Generator generator = new Generator(1000 + epoch)) {
      return generator.randperm(SAMPLES);
    }
  }

  Checkpoint save(CheckpointFolder folder) {
    return TrainingCheckpoint.save(
            Optional.of(folder),
            training,
            progress,
            Map.of("loss", 1.0 / (1 + progress.step())),
            model -> Files.writeString(model.resolve("config.json"), "{\"type\": \"tiny\"}\n"))
        .orElseThrow();
  }

  void restore(Checkpoint checkpoint) {
    progress = TrainingCheckpoint.restore(checkpoint, training);
  }

  /** SHA-256 of all that the steps to come depend on. */
  String digest() {
    Map<String, byte[]> all = new TreeMap<>();
    Scope.run(
        () -> {
          net.save().forEach((name, t) -> all.put("model." + name, t.toBytes()));
          optimizer.state().forEach((name, t) -> all.put("optimizer." + name, t.toBytes()));
          ema.state().forEach((name, t) -> all.put("ema." + name, t.toBytes()));
          all.put("dropout", dropout.state().toBytes());
          all.put("noise", noise.state().toBytes());
        });
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(progress.toString().getBytes(StandardCharsets.UTF_8));
      all.forEach((name, bytes) -> digest.update(bytes));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    optimizer.close();
    ema.close();
    dropout.close();
    noise.close();
    net.close();
    Torch.threads(threads);
  }
}
