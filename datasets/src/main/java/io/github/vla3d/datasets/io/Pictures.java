package io.github.vla3d.datasets.io;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.RgbImage;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferUShort;
import java.awt.image.PixelInterleavedSampleModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Iterator;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * PNG and JPEG. The size is known beforehand and checked against the header, before any memory is
 * given to pixels.
 */
public final class Pictures {
  /** No camera has more pixels along a side. */
  public static final int MAX_SIDE = 1 << 14;

  private static final int MAX_PIXELS = 1 << 25;

  /** Level 1 of zlib: recording spends most of its time here. */
  private static final float FAST = 0.9f;

  static {
    // The default writes every picture to a temporary file first.
    ImageIO.setUseCache(false);
  }

  private Pictures() {}

  /** Where a picture comes from, for messages. */
  public record Origin(String file, String column, long row) {
    DataException fault(String wanted, String got) {
      return new DataException(file, column, row, wanted, got);
    }
  }

  /** Whether a camera could have such pictures: what is beyond is not given memory. */
  public static boolean possible(long width, long height) {
    return width >= 1
        && height >= 1
        && width <= MAX_SIDE
        && height <= MAX_SIDE
        && width * height <= MAX_PIXELS;
  }

  /** What {@link #possible} asks for, for messages. */
  public static String sizes() {
    return "at most " + MAX_SIDE + " pixels a side and " + MAX_PIXELS + " in all";
  }

  /**
   * Width and height in the header.
   *
   * @throws DataException if no camera has such pictures
   */
  public static int[] size(byte[] encoded, Origin origin) {
    int[] size =
        read(encoded, origin, reader -> new int[] {reader.getWidth(0), reader.getHeight(0)});
    if (!possible(size[0], size[1])) {
      throw origin.fault(sizes(), size[0] + " x " + size[1]);
    }
    return size;
  }

  /**
   * A colour picture.
   *
   * @param swapped whether red and blue were exchanged before it was encoded
   * @throws DataException if it cannot be decoded or has another size
   */
  public static RgbImage rgb(
      byte[] encoded, int width, int height, boolean swapped, Origin origin) {
    BufferedImage image = decode(encoded, width, height, origin);
    byte[] pixels = new byte[3 * width * height];
    int red = swapped ? 2 : 0;
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR
        && image.getRaster().getDataBuffer() instanceof DataBufferByte buffer
        && buffer.getData().length == pixels.length) {
      byte[] bgr = buffer.getData();
      for (int i = 0; i < pixels.length; i += 3) {
        pixels[i + red] = bgr[i + 2];
        pixels[i + 1] = bgr[i + 1];
        pixels[i + 2 - red] = bgr[i];
      }
    } else {
      int[] argb = image.getRGB(0, 0, width, height, null, 0, width);
      for (int i = 0; i < argb.length; i++) {
        pixels[3 * i + red] = (byte) (argb[i] >> 16);
        pixels[3 * i + 1] = (byte) (argb[i] >> 8);
        pixels[3 * i + 2 - red] = (byte) argb[i];
      }
    }
    return RgbImage.owning(width, height, pixels);
  }

  /**
   * A one-channel picture of 16 bits, as unsigned numbers.
   *
   * @throws DataException if it cannot be decoded, has another size, or fewer bits
   */
  public static short[] gray16(byte[] encoded, int width, int height, Origin origin) {
    BufferedImage image = decode(encoded, width, height, origin);
    if (image.getRaster().getDataBuffer() instanceof DataBufferUShort buffer
        && image.getRaster().getSampleModel() instanceof PixelInterleavedSampleModel model
        && model.getNumBands() == 1
        && buffer.getData().length == width * height) {
      return Arrays.copyOf(buffer.getData(), width * height);
    }
    throw origin.fault(
        "one channel of 16 bits",
        image.getRaster().getNumBands()
            + " of "
            + image.getColorModel().getComponentSize(0)
            + " bits");
  }

  /** Encodes a colour picture as PNG. */
  public static byte[] png(RgbImage picture) {
    BufferedImage image =
        new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_3BYTE_BGR);
    byte[] bgr = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    byte[] rgb = picture.toArray();
    for (int i = 0; i < rgb.length; i += 3) {
      bgr[i] = rgb[i + 2];
      bgr[i + 1] = rgb[i + 1];
      bgr[i + 2] = rgb[i];
    }
    return png(image);
  }

  /** Encodes unsigned 16-bit numbers as PNG of one channel. */
  public static byte[] png16(short[] values, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_USHORT_GRAY);
    short[] target = ((DataBufferUShort) image.getRaster().getDataBuffer()).getData();
    System.arraycopy(values, 0, target, 0, target.length);
    return png(image);
  }

  /** Encodes any picture as PNG, quickly rather than as small as can be. */
  public static byte[] png(BufferedImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam how = writer.getDefaultWriteParam();
      how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      how.setCompressionQuality(FAST);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), how);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static BufferedImage decode(byte[] encoded, int width, int height, Origin origin) {
    return read(
        encoded,
        origin,
        reader -> {
          if (reader.getWidth(0) != width || reader.getHeight(0) != height) {
            throw origin.fault(
                width + " x " + height + " pixels",
                reader.getWidth(0) + " x " + reader.getHeight(0));
          }
          return reader.read(0);
        });
  }

  private interface Use<T> {
    T apply(ImageReader reader) throws IOException;
  }

  private static <T> T read(byte[] encoded, Origin origin, Use<T> use) {
    try (ImageInputStream input =
        ImageIO.createImageInputStream(new ByteArrayInputStream(encoded))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      if (!readers.hasNext()) {
        throw origin.fault("a PNG or JPEG picture", encoded.length + " other bytes");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(input, true, true);
        return use.apply(reader);
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      // ImageIO answers damaged pictures with any unchecked exception.
      if (e instanceof DataException known) {
        throw known;
      }
      throw new DataException(
          origin.file(),
          origin.column(),
          origin.row(),
          "a PNG or JPEG picture",
          "a damaged one: " + e.getMessage(),
          e);
    }
  }
}
