/** Rigid bodies, the gripper and its controller, on Bullet. Everything solid is made of boxes. */
@NullMarked
package io.github.vla3d.tabletop.physics;

import org.jspecify.annotations.NullMarked;
