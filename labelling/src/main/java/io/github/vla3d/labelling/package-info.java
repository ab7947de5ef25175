/** Lets teachers label recordings, keeps what they say, scores and draws it. */
@NullMarked
package io.github.vla3d.labelling;

import org.jspecify.annotations.NullMarked;
