package io.github.vla3d.datasets.lerobot;

import io.github.vla3d.data.JsonFile;

/**
 * LeRobot's 12-bit logarithmic code of depth in video: the codes 0 to 4095 divide the logarithm of
 * (z + shift) evenly between the ends of the range. Code 0 stands for the near end and for
 * everything nearer, which includes "nothing measured": it is read as none.
 *
 * @param min near end of the range in metres
 * @param max far end in metres
 * @param shift added before the logarithm, in metres
 */
record DepthCode(double min, double max, double shift) {
  static final int BITS = 12;
  private static final int TOP = (1 << BITS) - 1;

  /** From the {@code info} block of a feature. */
  static DepthCode of(JsonFile info) {
    if (!info.flag("video.use_log", true)) {
      throw info.fault("video.use_log", "the logarithmic code", "false");
    }
    double min = number(info, "depth_min", 0.01);
    double max = number(info, "depth_max", 10);
    double shift = number(info, "shift", 3.5);
    if (!(min + shift > 0 && max > min)) {
      throw info.fault(
          "video.depth_max", "a range above 0", min + " to " + max + " with shift " + shift);
    }
    return new DepthCode(min, max, shift);
  }

  private static double number(JsonFile info, String key, double otherwise) {
    if (info.has("video." + key)) {
      return info.number("video." + key);
    }
    return info.has(key) ? info.number(key) : otherwise;
  }

  /** Metres of every code; 0, none, for code 0. */
  float[] table() {
    float[] metres = new float[TOP + 1];
    double near = Math.log(min + shift);
    double far = Math.log(max + shift);
    for (int code = 1; code <= TOP; code++) {
      double z = Math.exp(code / (double) TOP * (far - near) + near) - shift;
      metres[code] = (float) Math.min(max, Math.max(min, z));
    }
    return metres;
  }
}
