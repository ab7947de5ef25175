package io.github.vla3d.policy.pi;

import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.PolicyContract;

class Pi0PolicyTest extends PolicyContract {
  @Override
  protected Policy policy() {
    PiPolicy policy = new PiPolicy(new PiNetwork(TinyPi.config(PiFamily.PI0)));
    fill(policy, 3);
    return policy;
  }

  @Override
  protected int stateWidth() {
    return 4;
  }
}
