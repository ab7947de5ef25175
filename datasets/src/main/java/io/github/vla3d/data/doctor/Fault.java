package io.github.vla3d.data.doctor;

/**
 * One thing that is wrong.
 *
 * @param view name of the camera, two joined by " and " if they are exchanged, "all views", or
 *     "end-effector"
 * @param confidence in (0, 1]: how far this explanation is ahead of the next
 * @param remedy what to do, with the magnitude found
 * @param repair how it is undone, or why it cannot be
 */
public record Fault(String view, FaultKind kind, double confidence, String remedy, Repair repair) {
  /** The name that stands for every camera. */
  public static final String ALL_VIEWS = "all views";

  /** The name that stands for the pose of the arm. */
  public static final String END_EFFECTOR = "end-effector";

  /**
   * @param detail the magnitude, for the remedy; may be empty
   */
  static Fault of(String view, FaultKind kind, double confidence, String detail, Repair repair) {
    return new Fault(
        view,
        kind,
        confidence,
        detail.isEmpty() ? kind.remedy() : kind.remedy() + " (" + detail + ")",
        repair);
  }
}
