package io.github.vla3d.training;

/** Notes how far the frames are, now and then. */
final class Told implements FrameCache.Watch {
  private static final long PAUSE = 20_000_000_000L;
  private final TrainingListener listener;
  private long said = System.nanoTime();

  Told(TrainingListener listener) {
    this.listener = listener;
  }

  @Override
  public synchronized void frames(long done, long all) {
    long now = System.nanoTime();
    if (now - said > PAUSE || done == all) {
      said = now;
      listener.note("frames: %d of %d".formatted(done, all));
    }
  }
}
