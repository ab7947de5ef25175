/**
 * Files of tensors: safetensors, NumPy's npy and npz, and what {@code torch.save} writes.
 *
 * <p>A file opens exactly or not at all: readers check every number of a header against the file
 * before they use it, allocate no more than the file's own length warrants, and throw {@link
 * io.github.vla3d.torch.TorchException} with the file, the place, what was wanted and what was got.
 */
@NullMarked
package io.github.vla3d.torch.io;

import org.jspecify.annotations.NullMarked;
