package io.github.vla3d.torch.io;

import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares what a module wants with what a file has, by name, shape and element type: one error
 * names everything that is missing, superfluous or different.
 */
public final class StrictMatch {
  /** Lists in messages end here, with the number of the others. */
  private static final int LISTED = 10;

  /** Edits up to which a name passes for a misspelling of another. */
  private static final int EDITS = 3;

  /** What may differ. */
  public enum Types {
    /** Nothing. */
    EXACT,
    /** One floating type may stand for another; the caller converts. */
    ANY_FLOATING
  }

  private StrictMatch() {}

  /**
   * @throws TorchException if the names are not the same, or a shape or type differs
   */
  public static void check(Map<String, TensorSpec> wanted, Weights got, Types types) {
    check(got.source(), wanted, got.specs(), types);
  }

  /**
   * @param source what the message calls the place where the tensors are
   * @throws TorchException if the names are not the same, or a shape or type differs
   */
  public static void check(
      String source, Map<String, TensorSpec> wanted, Map<String, TensorSpec> got, Types types) {
    Set<String> missing = new TreeSet<>(wanted.keySet());
    missing.removeAll(got.keySet());
    Set<String> superfluous = new TreeSet<>(got.keySet());
    superfluous.removeAll(wanted.keySet());
    List<String> different = new ArrayList<>();
    for (String name : new TreeSet<>(wanted.keySet())) {
      TensorSpec a = wanted.get(name);
      TensorSpec b = got.get(name);
      if (a != null && b != null && !fits(a, b, types)) {
        different.add(name + " (wanted " + a + ", got " + b + ")");
      }
    }
    if (missing.isEmpty() && superfluous.isEmpty() && different.isEmpty()) {
      return;
    }
    List<String> missed = new ArrayList<>();
    for (String name : missing) {
      // Suggestions cost time: only for names that will be shown.
      missed.add(missed.size() < LISTED ? name + suggestion(name, superfluous) : name);
    }
    StringBuilder message =
        new StringBuilder(source)
            .append(": wanted ")
            .append(wanted.size())
            .append(" tensors, got ")
            .append(got.size());
    list(message, "missing", missed);
    list(message, "superfluous", superfluous);
    list(message, "different", different);
    throw new TorchException(message.toString());
  }

  private static boolean fits(TensorSpec wanted, TensorSpec got, Types types) {
    boolean sameType =
        wanted.dtype() == got.dtype()
            || (types == Types.ANY_FLOATING
                && wanted.dtype().isFloating()
                && got.dtype().isFloating());
    return sameType && wanted.shape().equals(got.shape());
  }

  private static void list(StringBuilder message, String title, Collection<String> names) {
    if (names.isEmpty()) {
      return;
    }
    message.append("; ").append(names.size()).append(' ').append(title).append(": ");
    message.append(String.join(", ", names.stream().limit(LISTED).toList()));
    if (names.size() > LISTED) {
      message.append(", ... and ").append(names.size() - LISTED).append(" more");
    }
  }

  /** " (did you mean 'x'?)" or nothing. */
  static String suggestion(String name, Collection<String> others) {
    String best = null;
    int least = EDITS + 1;
    for (String other : others) {
      // The commonest mistake is not of spelling: a whole module stands under another prefix.
      int edits =
          other.endsWith("." + name) || name.endsWith("." + other) ? 1 : edits(name, other, least);
      if (edits < least) {
        least = edits;
        best = other;
      }
    }
    return best == null ? "" : " (did you mean '" + best + "'?)";
  }

  /** Levenshtein's distance, or the limit if it is not below. */
  private static int edits(String a, String b, int limit) {
    if (Math.abs(a.length() - b.length()) >= limit) {
      return limit;
    }
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      int least = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
        least = Math.min(least, row[j]);
      }
      if (least >= limit) {
        return limit;
      }
    }
    return Math.min(row[b.length()], limit);
  }
}
