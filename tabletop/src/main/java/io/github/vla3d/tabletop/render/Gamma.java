package io.github.vla3d.tabletop.render;

/** Screen values (sRGB, IEC 61966-2-1) from light and back, by table. */
final class Gamma {
  private static final int STEPS = 4096;
  private static final float[] LIGHT = new float[256];
  private static final byte[] SCREEN = new byte[STEPS + 1];

  static {
    for (int i = 0; i < 256; i++) {
      double s = i / 255.0;
      LIGHT[i] = (float) (s <= 0.04045 ? s / 12.92 : StrictMath.pow((s + 0.055) / 1.055, 2.4));
    }
    for (int i = 0; i <= STEPS; i++) {
      double l = (double) i / STEPS;
      double s = l <= 0.0031308 ? 12.92 * l : 1.055 * StrictMath.pow(l, 1 / 2.4) - 0.055;
      SCREEN[i] = (byte) StrictMath.round(255 * s);
    }
  }

  private Gamma() {}

  static float toLight(int screen) {
    return LIGHT[screen];
  }

  static byte toScreen(float light) {
    return SCREEN[light >= 1 ? STEPS : light <= 0 ? 0 : (int) (light * STEPS + 0.5f)];
  }
}
