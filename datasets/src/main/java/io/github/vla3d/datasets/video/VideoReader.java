package io.github.vla3d.datasets.video;

import io.github.vla3d.data.DataException;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * The frames of one video file by their time: 8-bit RGB, or the raw codes of a one-channel video of
 * up to 16 bits (depth).
 *
 * <p>Frames in increasing time decode on without seeking; any other order seeks to the key frame
 * before. One frame is held at a time. The picture size is fixed beforehand and enforced by the
 * decoder, so that a lying file cannot make it allocate more. Not thread safe.
 */
public final class VideoReader implements AutoCloseable {
  /** Beyond this many seconds ahead a seek is cheaper than decoding on. */
  private static final double DECODE_AHEAD_SECONDS = 1.0;

  /**
   * A key frame of an open group is followed by frames that are shown before it and need the group
   * before: those are lost after a seek, which must then go farther back.
   */
  private static final double[] SEEK_BACK_SECONDS = {0, 0.5, 2, 8, 32, Double.MAX_VALUE};

  private static final double[] FROM_HERE = {0};

  /** Decoding threads of a codec: frames are small, and readers run in parallel themselves. */
  private static final int THREADS = 1;

  private final String file;
  private final String column;
  private final int width;
  private final int height;
  private final double tolerance;
  private @Nullable AVFormatContext format;
  private @Nullable AVCodecContext codec;
  private @Nullable AVPacket packet;
  private @Nullable AVFrame frame;
  private @Nullable RgbBuffer rgb;
  private final int stream;
  private final double secondsPerTick;
  private boolean draining;
  private double frameSeconds = Double.NaN;

  static {
    avutil.av_log_set_level(avutil.AV_LOG_QUIET);
  }

  /**
   * Opens a file.
   *
   * @param path the file
   * @param column what its frames are called in the data set, for messages
   * @param width pixels wanted
   * @param height pixels wanted
   * @param framesPerSecond nominal rate: a frame answers to a time within a quarter of a frame
   * @throws DataException if the file is missing, is no video, or has another picture size
   */
  public VideoReader(Path path, String column, int width, int height, double framesPerSecond) {
    this.file = path.toString();
    this.column = column;
    this.width = width;
    this.height = height;
    this.tolerance = 0.25 / framesPerSecond;
    if (!Files.isRegularFile(path)) {
      throw fault("a video file", "no such file", null);
    }
    boolean opened = false;
    try {
      AVFormatContext context = new AVFormatContext(null);
      if (avformat.avformat_open_input(context, file, null, (AVDictionary) null) < 0) {
        throw fault(
            "a video file", Files.isReadable(path) ? "no known container" : "unreadable", null);
      }
      format = context;
      // Only the file named: containers may point to other files and hosts otherwise.
      if (avformat.avformat_find_stream_info(context, (PointerPointer<Pointer>) null) < 0) {
        throw fault("a video stream", "an unreadable stream header", null);
      }
      stream =
          avformat.av_find_best_stream(
              context, avutil.AVMEDIA_TYPE_VIDEO, -1, -1, (PointerPointer<Pointer>) null, 0);
      if (stream < 0) {
        throw fault("a video stream", "none", null);
      }
      AVStream video = context.streams(stream);
      AVCodecParameters parameters = video.codecpar();
      if (parameters.width() != width || parameters.height() != height) {
        throw fault(
            width + " x " + height + " pixels",
            parameters.width() + " x " + parameters.height(),
            null);
      }
      secondsPerTick = video.time_base().num() / (double) video.time_base().den();
      AVCodec decoder = decoderFor(parameters.codec_id());
      if (decoder == null) {
        throw fault(
            "a codec this build of FFmpeg decodes",
            String.valueOf(avcodec.avcodec_get_name(parameters.codec_id()).getString()),
            null);
      }
      AVCodecContext opening = avcodec.avcodec_alloc_context3(decoder);
      codec = opening;
      avcodec.avcodec_parameters_to_context(opening, parameters);
      opening.thread_count(THREADS);
      opening.max_pixels((long) (width + 128) * (height + 128));
      if (avcodec.avcodec_open2(opening, decoder, (AVDictionary) null) < 0) {
        throw fault("a decodable stream", "the decoder refused its header", null);
      }
      packet = avcodec.av_packet_alloc();
      frame = avutil.av_frame_alloc();
      opened = true;
    } finally {
      if (!opened) {
        close();
      }
    }
  }

  private static @Nullable AVCodec decoderFor(int id) {
    // FFmpeg's own AV1 decoder needs hardware.
    if (id == avcodec.AV_CODEC_ID_AV1) {
      for (String name : new String[] {"libdav1d", "libaom-av1"}) {
        AVCodec found = avcodec.avcodec_find_decoder_by_name(name);
        if (found != null && !found.isNull()) {
          return found;
        }
      }
    }
    AVCodec found = avcodec.avcodec_find_decoder(id);
    return found == null || found.isNull() ? null : found;
  }

  /**
   * The frame at a time as packed RGB, row by row from the top, 3 bytes a pixel.
   *
   * @param seconds time within the file
   * @param row frame number, for messages
   * @throws DataException if the file ends before, has no frame at that time, or is damaged
   */
  public byte[] rgbAt(double seconds, long row) {
    AVFrame at = frameAt(seconds, row);
    RgbBuffer buffer = rgb;
    if (buffer == null) {
      buffer = new RgbBuffer(width, height);
      rgb = buffer;
    }
    byte[] pixels = buffer.read(at);
    if (pixels == null) {
      throw fault("a pixel format that converts to RGB", formatName(at.format()), row, null);
    }
    return pixels;
  }

