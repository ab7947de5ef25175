@NullMarked
package io.github.vla3d.data.doctor;

import org.jspecify.annotations.NullMarked;
