package io.github.vla3d.policy;

/** The groups in which the parameters of a policy are trained or frozen. */
public enum Part {
  /** Vision tower, projector and language model. */
  VLM,
  /** All that makes actions of the prefix. */
  ACTION_EXPERT
}
