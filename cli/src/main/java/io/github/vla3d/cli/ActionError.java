package io.github.vla3d.cli;

import io.github.vla3d.data.Track;
import java.util.ArrayList;
import java.util.List;

/**
 * How far predicted actions are from recorded ones, in the robot's units.
 *
 * @param action which dimension; -1 for all together
 * @param meanAbsolute mean of |predicted - recorded|
 * @param rootMeanSquare of the difference
 * @param greatest |predicted - recorded|
 * @param recordedDeviation standard deviation of the recorded action: what guessing its mean would
 *     have as its root mean square; for all together the root of the mean of the squares
 */
record ActionError(
    int action,
    double meanAbsolute,
    double rootMeanSquare,
    double greatest,
    double recordedDeviation) {
  static final String HEADER =
      String.format(
          "  %-8s  %12s  %12s  %12s  %12s",
          "action", "mean |e|", "rms e", "max |e|", "recorded sd");

  /** One for each dimension, then one for all. */
  static List<ActionError> of(Track recorded, float[][] predicted) {
    List<ActionError> errors = new ArrayList<>();
    int n = predicted.length;
    double absolute = 0;
    double squares = 0;
    double greatest = 0;
    double variance = 0;
    int width = recorded.columns();
    for (int d = 0; d < width; d++) {
      double sum = 0;
      double square = 0;
      double most = 0;
      double mean = 0;
      for (int t = 0; t < n; t++) {
        double e = predicted[t][d] - recorded.at(t, d);
        sum += Math.abs(e);
        square += e * e;
        most = Math.max(most, Math.abs(e));
        mean += recorded.at(t, d) / (double) n;
      }
      double spread = 0;
      for (int t = 0; t < n; t++) {
        spread += (recorded.at(t, d) - mean) * (recorded.at(t, d) - mean) / n;
      }
      errors.add(new ActionError(d, sum / n, Math.sqrt(square / n), most, Math.sqrt(spread)));
      absolute += sum / n / width;
      squares += square / n / width;
      greatest = Math.max(greatest, most);
      variance += spread / width;
    }
    errors.add(new ActionError(-1, absolute, Math.sqrt(squares), greatest, Math.sqrt(variance)));
    return errors;
  }

  String row() {
    return String.format(
        "  %-8s  %12.4f  %12.4f  %12.4f  %12.4f",
        action < 0 ? "all" : "" + action,
        meanAbsolute,
        rootMeanSquare,
        greatest,
        recordedDeviation);
  }
}
