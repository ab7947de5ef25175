package io.github.vla3d.datasets.video;

import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/** Packed RGB pixels in native memory, and their conversion from and to frames of FFmpeg. */
final class RgbBuffer implements AutoCloseable {
  /** FFmpeg's vector code may write past the last row. */
  private static final long SLACK = 256;

  private final int width;
  private final int height;
  private final BytePointer pixels;
  private final PointerPointer<Pointer> planes = new PointerPointer<>(1);
  private final IntPointer strides = new IntPointer(1);
  private @Nullable SwsContext scaler;

  RgbBuffer(int width, int height) {
    this.width = width;
    this.height = height;
    pixels = new BytePointer(3L * width * height + SLACK);
    planes.put(0, pixels);
    strides.put(0, 3 * width);
  }

  /**
   * Converts a frame of this size.
   *
   * @return its pixels, or null if there is no conversion from its format
   */
  byte @Nullable [] read(AVFrame frame) {
    SwsContext converter = converter(frame.format(), avutil.AV_PIX_FMT_RGB24, swscale.SWS_BILINEAR);
    if (converter == null) {
      return null;
    }
    swscale.sws_scale(converter, frame.data(), frame.linesize(), 0, height, planes, strides);
    byte[] packed = new byte[3 * width * height];
    pixels.position(0).get(packed);
    return packed;
  }

  /**
   * Fills a frame of this size.
   *
   * @return whether there is a conversion to its format
   */
  boolean write(byte[] packed, AVFrame frame) {
    SwsContext converter = converter(avutil.AV_PIX_FMT_RGB24, frame.format(), swscale.SWS_BICUBIC);
    if (converter == null) {
      return false;
    }
    pixels.position(0).put(packed);
    swscale.sws_scale(converter, planes, strides, 0, height, frame.data(), frame.linesize());
    return true;
  }

  private @Nullable SwsContext converter(int from, int to, int flags) {
    // Frees the old one if it fits no longer, also where it makes no new one.
    SwsContext made =
        swscale.sws_getCachedContext(
            scaler,
            width,
            height,
            from,
            width,
            height,
            to,
            flags,
            null,
            null,
            (DoublePointer) null);
    scaler = made == null || made.isNull() ? null : made;
    return scaler;
  }

  @Override
  public void close() {
    if (scaler != null) {
      swscale.sws_freeContext(scaler);
      scaler = null;
    }
    pixels.close();
    planes.close();
    strides.close();
  }
}
