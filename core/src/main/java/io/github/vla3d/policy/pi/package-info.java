/**
 * pi0 (arXiv 2410.24164) and pi0.5 (arXiv 2504.16054): PaliGemma and an action expert that reads
 * its keys and values, trained by flow matching.
 */
@NullMarked
package io.github.vla3d.policy.pi;

import org.jspecify.annotations.NullMarked;
