package io.github.vla3d.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every family promises; each extends it with a small model of its own. */
public abstract class PolicyContract {
  private static final double CLOSE = 2e-5;

  /** A fresh small policy with weights from a seed: two cameras or more, everything trainable. */
  protected abstract Policy policy();

  /** Width of the state that {@link #inputs} makes; 0 for none. */
  protected abstract int stateWidth();

  /** Prompts of up to 6 ids. */
  private Instruction prompts(int... lengths) {
    long[] ids = new long[lengths.length * 6];
    boolean[] valid = new boolean[ids.length];
    for (int b = 0; b < lengths.length; b++) {
      for (int i = 0; i < lengths[b]; i++) {
        ids[b * 6 + i] = 1 + (b * 7 + i * 5) % 20;
        valid[b * 6 + i] = true;
      }
    }
    return new Instruction(
        Tensors.of(ids, lengths.length, 6), Tensors.of(valid, lengths.length, 6));
  }

  /** What a policy is asked with. */
  protected record Inputs(
      List<View> views, Instruction instruction, @Nullable Tensor state, Tensor noise) {
    Inputs only(int sample) {
      return new Inputs(
          views.stream()
              .map(
                  v ->
                      new View(
                          v.camera(),
                          v.pixels().narrow(0, sample, 1),
                          v.present().narrow(0, sample, 1)))
              .toList(),
          new Instruction(
              instruction.ids().narrow(0, sample, 1), instruction.valid().narrow(0, sample, 1)),
          state == null ? null : state.narrow(0, sample, 1),
          noise.narrow(0, sample, 1));
    }

    Inputs with(List<View> others) {
      return new Inputs(others, instruction, state, noise);
    }
  }

