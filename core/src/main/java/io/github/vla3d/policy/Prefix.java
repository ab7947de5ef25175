package io.github.vla3d.policy;

/**
 * What a family has computed of views, prompt and state before it acts. Its tensors belong to the
 * scope in which it was made; only the policy that made it can read it.
 */
public interface Prefix {
  /** Samples. */
  long batch();
}
