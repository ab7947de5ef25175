package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Parameter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Makes sure that all processes train the same module, and gives them the same values. */
final class SameModule {
  private SameModule() {}

  /**
   * Compares names, shapes, types and what is frozen with rank 0.
   *
   * @param settings whatever else must be the same
   * @throws TorchException in all processes if one differs, naming it and the first difference
   */
  static void check(ProcessGroup group, Map<String, Parameter> tensors, String settings) {
    StringBuilder lines = new StringBuilder(settings).append('\n');
    tensors.forEach(
        (name, p) ->
            lines
                .append(name)
                .append(' ')
                .append(p.spec())
                .append(p.isTrainable() ? "" : " frozen")
                .append('\n'));
    byte[] own = lines.toString().getBytes(StandardCharsets.UTF_8);
    Scope.run(
        () -> {
          Tensor digests = group.allGather(bytes(group, digest(own)));
          List<Integer> others = new ArrayList<>();
          for (int rank = 1; rank < group.size(); rank++) {
            if (!digests.select(0, rank).equal(digests.select(0, 0))) {
              others.add(rank);
            }
          }
          if (!others.isEmpty()) {
            throw new TorchException(
                "rank "
                    + group.rank()
                    + " of "
                    + group.size()
                    + ": ranks "
                    + others
                    + " train another module than rank 0"
                    + difference(group, own));
          }
        });
  }

  private static String difference(ProcessGroup group, byte[] own) {
    Tensor length = Tensors.of(new long[] {own.length}, 1).to(group.device());
    group.broadcast(length, 0);
    byte[] text = Arrays.copyOf(own, Math.toIntExact(length.itemLong()));
    Tensor first = bytes(group, text);
    group.broadcast(first, 0);
    List<String> wanted = new String(first.toBytes(), StandardCharsets.UTF_8).lines().toList();
    List<String> got = new String(own, StandardCharsets.UTF_8).lines().toList();
    for (int i = 0; i < Math.max(wanted.size(), got.size()); i++) {
      String a = i < wanted.size() ? wanted.get(i) : "nothing more";
      String b = i < got.size() ? got.get(i) : "nothing more";
      if (!a.equals(b)) {
        return ": wanted '" + a + "', got '" + b + "'";
      }
    }
    return "";
  }

  private static Tensor bytes(ProcessGroup group, byte[] values) {
    return Tensors.of(values, values.length).to(group.device());
  }

  private static byte[] digest(byte[] text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text);
    } catch (NoSuchAlgorithmException e) {
      throw new LinkageError("every Java has SHA-256", e);
    }
  }

  /**
   * Overwrites all values by those of rank 0. What is the same already is not touched: a frozen
   * parameter may be mapped from a file.
   */
  static void broadcast(ProcessGroup group, Map<String, Parameter> tensors) {
    for (Parameter parameter : tensors.values()) {
      Scope.run(
          () ->
              Autograd.noGrad(
                  () -> {
                    Tensor value = parameter.value().detach();
                    Tensor sent = value.copy().to(group.device()).contiguous();
                    group.broadcast(sent, 0);
                    Tensor first = sent.to(value.device());
                    return first.equal(value) ? value : value.copy_(first);
                  }));
    }
  }

  /** Where the tensors of a group's operations must be, or an exception. */
  static void checkDevice(ProcessGroup group, String name, Device device) {
    if (!device.equals(group.device())) {
      throw new TorchException(
          "parameter " + name + ": wanted on " + group.device() + ", got on " + device);
    }
  }
}
