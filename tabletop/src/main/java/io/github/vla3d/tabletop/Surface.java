package io.github.vla3d.tabletop;

import io.github.vla3d.tabletop.render.Material;
import io.github.vla3d.tabletop.render.Mesh;

/** A mesh in a body's frame, and what it is made of. */
record Surface(Mesh mesh, Material material) {}
