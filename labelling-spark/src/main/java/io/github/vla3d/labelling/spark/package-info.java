/** Labels on Apache Spark: an engine that {@code vla3d label --engine spark} finds. */
@NullMarked
package io.github.vla3d.labelling.spark;

import org.jspecify.annotations.NullMarked;
