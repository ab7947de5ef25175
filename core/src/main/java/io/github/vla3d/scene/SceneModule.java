package io.github.vla3d.scene;

import io.github.vla3d.scene.aggregation.Routing;
import io.github.vla3d.scene.aggregation.SceneTokens;
import io.github.vla3d.scene.aggregation.Selection;
import io.github.vla3d.scene.aggregation.TokenMaker;
import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.scene.completion.CompletionHead;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenParts;
import io.github.vla3d.scene.completion.HiddenTokens;
import io.github.vla3d.scene.completion.Predictor;
import io.github.vla3d.scene.completion.SelfSupervisedLoss;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.fusion.Fusion;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.InstanceModule;
import io.github.vla3d.scene.instance.Instances;
import io.github.vla3d.scene.instance.Matching;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The method of 3DVLA (arXiv 2605.29416): spatial fusion, instances, completion, aggregation. It
 * has those parts that its configuration uses; their names are those of a checkpoint.
 *
 * <p>B samples, V views, N tokens of all views, Q probes, D channels, S instance slots, n
 * completion slots, T channels of the policy. Tensors that methods return belong to the scope of
 * the caller.
 */
public final class SceneModule extends Module {
  private final SceneConfig config;
  private final Ports ports;
  private final Body body;
  private final Fusion fusion;
  private final InstanceModule instances;
  private final @Nullable CompletionHead completionHead;
  private final @Nullable Predictor predictor;
  private final TokenMaker tokens;
  private final @Nullable Routing routing;
  private final @Nullable Parameter gates;

  /** Without gates. */
  public SceneModule(SceneConfig config, Ports ports, Body body) {
    this(config, ports, body, 0);
  }

  /**
   * @param body type in which linear maps, convolutions and attention are computed
   * @param gatedLayers layers of a policy that read the tokens through gates, which are parameters
   *     here so that they are trained and kept with the rest; 0 for none
   */
  public SceneModule(SceneConfig config, Ports ports, Body body, int gatedLayers) {
    this.config = config;
    this.ports = ports;
    this.body = body;
    this.fusion = register("fusion", new Fusion(config, ports.tokenWidth(), body));
    this.instances = new InstanceModule(config, body);
    instances.parts().forEach(part -> register(part.name(), part.module()));
    SceneConfig.Variant variant = config.variant();
    this.completionHead =
        variant.completes() && config.completion().source() == SceneConfig.Source.HEAD
            ? register("completion_head", new CompletionHead(config))
            : null;
    this.predictor =
        variant.completes() ? register("predictor", new Predictor(config, body)) : null;
    this.tokens = register("tokens", new TokenMaker(config, ports.outputWidth(), ports.arms()));
    this.routing = variant.routes() ? register("routing", new Routing(config)) : null;
    this.gates =
        gatedLayers > 0 ? parameter("injection.gates", Initialiser.constant(0), gatedLayers) : null;
  }

  public SceneConfig config() {
    return config;
  }

  public Ports ports() {
    return ports;
  }

  /** Type in which linear maps, convolutions and attention are computed. */
  public Body body() {
    return body;
  }

  /**
   * Stores the weights of bodies in the type of the bodies: half the memory, nothing converted in
   * each walk, and the same results. For inference; an optimiser wants weights in fp32.
   */
  public void storeBodies() {
    body.stored().ifPresent(dtype -> to(dtype, Body::holds));
  }

  /** Gates through which a policy's layers read the tokens, [layers]; null where it has none. */
  public @Nullable Parameter gates() {
    return gates;
  }

  /** Null in variant A. */
  public @Nullable Predictor predictor() {
    return predictor;
  }

  /** Null unless completion points come from it. */
  public @Nullable CompletionHead completionHead() {
    return completionHead;
  }

  /**
   * Where features are completed at inference, as the configuration chooses; null in variant A. The
   * source pointattn takes the completer that is given, too.
   *
   * @param completer of clouds, for all sources but the head
   */
  public @Nullable CompletionSource completionSource(CloudCompleter completer) {
    if (predictor == null) {
      return null;
    }
    return completionHead == null
        ? new MaskCompletion(config, completer)
        : new HeadCompletion(config, completionHead);
  }

