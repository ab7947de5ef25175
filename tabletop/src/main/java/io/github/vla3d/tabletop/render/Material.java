package io.github.vla3d.tabletop.render;

import org.jspecify.annotations.Nullable;

/**
 * What a surface does to light.
 *
 * @param colour share of the light that it returns; tints the texture
 * @param texture null for none
 * @param gloss strength of highlights, 0 to 1
 */
public record Material(Colour colour, @Nullable Texture texture, double gloss) {
  private static final Colour WHITE = new Colour(1, 1, 1);

  public static Material plain(int screen, double gloss) {
    return new Material(Colour.screen(screen), null, gloss);
  }

  public static Material textured(Texture texture, double gloss) {
    return new Material(WHITE, texture, gloss);
  }
}
