package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import org.jspecify.annotations.Nullable;

/**
 * A thing of an episode before it begins.
 *
 * @param id in pictures
 * @param worldFromThing where it begins
 * @param slidesOn label of what a drawer runs in, null for other things
 * @param open how far a drawer is out, metres
 */
record Thing(
    String label,
    Prop prop,
    int id,
    RigidTransform worldFromThing,
    @Nullable String slidesOn,
    double open) {}
