/** HDF5 recordings: LIBERO and RoboTwin 2.0. */
@NullMarked
package io.github.vla3d.datasets.hdf5;

import org.jspecify.annotations.NullMarked;
