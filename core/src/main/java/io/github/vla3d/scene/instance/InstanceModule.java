package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The object-centric 3D instance module: state probes look into all views through their 3D
 * reference points, layer by layer, and say what objects there are.
 *
 * <p>Its parts bear names of their own in a checkpoint, so they are children of the scene module:
 * {@link #parts}.
 */
public final class InstanceModule {
  private final SceneConfig config;
  private final Pyramid pyramid;
  private final MaskMap maskMap;
  private final Probes probes;
  private final Decoder decoder;
  private final Heads heads;

  public InstanceModule(SceneConfig config, Body body) {
    SceneConfig.Sizes sizes = config.sizes();
    this.config = config;
    this.pyramid = new Pyramid(sizes.width(), body);
    this.maskMap = new MaskMap(sizes.width(), sizes.maskWidth(), body);
    this.probes = new Probes(config);
    this.decoder = new Decoder(config, body);
    this.heads = new Heads(sizes, body);
  }

  private static final class Decoder extends Module {
    private final List<DecoderLayer> layers;

    Decoder(SceneConfig config, Body body) {
      this.layers =
          register(
              "layers",
              IntStream.range(0, config.sizes().decoderLayers())
                  .mapToObj(i -> new DecoderLayer(config, body))
                  .toList());
    }
  }

  /** A module and the name that it has in a checkpoint. */
  public record Part(String name, Module module) {}

  /** In the order of checkpoints. */
  public List<Part> parts() {
    return List.of(
        new Part("pyramid", pyramid),
        new Part("mask_map", maskMap),
        new Part("probes", probes),
        new Part("decoder", decoder),
        new Part("heads", heads));
  }

  /**
   * @param trace sees the pyramid, mask_map, and per layer under layerN. what {@link DecoderLayer}
   *     and the heads show
   */
  public Instances apply(Memory memory, SceneInput input, Trace trace) {
    return Scope.call(
        scope -> {
          Placement placement = memory.placement();
          long b = input.batch();
          long v = input.views();
          long h = input.rows();
          long w = input.columns();
          Tensor views = memory.features().view(b * v, h, w, -1).permute(0, 3, 1, 2).contiguous();
          Pyramid.Maps maps = pyramid.apply(views, placement.key().view(b * v, h, w), trace);
          Tensor map = maskMap.apply(views);
          trace.see("mask_map", map);
          DecoderLayer.Context context = new DecoderLayer.Context(memory, maps, probes, heads);
          DecoderLayer.State state =
              new DecoderLayer.State(
                  probes.content(b).to(placement.points().dtype()),
                  probes.points(b, placement.points()));
          List<LayerPrediction> predictions = new ArrayList<>();
          for (int l = 0; l < decoder.layers.size(); l++) {
            Trace inLayer = trace.under("layer" + l + ".");
            state = decoder.layers.get(l).apply(state, context, inLayer);
            predictions.add(predict(state, placement, inLayer));
            if (l < decoder.layers.size() - 1) {
              // Look forward once: what a layer says trains it, what the next reads does not.
              state = new DecoderLayer.State(state.content(), state.points().detach());
            }
          }
          predictions.forEach(p -> p.kept(scope));
          return new Instances(
              scope.keep(state.content()), List.copyOf(predictions), scope.keep(map));
        });
  }

  private LayerPrediction predict(DecoderLayer.State state, Placement placement, Trace trace) {
    Projection projection = Projection.of(state.points(), placement, config.views().eps());
    LayerPrediction prediction = heads.apply(state.content(), state.points(), projection);
    trace.see("head_u", projection.u());
    trace.see("head_valid", projection.valid());
    trace.see("logits", prediction.logits());
    trace.see("boxes", prediction.boxes());
    return prediction;
  }
}
