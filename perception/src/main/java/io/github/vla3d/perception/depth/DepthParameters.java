package io.github.vla3d.perception.depth;

/**
 * All that the teacher takes for granted, one set for all data. Lengths are metres; what depends on
 * the picture is in units of the pixel's footprint (depth / focal length) or of a picture of 256 x
 * 256 and scales with the resolution.
 *
 * @param reach how far from the robot's base, or from the end-effector where the base is not known,
 *     things matter
 * @param ceiling how high above the support things matter
 * @param grain standard deviation of the depth from pixel to pixel above which pictures are
 *     smoothed
 * @param planeMin least height above a support at which something begins
 * @param planeSigmas the same in standard deviations of the support's own noise
 * @param link farthest that neighbouring pixels of one thing lie apart
 * @param linkFootprints the same in footprints, whichever is more
 * @param colourStep difference of colours at a border between things, 0 to 255
 * @param depthStep least step in depth at such a border
 * @param crease least bend of a concave crease at such a border, radians
 * @param creaseReach pixels, of 256, between the points that measure a bend
 * @param cell edge of the cells that hold a model's points
 * @param near farthest from a model's points that a pixel is of this model
 * @param nearFootprints the same in footprints, whichever is more
 * @param carve how far behind a model's point something must be seen for the point to go
 * @param minPixels least pixels, of 256 x 256, of something new
 * @param minSeen least pixels, of 256 x 256, of something known
 * @param minHeight something that is nowhere this much above the support is part of it
 * @param maxSize something longer than this is a wall or a floor
 * @param grip radius around the end-effector in which something may be held
 * @param robotMargin added to the robot on all sides
 */
public record DepthParameters(
    double reach,
    double ceiling,
    double grain,
    double planeMin,
    double planeSigmas,
    double link,
    double linkFootprints,
    double colourStep,
    double depthStep,
    double crease,
    double creaseReach,
    double cell,
    double near,
    double nearFootprints,
    double carve,
    double minPixels,
    double minSeen,
    double minHeight,
    double maxSize,
    double grip,
    double robotMargin) {
  /** Found on the recordings that `docs/labels.md` names. */
  public static final DepthParameters DEFAULT =
      new DepthParameters(
          1.1, 0.6, 0.0015, 0.003, 4, 0.02, 3, 25, 0.006, 0.45, 2, 0.004, 0.012, 2, 0.015, 60, 20,
          0.01, 0.8, 0.04, 0.006);
}