  /**
   * The walk through the method.
   *
   * @param trace sees every stage under the names of scene_tensors.md: token., fusion., memory,
   *     pyramid., mask_map, layerL., select., instance., completion., routing., offset.instance,
   *     tokens
   * @throws SceneException if the input is not of the sizes that this module was made for, or a
   *     camera of a view that is there, or the end-effector of a sample that has one, is not finite
   */
  public Perception perceive(SceneInput input, Guidance guidance, Trace trace) {
    check(input);
    Placement placement = Placement.of(input, config, trace);
    Fusion.Embedded embedded = fusion.embed(input.tokens().flatten(1, 3), placement, trace);
    Memory memory = fusion.apply(embedded, trace);
    trace.see("memory", memory.features());
    Instances seen = instances.apply(memory, input, trace);
    Matching.Match match =
        guidance.targets() == null
            ? null
            : Matching.match(seen.last(), guidance.targets(), input.present(), config);
    Selection selection = Selection.of(seen, match, config.selection());
    trace.see("select.index", selection.index());
    trace.see("select.valid", selection.valid());
    CompletionSource source = predictor == null ? null : guidance.completion();
    CompletionQueries queries =
        source == null ? null : Autograd.noGrad(() -> source.queries(memory, seen, selection));
    SceneTokens handed = aggregate(input, memory, seen, selection, queries, guidance, trace);
    return new Perception(embedded, memory, seen, match, selection, queries, handed);
  }

  /**
   * Tokens with their places, as the fusion reads them: what {@link #perceive} begins with, here of
   * other tokens.
   *
   * @param tokens floating [B, V, h, w, C]
   * @param placement of a perception of the same views
   */
  public Fusion.Embedded embed(Tensor tokens, Placement placement) {
    return fusion.embed(tokens.flatten(1, 3), placement, Trace.NONE);
  }

  private void check(SceneInput input) {
    Scope.run(
        () -> {
          Tensor present = input.present();
          finite("intrinsics", input.intrinsics(), present);
          finite("cameraFromWorld", input.cameraFromWorld(), present);
          finite("end-effector", input.endEffector(), present.any(true, 1));
        });
    if (input.tokens().size(4) != ports.tokenWidth()) {
      throw new SceneException(
          "view tokens: wanted %d channels, got %s".formatted(ports.tokenWidth(), input.tokens()));
    }
    if (input.endEffector().size(1) != ports.arms()) {
      throw new SceneException(
          "end-effector: wanted %d arms, got %s".formatted(ports.arms(), input.endEffector()));
    }
    long[] ids = input.viewIds().toLongs();
    for (long id : ids) {
      if (id < 0 || id >= config.views().max()) {
        throw new SceneException(
            "view ids: wanted below %d (views.max), got %d".formatted(config.views().max(), id));
      }
    }
  }

  /**
   * Refuses numbers that would spread over all tokens of a sample.
   *
   * @param value [B, n, ..]
   * @param read BOOL [B, n] or [B, 1]: what of it is read at all
   */
  private static void finite(String name, Tensor value, Tensor read) {
    Tensor bad = value.isFinite().flatten(2, -1).all(false, -1).not().and(read);
    if (bad.any().itemBoolean()) {
      long[] first = bad.nonzero().select(0, 0).toLongs();
      throw new SceneException(
          "%s: wanted finite numbers, got %s in place %d of sample %d"
              .formatted(
                  name,
                  Arrays.toString(value.select(0, first[0]).select(0, first[1]).toFloats()),
                  first[1],
                  first[0]));
    }
  }

  // ---------------------------------------- completion and aggregation

