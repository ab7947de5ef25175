package io.github.vla3d.cli.demo;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Text and pictures as they stand in a page that needs nothing else. */
final class Html {
  private Html() {}

  /** Text with what HTML would take for itself written out. */
  static String text(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** A picture within the page. */
  static String picture(BufferedImage image, String words) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "<img alt=\"%s\" width=\"%d\" height=\"%d\" src=\"data:image/png;base64,%s\">"
        .formatted(
            text(words),
            image.getWidth(),
            image.getHeight(),
            Base64.getEncoder().encodeToString(bytes.toByteArray()));
  }
}
