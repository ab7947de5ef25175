/**
 * Replays folders of reference tensors through our code.
 *
 * <p>A folder holds safetensors files (in subfolders, too), a manifest and maybe other files. A
 * {@link io.github.vla3d.verify.Verifier} that knows this kind of folder reads inputs and hands
 * results in for comparison; the {@link io.github.vla3d.verify.Fixture} keeps the books, so that a
 * tensor or file that was neither read nor compared makes the run fail.
 */
@NullMarked
package io.github.vla3d.verify;

import org.jspecify.annotations.NullMarked;
