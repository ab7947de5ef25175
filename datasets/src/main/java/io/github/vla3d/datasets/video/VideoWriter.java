package io.github.vla3d.datasets.video;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.RgbImage;
import java.nio.file.Path;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * Colour frames into an AV1 MP4 as LeRobot writes it: yuv420p, a key frame every second frame, so
 * that any frame is two decodings away. Not thread safe.
 */
public final class VideoWriter implements AutoCloseable {
  /** A rate that is no whole number is written as thousandths. */
  private static final int RATE_DENOMINATOR = 1000;

  private final String file;
  private final int width;
  private final int height;
  private final double framesPerSecond;
  private @Nullable AVFormatContext format;
  private @Nullable AVCodecContext codec;
  private @Nullable AVFrame frame;
  private @Nullable AVPacket packet;
  private @Nullable RgbBuffer rgb;
  private @Nullable AVStream stream;
  private long frames;

  static {
    avutil.av_log_set_level(avutil.AV_LOG_QUIET);
  }

  /**
   * Opens the file for writing.
   *
   * @param quality constant rate factor of the encoder, 0 (best) to 63
   * @throws DataException if the file cannot be written
   */
  public VideoWriter(Path path, int width, int height, double framesPerSecond, int quality) {
    this.file = path.toString();
    this.width = width;
    this.height = height;
    this.framesPerSecond = framesPerSecond;
    boolean opened = false;
    try {
      AVFormatContext container = new AVFormatContext(null);
      check(
          avformat.avformat_alloc_output_context2(container, null, "mp4", file),
          "an MP4 container");
      format = container;
      AVCodec encoder = avcodec.avcodec_find_encoder_by_name("libaom-av1");
      if (encoder == null || encoder.isNull()) {
        throw new DataException(file, null, -1, "an FFmpeg with libaom-av1", "one without");
      }
      AVCodecContext context = avcodec.avcodec_alloc_context3(encoder);
      codec = context;
      AVRational tick = tick();
      context.width(width).height(height).pix_fmt(avutil.AV_PIX_FMT_YUV420P);
      context.time_base(tick);
      context.framerate(avutil.av_inv_q(tick));
      context.gop_size(2).max_b_frames(0).thread_count(2);
      if ((container.oformat().flags() & avformat.AVFMT_GLOBALHEADER) != 0) {
        context.flags(context.flags() | avcodec.AV_CODEC_FLAG_GLOBAL_HEADER);
      }
      AVDictionary options = new AVDictionary(null);
      avutil.av_dict_set(options, "crf", String.valueOf(quality), 0);
      avutil.av_dict_set(options, "cpu-used", "8", 0);
      avutil.av_dict_set(options, "usage", "realtime", 0);
      avutil.av_dict_set(options, "lag-in-frames", "0", 0);
      int result = avcodec.avcodec_open2(context, encoder, options);
      avutil.av_dict_free(options);
      check(result, "an AV1 encoder for " + width + " x " + height);
      AVStream video = avformat.avformat_new_stream(container, null);
      stream = video;
      avcodec.avcodec_parameters_from_context(video.codecpar(), context);
      video.time_base(tick);
      video.avg_frame_rate(avutil.av_inv_q(tick));
      AVIOContext io = new AVIOContext(null);
      check(avformat.avio_open(io, file, avformat.AVIO_FLAG_WRITE), "a writable file");
      container.pb(io);
      check(
          avformat.avformat_write_header(container, (AVDictionary) null), "a header to be written");
      AVFrame target = avutil.av_frame_alloc();
      frame = target;
      target.width(width).height(height).format(avutil.AV_PIX_FMT_YUV420P);
      check(avutil.av_frame_get_buffer(target, 0), "memory for a frame");
      packet = avcodec.av_packet_alloc();
      rgb = new RgbBuffer(width, height);
      opened = true;
    } finally {
      if (!opened) {
        free();
      }
    }
  }

  private AVRational tick() {
    long whole = Math.round(framesPerSecond);
    if (whole == framesPerSecond) {
      return avutil.av_make_q(1, (int) whole);
    }
    return avutil.av_make_q(RATE_DENOMINATOR, (int) Math.round(framesPerSecond * RATE_DENOMINATOR));
  }

  private void check(int result, String wanted) {
    if (result < 0) {
      throw new DataException(file, null, -1, wanted, "FFmpeg error " + result);
    }
  }

  /** Seconds written so far: the time at which the next frame begins. */
  public double seconds() {
    return frames / framesPerSecond;
  }

  /** Bytes that have reached the file. */
  public long bytes() {
    AVFormatContext container = open(format);
    return avformat.avio_tell(container.pb());
  }

  /** Appends a frame of the size given at the start. */
  public void add(RgbImage picture) {
    if (picture.width() != width || picture.height() != height) {
      throw new DataException(
          file,
          null,
          frames,
          width + " x " + height + " pixels",
          picture.width() + " x " + picture.height());
    }
    AVFrame target = open(frame);
    check(avutil.av_frame_make_writable(target), "a frame to write to");
    if (!open(rgb).write(picture.toArray(), target)) {
      throw new DataException(file, null, frames, "a converter to yuv420p", "none");
    }
    target.pts(frames++);
    encode(target);
  }

  private void encode(@Nullable AVFrame picture) {
    AVCodecContext encoder = open(codec);
    AVPacket written = open(packet);
    AVStream video = open(stream);
    check(avcodec.avcodec_send_frame(encoder, picture), "a frame to be encoded");
    while (avcodec.avcodec_receive_packet(encoder, written) >= 0) {
      written.stream_index(video.index());
      if (written.duration() == 0) {
        written.duration(1);
      }
      avcodec.av_packet_rescale_ts(written, encoder.time_base(), video.time_base());
      check(avformat.av_interleaved_write_frame(open(format), written), "a packet to be written");
    }
  }

  /**
   * Ends the file.
   *
   * @throws DataException if it cannot be completed
   */
  @Override
  public void close() {
    if (format == null) {
      return;
    }
    try {
      encode(null);
      check(avformat.av_write_trailer(open(format)), "a trailer to be written");
    } finally {
      free();
    }
  }

  /** Frees everything and leaves the file unfinished, for the caller to delete. */
  public void abandon() {
    free();
  }

  private void free() {
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
    if (rgb != null) {
      rgb.close();
      rgb = null;
    }
    if (format != null) {
      AVIOContext io = format.pb();
      if (io != null && !io.isNull()) {
        avformat.avio_closep(io);
      }
      avformat.avformat_free_context(format);
      format = null;
    }
  }

  private <T> T open(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException(file + " is closed");
    }
    return part;
  }
}
