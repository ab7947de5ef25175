package io.github.vla3d.verify;

import io.github.vla3d.torch.Precision;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.TorchException;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.StreamSupport;

/**
 * The outcome of replaying one folder.
 *
 * @param folder what was replayed
 * @param kind which verifier knew it
 * @param comparisons every tensor that was compared
 * @param unused tensors and files that the verifier neither read nor compared
 */
public record Verification(
    Path folder, String kind, List<Comparison> comparisons, List<String> unused) {
  public Verification {
    comparisons = List.copyOf(comparisons);
    unused = List.copyOf(unused);
  }

  /** True if something was compared, all of it within its tolerance, and nothing was left out. */
  public boolean passed() {
    return !comparisons.isEmpty()
        && unused.isEmpty()
        && comparisons.stream().allMatch(Comparison::passed);
  }

  /**
   * Replays a folder with the registered verifier that knows it, in the engine's exact precision.
   *
   * @throws TorchException if no verifier knows the folder, or several do, or it is broken
   */
  public static Verification of(Path folder) {
    return of(
        folder,
        StreamSupport.stream(ServiceLoader.load(Verifier.class).spliterator(), false).toList());
  }

  static Verification of(Path folder, List<Verifier> verifiers) {
    try (Fixture fixture = Fixture.open(folder)) {
      List<Verifier> knowing = verifiers.stream().filter(v -> v.knows(fixture)).toList();
      List<String> known = verifiers.stream().map(Verifier::kind).sorted().toList();
      if (knowing.isEmpty()) {
        throw new TorchException(
            folder + ": no verifier knows this kind of folder; known kinds: " + known);
      }
      if (knowing.size() > 1) {
        throw new TorchException(
            folder
                + ": several verifiers know this folder: "
                + knowing.stream().map(Verifier::kind).toList());
      }
      Verifier verifier = knowing.get(0);
      Precision before = Torch.precision();
      Torch.precision(Precision.HIGHEST);
      try {
        Scope.run(() -> verifier.verify(fixture));
      } finally {
        Torch.precision(before);
      }
      return new Verification(folder, verifier.kind(), fixture.comparisons(), fixture.unused());
    }
  }
}
