package io.github.vla3d.labelling;

/**
 * A true object in one view of a frame, and what labels say of it.
 *
 * @param episode number within the data set
 * @param frame number within the episode
 * @param view name of the camera
 * @param id of the object
 * @param area visible pixels
 * @param areaShare of the picture
 * @param contact whether its visible points come close to something else's
 * @param held whether the gripper holds it
 * @param iou of the masks; 0 where nothing is matched to it
 * @param boxIou of the tight boxes of the same match
 * @param identity of the label; {@link #NONE} where nothing is matched
 * @param centroidError metres; infinite where nothing is matched
 */
record Sighting(
    int episode,
    int frame,
    String view,
    int id,
    int area,
    double areaShare,
    boolean contact,
    boolean held,
    double iou,
    double boxIou,
    int identity,
    double centroidError) {
  static final int NONE = Integer.MIN_VALUE;

  boolean matched() {
    return identity != NONE;
  }
}
