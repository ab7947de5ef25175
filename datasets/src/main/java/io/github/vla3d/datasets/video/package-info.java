/** Frames out of and into video files, through FFmpeg. */
@NullMarked
package io.github.vla3d.datasets.video;

import org.jspecify.annotations.NullMarked;
