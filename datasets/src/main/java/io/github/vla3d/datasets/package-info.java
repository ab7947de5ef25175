/**
 * Readers and writers of dataset formats; {@link io.github.vla3d.datasets.Datasets} opens any of
 * them.
 */
@NullMarked
package io.github.vla3d.datasets;

import org.jspecify.annotations.NullMarked;