  /** Two samples; the second lacks the second camera and has the shorter prompt. */
  protected final Inputs inputs(Policy policy) {
    try (Generator random = new Generator(11)) {
      int height = policy.grid().rows() * policy.grid().patchHeight();
      int width = policy.grid().columns() * policy.grid().patchWidth();
      List<View> views = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        views.add(
            new View(
                policy.cameras().get(i),
                random.rand(DType.F32, 2, 3, height, width).mul(2).sub(1),
                Tensors.of(new boolean[] {true, i == 0}, 2)));
      }
      return new Inputs(
          views,
          prompts(5, 3),
          stateWidth() == 0 ? null : random.randn(DType.F32, 2, stateWidth()),
          random.randn(DType.F32, 2, policy.horizon(), policy.actionWidth()));
    }
  }

  private static Prefix prefix(Policy policy, Inputs in) {
    return policy.prefix(policy.encodeViews(in.views()), in.instruction(), in.state());
  }

  private static Tensor actions(Policy policy, Inputs in) {
    return policy.sample(prefix(policy, in), in.noise(), Sampling.of(3));
  }

  private static MemoryBlock memory(Policy policy, boolean valid) {
    try (Generator random = new Generator(5)) {
      return new MemoryBlock(
          random.randn(DType.F32, 2, 4, policy.tokenWidth()),
          Tensors.full(valid ? 1 : 0, DType.BOOL, Device.CPU, 2, 4));
    }
  }

  protected static double distance(Tensor a, Tensor b) {
    return a.sub(b).abs().amax(false).item();
  }

  @Test
  void sameInputsGiveTheSameBits() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Inputs in = inputs(policy);
            assertThat(actions(policy, in).equal(actions(policy, in))).isTrue();
          }
        });
  }

  @Test
  void aBatchIsItsSamples() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Inputs in = inputs(policy);
            Tensor both = actions(policy, in);
            for (int b = 0; b < 2; b++) {
              Tensor one = actions(policy, in.only(b));
              assertThat(distance(both.narrow(0, b, 1), one)).isLessThan(CLOSE);
            }
          }
        });
  }

  @Test
  void anAbsentCameraIsNotLookedAt() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Inputs in = inputs(policy).only(1);
            Tensor wanted = actions(policy, in);
            View absent = in.views().get(1);
            View other =
                new View(absent.camera(), absent.pixels().neg().add(0.5), absent.present());
            assertThat(actions(policy, in.with(List.of(in.views().get(0), other))).equal(wanted))
                .isTrue();
            assertThat(actions(policy, in.with(List.of(in.views().get(0)))).equal(wanted)).isTrue();
          }
        });
  }

  @Test
  void withoutMemoryNothingChanges() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Inputs in = inputs(policy);
            Tensor before = actions(policy, in);
            Prefix prefix = prefix(policy, in);
            Prefix remembering = policy.remember(prefix, memory(policy, true));
            Tensor with = policy.sample(remembering, in.noise(), Sampling.of(3));
            Tensor after = policy.sample(prefix, in.noise(), Sampling.of(3));
            assertThat(after.equal(before)).isTrue();
            assertThat(distance(with, before)).isGreaterThan(1e-3);
          }
        });
  }

  @Test
  void maskedMemoryIsNoMemory() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Inputs in = inputs(policy);
            Prefix prefix = prefix(policy, in);
            Prefix remembering = policy.remember(prefix, memory(policy, false));
            Tensor with = policy.sample(remembering, in.noise(), Sampling.of(3));
            Tensor without = policy.sample(prefix, in.noise(), Sampling.of(3));
            assertThat(distance(with, without)).isLessThan(CLOSE);
          }
        });
  }

  @Test
  void aPrefixWithMemoryIsAPrefixThatRemembers() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Inputs in = inputs(policy);
            for (MemoryBlock memory : blocks(policy)) {
              Tensor apart =
                  policy.sample(
                      policy.remember(prefix(policy, in), memory), in.noise(), Sampling.of(3));
              Prefix together =
                  policy.prefix(
                      policy.encodeViews(in.views()), in.instruction(), in.state(), memory);
              Tensor actions = policy.sample(together, in.noise(), Sampling.of(3));
              assertThat(distance(actions, apart)).isLessThan(CLOSE);
              assertThat(distance(actions, actions(policy, in))).isGreaterThan(1e-4);
              assertThat(
                      distance(
                          loss(policy, policy.repeat(together, 1), in),
                          loss(policy, policy.remember(prefix(policy, in), memory), in)))
                  .isLessThan(CLOSE);
            }
          }
        });
  }

  /** Whole, with a token that is not there in one sample, and read through gates. */
  private List<MemoryBlock> blocks(Policy policy) {
    MemoryBlock whole = memory(policy, true);
    boolean[] there = whole.valid().toBooleans();
    there[1] = false;
    Tensor some = Tensors.of(there, whole.valid().size(0), whole.valid().size(1));
    List<MemoryBlock> blocks = new ArrayList<>();
    blocks.add(whole);
    blocks.add(new MemoryBlock(whole.tokens(), some));
    if (policy.gatedLayers() > 0) {
      Tensor gates = Tensors.ones(DType.F32, Device.CPU, policy.gatedLayers()).mul(0.5);
      blocks.add(new MemoryBlock(whole.tokens(), some, MemoryBlock.Place.BEHIND, gates));
    }
    return blocks;
  }

  @Test
  void theGroupsAreTheParameters() {
    try (Policy policy = policy()) {
      Set<String> all = new HashSet<>(policy.parameters(Part.VLM).keySet());
      assertThat(all).isNotEmpty();
      assertThat(policy.parameters(Part.ACTION_EXPERT))
          .isNotEmpty()
          .doesNotContainKeys(all.toArray(String[]::new));
      all.addAll(policy.parameters(Part.ACTION_EXPERT).keySet());
      assertThat(all).isEqualTo(policy.network().parameters().keySet());
    }
  }

  @Test
  void aFrozenModelPassesGradientsToExpertAndMemoryOnly() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Set<String> frozen = policy.parameters(Part.VLM).keySet();
            policy.network().freeze(frozen::contains);
            Inputs in = inputs(policy);
            MemoryBlock memory = memory(policy, true);
            Tensor tokens = memory.tokens().requiresGrad_(true);
            loss(policy, policy.remember(prefix(policy, in), memory), in).mean().backward();
            assertThat(norm(tokens.grad())).isGreaterThan(0);
            policy.parameters(Part.VLM).values().forEach(p -> assertThat(p.grad()).isNull());
            policy
                .parameters(Part.ACTION_EXPERT)
                .forEach((name, p) -> assertThat(norm(p.grad())).as(name).isGreaterThan(0));
          }
        });
  }

  @Test
  void gradientsReachThePictures() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Inputs in = inputs(policy);
            loss(policy, prefix(policy, in), in).mean().backward();
            Map<String, Parameter> vlm = policy.parameters(Part.VLM);
            assertThat(vlm.values().stream().filter(p -> norm(p.grad()) > 0).count())
                .isGreaterThan(vlm.size() / 2);
          }
        });
  }

  private static double norm(@Nullable Tensor gradient) {
    return gradient == null ? 0 : gradient.norm().item();
  }

  private static Tensor loss(Policy policy, Prefix prefix, Inputs in) {
    Tensor time = Tensors.of(new float[] {0.3f, 0.9f}, 2);
    Tensor loss = policy.loss(prefix, in.noise().mul(0.1).add(0.2), in.noise(), time);
    assertThat(loss.shape()).containsExactly(2, policy.horizon(), policy.actionWidth());
    return loss;
  }

  @Test
  void badInputIsRefusedBeforeAnyCompute() {
    Scope.run(
        () -> {
          try (Policy policy = policy()) {
            Inputs in = inputs(policy);
            View view = in.views().get(0);
            assertRefused(() -> policy.encodeViews(List.of()), "got none");
            assertRefused(() -> policy.encodeViews(List.of(view, view)), view.camera());
            assertRefused(
                () ->
                    policy.encodeViews(List.of(new View("nowhere", view.pixels(), view.present()))),
                "nowhere");
            assertRefused(
                () ->
                    policy.encodeViews(
                        List.of(
                            new View(
                                view.camera(),
                                view.pixels().narrow(2, 1, view.pixels().size(2) - 1),
                                view.present()))),
                "wanted pictures");
            ViewTokens tokens = policy.encodeViews(in.views());
            if (in.state() != null) {
              Tensor state = in.state();
              assertRefused(
                  () -> policy.prefix(tokens, in.instruction(), state.mul(Double.NaN)), "finite");
              assertRefused(
                  () -> policy.prefix(tokens, in.instruction(), state.repeat(1, 50)), "state");
              assertRefused(
                  () -> policy.prefix(tokens, in.instruction(), state.narrow(1, 0, 1)), "state");
              assertRefused(() -> policy.prefix(tokens, in.instruction(), null), "state");
            }
            Prefix prefix = policy.prefix(tokens, in.instruction(), in.state());
            assertRefused(
                () -> policy.sample(prefix, in.noise().narrow(1, 0, 1), Sampling.of(1)), "noise");
            assertRefused(() -> policy.sample(() -> 2, in.noise(), Sampling.of(1)), "prefix");
          }
        });
  }

  private static void assertRefused(Runnable body, String part) {
    assertThatThrownBy(body::run).isInstanceOf(PolicyException.class).hasMessageContaining(part);
  }

  /** Weights that are nowhere 0, so that every path carries something. */
  protected static void fill(Policy policy, long seed) {
    try (Generator random = new Generator(seed)) {
      policy.network().initialise(random);
      Scope.run(
          () ->
              Autograd.noGrad(
                  () -> {
                    policy
                        .network()
                        .parameters()
                        .values()
                        .forEach(p -> p.value().add_(random.randn(DType.F32, p.shape()).mul(0.1)));
                    return true;
                  }));
    }
  }
}
