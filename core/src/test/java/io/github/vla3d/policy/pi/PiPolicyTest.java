package io.github.vla3d.policy.pi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.PolicyContract;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.RealTimeChunk;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What only this family promises. */
class PiPolicyTest extends PolicyContract {
  @Override
  protected PiPolicy policy() {
    PiPolicy policy = new PiPolicy(new PiNetwork(TinyPi.config(PiFamily.PI05)));
    fill(policy, 4);
    return policy;
  }

  @Override
  protected int stateWidth() {
    return 0;
  }

  private static Prefix prefix(PiPolicy policy, Inputs in, PiPolicy.Extent extent) {
    return policy.prefix(
        policy.encodeViews(in.views(), extent), in.instruction(), in.state(), extent, Trace.NONE);
  }

  @Test
  void whatIsSavedChangesNoResult() {
    Scope.run(
        () -> {
          try (PiPolicy policy = policy()) {
            Inputs in = inputs(policy);
            Sampling sampling = Sampling.of(4);
            Tensor some =
                policy.sample(prefix(policy, in, PiPolicy.Extent.NEEDED), in.noise(), sampling);
            Tensor all =
                policy.sample(prefix(policy, in, PiPolicy.Extent.ALL), in.noise(), sampling);
            assertThat(distance(some, all)).isLessThan(2e-5);
          }
        });
  }

  @Test
  void keptConditionsFollowTheWeights() {
    Scope.run(
        () -> {
          try (PiPolicy policy = policy();
              Policy other = policy()) {
            policy.network().freeze(name -> true);
            other.network().freeze(name -> true);
            Inputs in = inputs(policy);
            Tensor first = actions(policy, in);
            assertThat(actions(policy, in).equal(first)).isTrue();
            fill(policy, 9);
            fill(other, 9);
            Tensor second = actions(policy, in);
            assertThat(second.equal(actions((PiPolicy) other, in))).isTrue();
            assertThat(second.equal(first)).isFalse();
          }
        });
  }

  private static Tensor actions(PiPolicy policy, Inputs in) {
    return policy.sample(prefix(policy, in, PiPolicy.Extent.NEEDED), in.noise(), Sampling.of(3));
  }

  @Test
  void givenActionsStay() {
    Scope.run(
        () -> {
          try (PiPolicy policy = policy()) {
            Inputs in = inputs(policy);
            Prefix prefix = prefix(policy, in, PiPolicy.Extent.NEEDED);
            Tensor previous = in.noise().narrow(1, 0, 3).narrow(2, 0, 4).mul(0.5);
            Tensor got =
                policy.sample(
                    prefix,
                    in.noise(),
                    Sampling.of(3).with(new RealTimeChunk.Trained(previous, 2)));
            Tensor given = got.narrow(1, 0, 2);
            assertThat(given.narrow(2, 0, 4).equal(previous.narrow(1, 0, 2))).isTrue();
            assertThat(given.narrow(2, 4, 3).abs().sum().item()).isZero();
            assertThatThrownBy(
                    () ->
                        policy.sample(
                            prefix,
                            in.noise(),
                            Sampling.of(3).with(new RealTimeChunk.Trained(previous, 3))))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("delay of at most 2");
          }
        });
  }

  /** pi.md 4.7 lists the weights of the ten steps. */
  @Test
  void guidanceFallsAndRises() {
    Scope.run(
        () -> {
          try (PiPolicy policy = policy()) {
            RealTimeChunk.Guided guided =
                new RealTimeChunk.Guided(
                    inputs(policy).noise(), 1, 3, 10, RealTimeChunk.Fading.LINEAR);
            double[] wanted = {10, 9.111, 4.25, 2.762, 2.167, 2.0, 2.167, 2.762, 4.25, 9.111};
            float[] times = Sampling.of(10).times();
            for (int s = 0; s < times.length; s++) {
              assertThat(guided.weight(times[s])).isBetween(wanted[s] - 1e-3, wanted[s] + 1e-3);
            }
            assertThat(guided.weights(5).toFloats()).containsExactly(1, 2 / 3f, 1 / 3f, 0, 0);
          }
        });
  }

  @Test
  void clocksDifferInTheLastBits() {
    float[] exact = Sampling.of(10).times();
    float[] accumulated = Sampling.of(10).with(Sampling.Clock.ACCUMULATED).times();
    assertThat(exact).containsExactly(1f, .9f, .8f, .7f, .6f, .5f, .4f, .3f, .2f, .1f);
    assertThat(accumulated).isNotEqualTo(exact);
    for (int s = 0; s < 10; s++) {
      assertThat(accumulated[s]).isBetween(exact[s] - 1e-6f, exact[s] + 1e-6f);
    }
  }

  @Test
  void tokensLieRowByRow() {
    try (PiPolicy policy = policy()) {
      assertThat(policy.grid().rectangle(1).left()).isEqualTo(4);
      assertThat(policy.grid().rectangle(1).top()).isZero();
      assertThat(policy.grid().rectangle(2).centreV()).isEqualTo(6);
      assertThat(policy.cameras()).isEqualTo(List.of("front", "wrist", "third"));
    }
  }
}
