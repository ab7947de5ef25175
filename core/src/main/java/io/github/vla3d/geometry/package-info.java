/**
 * Cameras, rigid transforms, depth and point clouds; knows no robot. Numbers are fp64 on the host;
 * {@link io.github.vla3d.geometry.ViewGeometry} holds the same formulas for batches of fp32
 * tensors.
 *
 * <p>Conventions of the whole package:
 *
 * <ul>
 *   <li>Metres, radians, pixels. Quaternions are x, y, z, w. Matrices are row-major.
 *   <li>{@code aFromB} maps coordinates in frame B to coordinates in frame A, so that {@code
 *       aFromB.compose(bFromC)} is {@code aFromC}.
 *   <li>Camera frames have the axes of OpenCV: x right, y down, z forward. Other axes are converted
 *       by a factory of {@link io.github.vla3d.geometry.Camera} that names them.
 *   <li>Pixel coordinates are continuous with the edges of pixels at integers: the picture covers
 *       [0, width] x [0, height], and the pixel of column c and row r has its centre at (c + 0.5, r
 *       + 0.5). This is the convention in which a symmetric camera has its principal point at
 *       (width / 2, height / 2), and in which a resize is a plain scaling.
 *   <li>Depth is planar z in metres, the coordinate along the optical axis; 0 stands for none.
 * </ul>
 *
 * <p>All classes throw {@link io.github.vla3d.geometry.GeometryException}.
 */
@NullMarked
package io.github.vla3d.geometry;

import org.jspecify.annotations.NullMarked;
