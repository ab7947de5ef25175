package io.github.vla3d.verify;

/**
 * One tensor (or value) held against its reference.
 *
 * @param name file and tensor, as in {@code case_a.safetensors#t1.0.velocity}
 * @param maxAbsolute largest |got - wanted|; infinite where one of them is not a number and the
 *     other is
 * @param maxRelative largest |got - wanted| / |wanted| over the values that differ (infinite where
 *     a 0 was wanted)
 * @param tolerance what was allowed
 * @param passed verdict
 * @param note why it failed, if numbers do not say it; else empty
 */
public record Comparison(
    String name,
    double maxAbsolute,
    double maxRelative,
    String tolerance,
    boolean passed,
    String note) {}
