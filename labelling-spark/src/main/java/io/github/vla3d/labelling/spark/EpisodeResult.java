package io.github.vla3d.labelling.spark;

import java.io.Serializable;

/**
 * How it went with an episode.
 *
 * @param episode number within the data set
 * @param unreadable why it could not be read; empty if it could
 */
record EpisodeResult(int episode, String unreadable) implements Serializable {}
