package io.github.vla3d.tabletop;

import java.util.ArrayList;
import java.util.List;

/**
 * A robot driven by keys, as one would drive it at a keyboard, but written down: each letter is one
 * step, a number before it repeats it, blanks and line ends are free, {@code #} begins a remark.
 *
 * <ul>
 *   <li>{@code w s}: forwards and back (x), {@code a d}: left and right (y), {@code r f}: up and
 *       down, a third of the largest move each; capital letters the largest
 *   <li>{@code i k}, {@code j l}, {@code u o}: turns about x, y and z
 *   <li>{@code g}: closes or opens the gripper, from this step on
 *   <li>{@code .}: waits
 * </ul>
 */
public final class Keys {
  private static final String MOVES = "wsadrfikjluo";
  private static final double SMALL = 1.0 / 3;

  /** More steps than any episode has. */
  private static final int LIMIT = 100_000;

  private Keys() {}

  /**
   * Actions of the keys in order; the gripper is open at first.
   *
   * @throws IllegalArgumentException if there are none, or a letter is no key
   */
  public static List<double[]> actions(String script) {
    List<double[]> actions = new ArrayList<>();
    double gripper = -1;
    int line = 1;
    int times = 0;
    boolean remark = false;
    for (int i = 0; i < script.length(); i++) {
      char c = script.charAt(i);
      if (c == '\n') {
        line++;
        remark = false;
      } else if (c == '#') {
        remark = true;
      }
      if (remark || Character.isWhitespace(c)) {
        continue;
      }
      if (c >= '0' && c <= '9') {
        times = Math.min(LIMIT, 10 * times + c - '0');
        continue;
      }
      int key = MOVES.indexOf(Character.toLowerCase(c));
      if (key < 0 && c != 'g' && c != '.') {
        throw new IllegalArgumentException(
            "keys, line %d: wanted one of w s a d r f i k j l u o g . or a number, got '%s'"
                .formatted(line, c));
      }
      if (c == 'g') {
        gripper = -gripper;
      }
      double[] action = new double[7];
      if (key >= 0) {
        double size = Character.isUpperCase(c) ? 1 : SMALL;
        boolean less = key % 2 == 1;
        // Left is +y for the robot.
        action[key / 2] = less ? -size : size;
      }
      action[6] = gripper;
      for (int k = Math.max(1, times); k > 0; k--) {
        actions.add(action.clone());
      }
      times = 0;
      if (actions.size() > LIMIT) {
        throw new IllegalArgumentException(
            "keys: wanted at most %d steps, got more".formatted(LIMIT));
      }
    }
    if (times > 0 || actions.isEmpty()) {
      throw new IllegalArgumentException(
          "keys: wanted letters such as 10w g 5r, got "
              + (actions.isEmpty() ? "none" : "a number at the end"));
    }
    return List.copyOf(actions);
  }
}
