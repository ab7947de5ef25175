package io.github.vla3d.policy.pi.probe;

import io.github.vla3d.policy.gemma.GemmaConfig;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiNetwork;
import io.github.vla3d.policy.siglip.SiglipConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The arithmetic that a part of a {@link PiRequest} cannot do without: no padding, no absent
 * camera, nothing that is the same in every request.
 *
 * @param products of rows of tokens with weights of the network
 * @param attentionFlop operations of the scores and of the sums of values
 */
record PiWork(List<Product> products, double attentionFlop) {
  /**
   * [rows, in] with the transpose of the first columns of a weight.
   *
   * @param weight [out, in or more], or the kernel of a convolution
   */
  record Product(long rows, long in, Parameter weight) {
    static Product of(long rows, Parameter weight) {
      return new Product(rows, weight.spec().numel() / weight.shape()[0], weight);
    }

    double flop() {
      return 2.0 * rows * in * weight.shape()[0];
    }

    Tensor matrix() {
      return weight.value().flatten(1, -1).narrow(1, 0, in);
    }
  }

  double productFlop() {
    return products.stream().mapToDouble(Product::flop).sum();
  }

  double flop() {
    return productFlop() + attentionFlop;
  }

  private static long visionTokens(PiConfig config) {
    return (long) PiRequest.CAMERAS * config.vision().grid().tokens();
  }

  static long prefixTokens(PiConfig config) {
    return visionTokens(config) + PiRequest.WORDS;
  }

  /** Tower and projector, of the cameras that are there. */
  static PiWork vision(PiNetwork network) {
    SiglipConfig vision = network.config().vision();
    long tokens = vision.grid().tokens();
    List<Product> products = new ArrayList<>();
    matrices(
        network,
        (name, weight) -> {
          boolean tower = name.contains("vision_tower") && !name.contains("position_embedding");
          if (tower || name.contains("multi_modal_projector")) {
            products.add(Product.of(visionTokens(network.config()), weight));
          }
        });
    return new PiWork(
        products, 4.0 * PiRequest.CAMERAS * vision.depth() * tokens * tokens * vision.width());
  }

  /** The language model up to the keys and values of its last layer. */
  static PiWork prefix(PiNetwork network) {
    return language(network, prefixTokens(network.config()), 0);
  }

  /** The same for a block of tokens behind the prefix. */
  static PiWork memory(PiNetwork network, long tokens) {
    return language(network, tokens, prefixTokens(network.config()));
  }

  private static PiWork language(PiNetwork network, long tokens, long before) {
    GemmaConfig language = network.config().language();
    String last = "layers." + (language.depth() - 1) + ".";
    List<Product> products = new ArrayList<>();
    matrices(
        network,
        (name, weight) -> {
          boolean read =
              !name.contains(last) || name.contains(".k_proj.") || name.contains(".v_proj.");
          if (name.contains("language_model.layers.") && read) {
            products.add(Product.of(tokens, weight));
          }
        });
    return new PiWork(
        products,
        4.0
            * (language.depth() - 1)
            * tokens
            * (before + tokens)
            * language.heads()
            * language.headWidth());
  }

  /** One evaluation of the velocity: what depends on time only is known beforehand. */
  static PiWork step(PiNetwork network) {
    PiConfig config = network.config();
    GemmaConfig expert = config.expert();
    long horizon = config.robot().horizon();
    boolean pi0 = config.family() == PiFamily.PI0;
    List<Product> products = new ArrayList<>();
    matrices(
        network,
        (name, weight) -> {
          boolean layer = name.contains("gemma_expert") && !name.contains(".dense.");
          if (layer || name.startsWith("action_in") || name.startsWith("action_out")) {
            products.add(Product.of(horizon, weight));
          } else if (name.startsWith("action_time_mlp_in")) {
            // Its other half is for the time.
            products.add(new Product(horizon, expert.width(), weight));
          } else if (name.startsWith("action_time_mlp_out")) {
            products.add(Product.of(horizon, weight));
          }
        });
    long keys = prefixTokens(config) + horizon + (pi0 ? 1 : 0);
    return new PiWork(
        products, 4.0 * expert.depth() * horizon * keys * expert.heads() * expert.headWidth());
  }

  private static void matrices(PiNetwork network, BiConsumer<String, Parameter> body) {
    network
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (parameter.shape().length > 1) {
                body.accept(name, parameter);
              }
            });
  }

  /** Computes the products and nothing else; seconds. */
  double time(Generator generator) {
    return Scope.call(
        scope -> {
          Map<List<Object>, Tensor> inputs = new HashMap<>();
          List<Tensor> left = new ArrayList<>();
          List<Tensor> right = new ArrayList<>();
          for (Product p : products) {
            DType dtype = p.weight.value().dtype();
            left.add(
                inputs.computeIfAbsent(
                    List.of(p.rows, p.in, dtype),
                    key -> generator.randn(DType.F32, p.rows, p.in).to(dtype)));
            right.add(p.matrix());
          }
          long began = System.nanoTime();
          for (int i = 0; i < products.size(); i++) {
            Tensor x = left.get(i);
            Tensor weight = right.get(i);
            Scope.run(() -> Functional.linear(x, weight, null));
          }
          return (System.nanoTime() - began) / 1e9;
        });
  }
}
