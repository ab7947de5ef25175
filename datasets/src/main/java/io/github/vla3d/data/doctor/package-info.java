/**
 * Judges from the data alone whether the geometry of a data set is sound: do the depth maps of
 * several cameras describe one scene, does the wrist camera move with the arm?
 *
 * <p>The method is a test of hypotheses. The data are scored as they are and once more under the
 * inverse of every fault that readers and recorders are known to make; a fault is reported where
 * its inverse makes the data agree and nothing else does.
 */
@NullMarked
package io.github.vla3d.data.doctor;

import org.jspecify.annotations.NullMarked;
