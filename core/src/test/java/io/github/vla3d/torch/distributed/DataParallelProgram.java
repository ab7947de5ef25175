package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Precision;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Rendezvous;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.SafetensorsWriter;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Optimizer;
import io.github.vla3d.torch.optim.ParameterGroup;
import io.github.vla3d.torch.optim.Sgd;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A training run for the tests, in one process or in several. */
final class DataParallelProgram {
  static final int BATCH = 16;
  private static final double RATE = 0.02;

  private DataParallelProgram() {}

  /**
   * Arguments: optimisers (sgd, adamw) of the runs one after the other, number of steps, folder for
   * the weights of rank 0 (OPTIMISER.safetensors), seconds to wait for peers, rank that waits for
   * ever after 3 steps (-1: none).
   */
  public static void main(String[] args) {
    Duration patience = Duration.ofSeconds(Long.parseLong(args[3]));
    try (ProcessGroup group =
        ProcessGroup.join(
            Rendezvous.from(System.getenv()).orElseThrow(),
            Device.CPU,
            new ProcessGroup.Timeouts(Duration.ofSeconds(30), patience))) {
      boolean hangs = Integer.parseInt(args[4]) == group.rank();
      for (String optimizer : args[0].split(",", -1)) {
        train(group, optimizer, Integer.parseInt(args[1]), Path.of(args[2]), hangs);
      }
      System.out.println("{\"rank\":" + group.rank() + "}");
      group.barrier();
    } catch (TorchException e) {
      System.err.println("error: " + e.getMessage());
      System.exit(3);
    }
  }

  static void train(ProcessGroup group, String optimizer, int steps, Path folder, boolean hangs) {
    Torch.precision(Precision.HIGHEST);
    try (TinyNet net = new TinyNet(11 + group.rank(), false);
        DataParallel parallel = new DataParallel(group, net, 700);
        Optimizer descent = optimizer(optimizer, new ParameterGroup(net.trainable(), 0.01))) {
      for (int step = 0; step < steps; step++) {
        if (hangs && step == 3) {
          System.err.println("hangs");
          sleep();
        }
        int now = step;
        Scope.run(() -> net.loss(part(now, group), true).backward());
        parallel.finish();
        descent.step(RATE);
        descent.zeroGrad();
      }
      if (group.rank() == 0) {
        SafetensorsWriter.write(folder.resolve(optimizer + ".safetensors"), net.save());
      }
    }
  }

  private static Optimizer optimizer(String name, ParameterGroup group) {
    return name.equals("adamw")
        ? new AdamW(AdamW.Options.DEFAULT, List.of(group))
        : new Sgd(0, List.of(group));
  }

  /** The rows of the step's batch that belong to a process: [BATCH / size, 6]. */
  private static Tensor part(int step, ProcessGroup group) {
    try (Generator generator = new Generator(step)) {
      long rows = BATCH / group.size();
      return generator.randn(DType.F32, BATCH, 6).narrow(0, group.rank() * rows, rows);
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(Duration.ofMinutes(5).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
