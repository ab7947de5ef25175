/** LeRobotDataset v2.1 and v3.0. */
@NullMarked
package io.github.vla3d.datasets.lerobot;

import org.jspecify.annotations.NullMarked;
