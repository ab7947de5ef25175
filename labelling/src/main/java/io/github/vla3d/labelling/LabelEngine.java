package io.github.vla3d.labelling;

import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * Runs {@link LabelWorker}s over episodes. What they write does not depend on the engine. Engines
 * of other modules are found as services.
 */
public interface LabelEngine {
  /** Its name on the command line. */
  String name();

  /**
   * Labels episodes, or some of them if the listener wants to stop.
   *
   * @param threads that label at the same time
   * @return the episodes that could not be read, with the reason
   */
  Map<Integer, String> run(
      LabelJob job, List<Integer> episodes, int threads, LabelListener listener);

  /**
   * @throws IllegalArgumentException if there is no engine of this name; the message says how to
   *     get the one of Spark
   */
  static LabelEngine of(String name) {
    Map<String, LabelEngine> known = new TreeMap<>();
    LabelEngine local = new LocalEngine();
    known.put(local.name(), local);
    ServiceLoader.load(LabelEngine.class).forEach(engine -> known.put(engine.name(), engine));
    LabelEngine found = known.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          name.equals("spark")
              ? "--engine spark: this build has no Spark; 'mvn -Pspark package' makes one with it"
                  + " (about 220 MB more)"
              : "--engine: wanted one of %s, got %s".formatted(known.keySet(), name));
    }
    return found;
  }
}
