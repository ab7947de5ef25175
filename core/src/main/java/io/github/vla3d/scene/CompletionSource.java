package io.github.vla3d.scene;

import io.github.vla3d.scene.aggregation.Selection;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.instance.Instances;

/**
 * Says where hidden tokens are to be completed: labels while training, the masks themselves else.
 */
@FunctionalInterface
public interface CompletionSource {
  /** Queries for the selected instances, outside the graph. */
  CompletionQueries queries(Memory memory, Instances instances, Selection selection);

  /** Queries that are known beforehand. */
  static CompletionSource of(CompletionQueries queries) {
    return (memory, instances, selection) -> queries;
  }
}
