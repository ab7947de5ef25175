/**
 * Layers with named parameters. A layer is a final class that registers its parameters and children
 * under the names that they have in checkpoints; the dotted path from the root is the name of a
 * tensor in a file.
 *
 * <p>Layers compute in the element type of their input and cast their parameters to it: fp32
 * parameters under a bf16 input are fp32 masters with bf16 arithmetic, and their gradients are
 * fp32.
 */
@NullMarked
package io.github.vla3d.torch.nn;

import org.jspecify.annotations.NullMarked;