  private SceneTokens aggregate(
      SceneInput input,
      Memory memory,
      Instances seen,
      Selection selection,
      @Nullable CompletionQueries queries,
      Guidance guidance,
      Trace trace) {
    return Scope.call(
        scope -> {
          Routing.Placed objects =
              new Routing.Placed(
                  selection.gather(seen.content()),
                  selection.gather(seen.points()),
                  selection.valid());
          Tensor logits = selection.gather(seen.logits());
          trace.see("instance.points", objects.points());
          trace.see("instance.logits", logits);
          TokenMaker.Standpoint from =
              new TokenMaker.Standpoint(
                  input.endEffector(), Placement.centre(config, objects.points().dtype(), input));
          Routing.Placed completed =
              queries == null ? null : complete(input, memory, queries, trace);
          if (routing != null && completed != null) {
            objects =
                new Routing.Placed(
                    routing.apply(objects, logits, completed, trace.under("routing.")),
                    objects.points(),
                    objects.valid());
          }
          trace.see("offset.instance", tokens.offset(objects.points(), from));
          Tensor instanceTokens =
              tokens.apply(
                  TokenMaker.Kind.INSTANCE, objects, from, guidance.noise(), guidance.share());
          boolean kept = routing == null || config.aggregation().keepCompletionTokens();
          Tensor hidden;
          Tensor hiddenValid;
          if (kept && completed != null) {
            hidden =
                tokens.apply(
                    TokenMaker.Kind.COMPLETION,
                    completed,
                    from,
                    guidance.noise(),
                    guidance.share());
            hiddenValid = completed.valid();
          } else {
            long b = input.batch();
            long n = config.completion().slots();
            Device device = instanceTokens.device();
            hidden = Tensors.zeros(instanceTokens.dtype(), device, b, n, instanceTokens.size(2));
            hiddenValid = Tensors.zeros(DType.BOOL, device, b, n);
          }
          Tensor all = Tensors.cat(1, instanceTokens, hidden);
          Tensor valid = Tensors.cat(1, selection.valid(), hiddenValid);
          trace.see("tokens", all);
          trace.see("tokens.mask", valid);
          return new SceneTokens(scope.keep(all), scope.keep(valid));
        });
  }

  /** Pass (b) of Eq. (7) to (10): features at hidden points from all that is visible. */
  private Routing.Placed complete(
      SceneInput input, Memory memory, CompletionQueries queries, Trace trace) {
    if (predictor == null) {
      throw new IllegalStateException("variant A completes nothing");
    }
    Placement placement = memory.placement();
    Tensor centre = Placement.centre(config, placement.points().dtype(), input);
    Tensor features =
        predictor.apply(
            memory.features(),
            new Predictor.Places(placement.relative(), tokenViewIds(input), placement.key()),
            new Predictor.Places(queries.points().sub(centre), queries.viewIds(), queries.valid()),
            trace.under("completion."));
    trace.see("completion.features", features);
    return new Routing.Placed(features, queries.points(), queries.valid());
  }

  /** The number of the view of every token: I64 [B, N]. */
  private static Tensor tokenViewIds(SceneInput input) {
    return input
        .viewIds()
        .unsqueeze(-1)
        .expand(input.batch(), input.views(), input.rows() * input.columns())
        .reshape(input.batch(), input.count());
  }

  // ---------------------------------------- self-supervision

  /**
   * The losses of Eq. (11) to (13): pass (a), in which the predictor sees the visible tokens and is
   * asked for the hidden ones.
   *
   * @param perception of the same input with nothing hidden: its memory makes the targets
   * @param visible tokens of the context with their places: those of the perception, or of pictures
   *     with hidden pixels
   * @param hidden tokens that the context lacks
   * @param teacher the moving average of the predictor where {@code ssl.teacher} is branch; not
   *     read otherwise
   * @param trace sees ssl.
   */
  public SelfSupervisedLoss selfSupervise(
      SceneInput input,
      Perception perception,
      Fusion.Embedded visible,
      HiddenTokens hidden,
      @Nullable Predictor teacher,
      Trace trace) {
    return selfSupervise(input, perception, visible, hidden, teacher, trace, BatchShare.ALL);
  }

