package io.github.vla3d.policy.processing;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The texts that pi0 and pi0.5 were trained with, to the character. */
public final class Prompts {
  private Prompts() {}

  /** Outer white space gone, underscores and line breaks turned into spaces. */
  public static String cleaned(String task) {
    int start = 0;
    int end = task.length();
    while (start < end && isSpace(task.charAt(start))) {
      start++;
    }
    while (end > start && isSpace(task.charAt(end - 1))) {
      end--;
    }
    return task.substring(start, end).replace('_', ' ').replace('\n', ' ');
  }

  /** What Python strips, which is more than what Java strips. */
  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  /** pi0 in LeRobot: the task as it is, ended by a line break. */
  public static String line(String task) {
    return task.endsWith("\n") ? task : task + "\n";
  }

  /** pi0.5: the task and the bins of the state. */
  public static String withState(String task, int[] bins) {
    String state = Arrays.stream(bins).mapToObj(Integer::toString).collect(Collectors.joining(" "));
    return "Task: " + cleaned(task) + ", State: " + state + ";\nAction: ";
  }

  /** pi0.5 whose state does not go through the prompt. */
  public static String withoutState(String task) {
    return "Task: " + cleaned(task) + ";\nAction: ";
  }
}
