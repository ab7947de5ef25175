package io.github.vla3d.tabletop.render;

/**
 * A colour in light, not in screen values: twice the number is twice the light.
 *
 * @param r red, 0 to 1
 * @param g green
 * @param b blue
 */
public record Colour(float r, float g, float b) {
  /** From the values of a screen, 0 to 255 (sRGB), as {@code 0xrrggbb}. */
  public static Colour screen(int rgb) {
    return new Colour(
        Gamma.toLight(rgb >> 16 & 255), Gamma.toLight(rgb >> 8 & 255), Gamma.toLight(rgb & 255));
  }

  public Colour times(double k) {
    return new Colour((float) (k * r), (float) (k * g), (float) (k * b));
  }

  /** The mixture with another colour, of which there is the given share. */
  public Colour mixed(Colour other, double share) {
    return new Colour(
        (float) (r + share * (other.r - r)),
        (float) (g + share * (other.g - g)),
        (float) (b + share * (other.b - b)));
  }
}
