/**
 * Lets policies act in benchmarks, all on the same episodes, and keeps a row of each: {@link
 * io.github.vla3d.evaluation.Benchmark} is the place for other simulators.
 */
@NullMarked
package io.github.vla3d.evaluation;

import org.jspecify.annotations.NullMarked;