  /**
   * The frame at a time as raw codes of a one-channel video, row by row from the top.
   *
   * @param seconds time within the file
   * @param row frame number, for messages
   * @param bits bits a code must have (12 or 16)
   * @throws DataException as {@link #rgbAt}, and if the video is not of that depth
   */
  public short[] grayAt(double seconds, long row, int bits) {
    AVFrame at = frameAt(seconds, row);
    int wanted = bits == 16 ? avutil.AV_PIX_FMT_GRAY16LE : avutil.AV_PIX_FMT_GRAY12LE;
    if (at.format() != wanted) {
      throw fault(formatName(wanted), formatName(at.format()), row, null);
    }
    int stride = at.linesize(0);
    ShortBuffer plane =
        at.data(0)
            .capacity((long) stride * height)
            .asByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asShortBuffer();
    short[] codes = new short[width * height];
    for (int y = 0; y < height; y++) {
      plane.position(y * (stride / 2));
      plane.get(codes, y * width, width);
    }
    return codes;
  }

  private AVFrame frameAt(double seconds, long row) {
    AVFrame current = open(frame);
    if (Math.abs(frameSeconds - seconds) <= tolerance) {
      return current;
    }
    boolean ahead = frameSeconds < seconds && seconds - frameSeconds <= DECODE_AHEAD_SECONDS;
    double last = Double.NaN;
    for (double back : ahead ? FROM_HERE : SEEK_BACK_SECONDS) {
      if (!ahead) {
        seek(seconds - back, row);
      }
      while (next()) {
        if (current.width() != width || current.height() != height) {
          throw fault(
              width + " x " + height + " pixels",
              current.width() + " x " + current.height(),
              row,
              null);
        }
        last = frameSeconds;
        if (frameSeconds >= seconds - tolerance) {
          break;
        }
      }
      if (Math.abs(frameSeconds - seconds) <= tolerance) {
        return current;
      }
      if (frameSeconds < seconds || back >= seconds) {
        break;
      }
    }
    frameSeconds = Double.NaN;
    throw fault(
        String.format(Locale.ROOT, "a frame at %.4f s", seconds),
        Double.isNaN(last)
            ? "no decodable frame"
            : String.format(Locale.ROOT, "the nearest at %.4f s", last),
        row,
        null);
  }

  private void seek(double seconds, long row) {
    long target = Math.round(Math.max(0, seconds) / secondsPerTick);
    if (avformat.av_seek_frame(open(format), stream, target, avformat.AVSEEK_FLAG_BACKWARD) < 0) {
      throw fault(
          String.format(Locale.ROOT, "a frame at %.4f s", seconds), "a failed seek", row, null);
    }
    avcodec.avcodec_flush_buffers(open(codec));
    draining = false;
    frameSeconds = Double.NaN;
  }

  /** Decodes the next frame in display order; false at the end of what can be decoded. */
  private boolean next() {
    AVFormatContext input = open(format);
    AVCodecContext decoder = open(codec);
    AVPacket reading = open(packet);
    AVFrame target = open(frame);
    while (true) {
      int got = avcodec.avcodec_receive_frame(decoder, target);
      if (got == 0) {
        frameSeconds = target.best_effort_timestamp() * secondsPerTick;
        return true;
      }
      if (draining || (got != avutil.AVERROR_EAGAIN() && got != avutil.AVERROR_EOF())) {
        return false;
      }
      int read = avformat.av_read_frame(input, reading);
      if (read < 0) {
        draining = true;
        avcodec.avcodec_send_packet(decoder, (AVPacket) null);
        continue;
      }
      int sent = 0;
      if (reading.stream_index() == stream) {
        sent = avcodec.avcodec_send_packet(decoder, reading);
      }
      avcodec.av_packet_unref(reading);
      if (sent < 0 && sent != avutil.AVERROR_EAGAIN()) {
        return false;
      }
    }
  }

  private static String formatName(int format) {
    BytePointer name = avutil.av_get_pix_fmt_name(format);
    return name == null || name.isNull() ? "pixel format " + format : name.getString();
  }

  private <T> T open(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException(file + " is closed");
    }
    return part;
  }

  private DataException fault(String wanted, String got, @Nullable Throwable cause) {
    return fault(wanted, got, DataException.NO_ROW, cause);
  }

  private DataException fault(String wanted, String got, long row, @Nullable Throwable cause) {
    return new DataException(file, column, row, wanted, got, cause);
  }

  /** Frees the decoder; closing twice is harmless. */
  @Override
  public void close() {
    if (packet != null) {
      avcodec.av_packet_free(packet);
      packet = null;
    }
    if (frame != null) {
      avutil.av_frame_free(frame);
      frame = null;
    }
    if (codec != null) {
      avcodec.avcodec_free_context(codec);
      codec = null;
    }
    if (format != null) {
      avformat.avformat_close_input(format);
      format = null;
    }
    if (rgb != null) {
      rgb.close();
      rgb = null;
    }
  }
}
