/**
 * Published detectors through ONNX Runtime: Grounding DINO finds boxes by names, SAM 2.1 makes
 * masks of them. Files are the user's own, and named by path.
 */
@NullMarked
package io.github.vla3d.perception.onnx;

import org.jspecify.annotations.NullMarked;
