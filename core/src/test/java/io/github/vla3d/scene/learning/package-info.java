/**
 * Does the method learn? Random objects on a table, seen by random cameras with exact labels, and
 * the {@code tiny} preset trained on them (docs/method-learning.md).
 */
@NullMarked
package io.github.vla3d.scene.learning;

import org.jspecify.annotations.NullMarked;
