package io.github.vla3d.evaluation;

import java.util.Comparator;
import java.util.List;

/**
 * What came of an episode.
 *
 * @param policy name of the contestant
 * @param version of the contestant
 * @param executed actions of each chunk
 * @param benchmark name
 * @param trial that was played
 * @param seed of the evaluation
 * @param success whether the task was done
 * @param steps that it took, or the limit
 * @param questions how often the network was asked
 * @param program versions of program and engine, in one word
 */
public record EpisodeRow(
    String policy,
    String version,
    int executed,
    String benchmark,
    Trial trial,
    long seed,
    boolean success,
    int steps,
    int questions,
    String program) {
  /** The table's first line. */
  static final String HEADER =
      "policy,version,executed,benchmark,suite,task,perturbation,kind,severity,episode,seed,success,"
          + "steps,questions,program";

  /** The order of a whole table. */
  static final Comparator<EpisodeRow> ORDER =
      Comparator.comparing(EpisodeRow::policy)
          .thenComparing(row -> row.trial.suite())
          .thenComparing(row -> row.trial.task())
          .thenComparing(row -> row.trial.perturbation())
          .thenComparingInt(row -> row.trial.severity())
          .thenComparing(row -> row.trial.kind())
          .thenComparingInt(row -> row.trial.episode().length())
          .thenComparing(row -> row.trial.episode())
          .thenComparingLong(EpisodeRow::seed);

  /**
   * @throws IllegalArgumentException if a text has a comma, a quote or a line's end
   */
  public EpisodeRow {
    for (String text :
        List.of(
            policy,
            version,
            benchmark,
            trial.suite(),
            trial.task(),
            trial.perturbation(),
            trial.kind(),
            trial.episode(),
            program)) {
      if (!text.matches("[^,\"\\r\\n]*")) {
        throw new IllegalArgumentException(
            "table: wanted texts without commas and quotes, got '" + text + "'");
      }
    }
  }

  /** As a line of the table. */
  String line() {
    return String.join(
        ",",
        policy,
        version,
        Integer.toString(executed),
        benchmark,
        trial.suite(),
        trial.task(),
        trial.perturbation(),
        trial.kind(),
        Integer.toString(trial.severity()),
        trial.episode(),
        Long.toString(seed),
        success ? "1" : "0",
        Integer.toString(steps),
        Integer.toString(questions),
        program);
  }

  /**
   * @throws IllegalArgumentException if it is no line of a table
   */
  static EpisodeRow parse(String line) {
    String[] w = line.split(",", -1);
    if (w.length != HEADER.split(",", -1).length || !w[11].matches("[01]")) {
      throw new IllegalArgumentException("wanted the columns " + HEADER + ", got '" + line + "'");
    }
    Trial trial = new Trial(w[9], w[4], w[5], w[6], w[7], Integer.parseInt(w[8]));
    return new EpisodeRow(
        w[0],
        w[1],
        Integer.parseInt(w[2]),
        w[3],
        trial,
        Long.parseLong(w[10]),
        w[11].equals("1"),
        Integer.parseInt(w[12]),
        Integer.parseInt(w[13]),
        w[14]);
  }
}
