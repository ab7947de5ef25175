package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.tabletop.render.Picture;

/**
 * What a camera sees, with its true instance ids: for scoring, never for a policy.
 *
 * @param name of the view
 */
public record Shot(String name, Picture picture, Camera camera) {}