  /**
   * The same of a batch that several processes share, as in {@link SelfSupervisedLoss#of(Tensor,
   * Tensor, SceneConfig.Ssl, BatchShare)}.
   */
  public SelfSupervisedLoss selfSupervise(
      SceneInput input,
      Perception perception,
      Fusion.Embedded visible,
      HiddenTokens hidden,
      @Nullable Predictor teacher,
      Trace trace,
      BatchShare share) {
    if (predictor == null) {
      throw new IllegalStateException("variant A has no self-supervision");
    }
    Predictor student = predictor;
    return Scope.call(
        scope -> {
          Placement placement = perception.memory().placement();
          Trace inside = trace.under("ssl.");
          Tensor ids = tokenViewIds(input);
          Tensor keys = placement.key().and(hidden.masked().not());
          Memory context = fusion.encode(visible, keys, Trace.NONE);
          inside.see("memory_visible", context.features());
          Predictor.Places asked =
              new Predictor.Places(
                  hidden.gather(placement.relative()),
                  ids.gather(1, hidden.index()),
                  hidden.valid());
          inside.see("index", hidden.index());
          inside.see("valid", hidden.valid());
          Tensor y =
              student.apply(
                  context.features(),
                  new Predictor.Places(placement.relative(), ids, keys),
                  asked,
                  inside);
          Tensor target =
              Autograd.noGrad(
                  () -> targets(perception.memory(), hidden, ids, asked, teacher, inside));
          SelfSupervisedLoss loss =
              SelfSupervisedLoss.of(hidden.rows(y), hidden.rows(target), config.ssl(), share);
          scope.keep(loss.recon());
          scope.keep(loss.cos());
          scope.keep(loss.var());
          scope.keep(loss.total());
          scope.keep(loss.targetSpread());
          scope.keep(loss.targetVar());
          return loss;
        });
  }

  /**
   * The losses of the head that says itself where instances are hidden, an extension. The gradient
   * ends at the head.
   *
   * @param perception while training, so that probes have objects
   * @param parts what is hidden of the objects
   * @throws IllegalStateException without such a head, or at inference
   */
  public CompletionHead.Loss completionHeadLoss(Perception perception, HiddenParts parts) {
    return completionHeadLoss(perception, parts, BatchShare.ALL);
  }

  /** The same of a batch that several processes share. */
  public CompletionHead.Loss completionHeadLoss(
      Perception perception, HiddenParts parts, BatchShare share) {
    CompletionHead head = completionHead;
    Matching.Match match = perception.match();
    if (head == null || match == null) {
      throw new IllegalStateException("no head of completion points, or no labels");
    }
    return Scope.call(
        scope -> {
          Selection selection = perception.selection();
          Device device = selection.index().device();
          Tensor objects =
              match
                  .toTensor()
                  .to(device)
                  .gather(1, selection.index())
                  .maskedFill(selection.valid().not(), -1);
          Instances seen = perception.instances();
          CompletionHead.Said said =
              head.apply(
                  selection.gather(seen.content()).detach(), selection.gather(seen.points()));
          CompletionHead.Loss loss = CompletionHead.loss(said, parts.at(objects), share);
          scope.keep(loss.points());
          scope.keep(loss.share());
          scope.keep(loss.total());
          return loss;
        });
  }

  /** y* [B, n, D] at the hidden tokens, outside the graph. */
  private Tensor targets(
      Memory memory,
      HiddenTokens hidden,
      Tensor ids,
      Predictor.Places asked,
      @Nullable Predictor teacher,
      Trace trace) {
    Placement placement = memory.placement();
    Tensor features;
    if (config.ssl().teacher() == SceneConfig.Teacher.FUSION) {
      features = hidden.gather(memory.features().detach());
    } else if (teacher != null) {
      features =
          teacher.apply(
              memory.features().detach(),
              new Predictor.Places(placement.relative(), ids, placement.key()),
              asked,
              Trace.NONE);
    } else {
      throw new IllegalStateException("ssl.teacher is branch: no moving average was given");
    }
    Tensor target = SelfSupervisedLoss.normalised(features);
    trace.see("target", target);
    return target;
  }
}
