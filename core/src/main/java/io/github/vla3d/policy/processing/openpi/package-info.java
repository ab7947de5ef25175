/**
 * What openpi does to the requests of LIBERO, DROID and ALOHA before its networks see them, and to
 * the actions before the robots get them.
 */
@NullMarked
package io.github.vla3d.policy.processing.openpi;

import org.jspecify.annotations.NullMarked;
