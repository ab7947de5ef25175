package io.github.vla3d.cli;

import io.github.vla3d.data.Track;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far predicted actions are from recorded ones, in the robot's units.
 *
 * @param action which dimension; -1 for all together
 * @param meanAbsolute mean of |predicted - recorded|
 * @param rootMeanSquare of the difference
 * @param greatest |predicted - recorded|
 * @param guess root mean square of the difference of the recorded action to the mean of other
 *     episodes: what who knows no more would have; null if no others were named
 * @param recordedDeviation standard deviation of the recorded action: what guessing its mean would
 *     have as its root mean square; for all together the root of the mean of the squares
 */
record ActionError(
    int action,
    double meanAbsolute,
    double rootMeanSquare,
    double greatest,
    @Nullable Double guess,
    double recordedDeviation) {
  static final String HEADER =
      String.format(
          "  %-8s  %12s  %12s  %12s  %12s  %12s",
          "action", "mean |e|", "rms e", "max |e|", "rms of mean", "recorded sd");

  /**
   * One for each dimension, then one for all.
   *
   * @param mean of other episodes' actions; null if there are none
   */
  static List<ActionError> of(Track recorded, float[][] predicted, double @Nullable [] mean) {
    List<ActionError> errors = new ArrayList<>();
    int n = predicted.length;
    double absolute = 0;
    double squares = 0;
    double greatest = 0;
    double variance = 0;
    double guessed = 0;
    int width = recorded.columns();
    for (int d = 0; d < width; d++) {
      double sum = 0;
      double square = 0;
      double most = 0;
      double own = 0;
      double away = 0;
      for (int t = 0; t < n; t++) {
        double e = predicted[t][d] - recorded.at(t, d);
        sum += Math.abs(e);
        square += e * e;
        most = Math.max(most, Math.abs(e));
        own += recorded.at(t, d) / (double) n;
        double off = mean == null ? 0 : recorded.at(t, d) - mean[d];
        away += off * off / n;
      }
      double spread = 0;
      for (int t = 0; t < n; t++) {
        spread += (recorded.at(t, d) - own) * (recorded.at(t, d) - own) / n;
      }
      errors.add(
          new ActionError(
              d,
              sum / n,
              Math.sqrt(square / n),
              most,
              mean == null ? null : Math.sqrt(away),
              Math.sqrt(spread)));
      guessed += away / width;
      absolute += sum / n / width;
      squares += square / n / width;
      greatest = Math.max(greatest, most);
      variance += spread / width;
    }
    errors.add(
        new ActionError(
            -1,
            absolute,
            Math.sqrt(squares),
            greatest,
            mean == null ? null : Math.sqrt(guessed),
            Math.sqrt(variance)));
    return errors;
  }

  String row() {
    return String.format(
        "  %-8s  %12.4f  %12.4f  %12.4f  %12s  %12.4f",
        action < 0 ? "all" : "" + action,
        meanAbsolute,
        rootMeanSquare,
        greatest,
        guess == null ? "-" : String.format("%.4f", guess),
        recordedDeviation);
  }
}
