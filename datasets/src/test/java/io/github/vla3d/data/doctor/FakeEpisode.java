package io.github.vla3d.data.doctor;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.Provenance;
import io.github.vla3d.data.Track;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** An episode whose observations are computed. */
record FakeEpisode(String name, List<String> viewNames, int frames, IntFunction<Observation> source)
    implements Episode {
  /** Another episode with changed observations. */
  static FakeEpisode of(Episode episode, IntFunction<Observation> source) {
    return new FakeEpisode(episode.name(), episode.viewNames(), episode.frames(), source);
  }

  @Override
  public Observation observation(int frame) {
    return source.apply(frame);
  }

  @Override
  public String task() {
    return "";
  }

  @Override
  public double framesPerSecond() {
    return 20;
  }

  @Override
  public Track states() {
    return Track.empty(frames);
  }

  @Override
  public Track actions() {
    return Track.empty(frames);
  }

  @Override
  public Provenance provenance() {
    return new Provenance("computed", name, Map.of());
  }
}
