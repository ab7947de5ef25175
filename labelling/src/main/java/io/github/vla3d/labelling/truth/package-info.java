/** What a simulator recorded for judges only; teachers never see it. */
@NullMarked
package io.github.vla3d.labelling.truth;

import org.jspecify.annotations.NullMarked;
