package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * L_inst, Eq. (6): lam_cls L_cls + lam_box L_L1 + lam_giou L_giou + lam_mask L_ce + lam_dice L_dice
 * + lam_3D L_3D on every decoder layer, with the assignment of the last.
 *
 * @param layers the raw losses of each layer
 * @param total []: weighted, summed over layers
 */
public record InstanceLoss(List<Layer> layers, Tensor total) {
  /**
   * The raw losses of a layer, each []. Divisors are the probes with an object (cls, centroid) and
   * the views that show them (the others), of all processes together.
   */
  public record Layer(
      Tensor cls, Tensor box, Tensor giou, Tensor mask, Tensor dice, Tensor centroid) {
    Tensor weighted(SceneConfig.Loss loss) {
      return cls.mul(loss.cls())
          .add(box.mul(loss.box()))
          .add(giou.mul(loss.giou()))
          .add(mask.mul(loss.mask()))
          .add(dice.mul(loss.dice()))
          .add(centroid.mul(loss.centroid()));
    }

    /** By the names of the configuration's weights. */
    public Map<String, Tensor> byName() {
      Map<String, Tensor> all = new LinkedHashMap<>();
      all.put("cls", cls);
      all.put("box", box);
      all.put("giou", giou);
      all.put("mask", mask);
      all.put("dice", dice);
      all.put("centroid", centroid);
      return all;
    }

    private Layer kept(Scope scope) {
      byName().values().forEach(scope::keep);
      return this;
    }
  }

  /**
   * @param match which probe answers for which object
   * @param present BOOL [B, V]
   */
  public static InstanceLoss of(
      Instances instances,
      Targets targets,
      Matching.Match match,
      Tensor present,
      SceneConfig config) {
    return of(instances, targets, match, present, config, BatchShare.ALL);
  }

  /**
   * The same of a batch that several processes share: values are those of the batch, gradients are
   * those of the own rows, which may be without objects.
   *
   * @param match which probe answers for which object
   * @param present BOOL [B, V]
   */
  public static InstanceLoss of(
      Instances instances,
      Targets targets,
      Matching.Match match,
      Tensor present,
      SceneConfig config,
      BatchShare share) {
    return Scope.call(
        scope -> {
          Matching.Pairs pairs = Matching.Pairs.of(match);
          Matching.Pairs inViews = pairs.inViews(targets, present);
          Divisors divisors =
              new Divisors(share, share.sum(pairs.size()), share.sum(inViews.size()));
          Tensor masks =
              divisors.views == 0
                  ? null
                  : maskTargets(
                      targets
                          .masks()
                          .index(inViews.column(0), inViews.column(2), inViews.column(3)),
                      instances.maskMap());
          List<Layer> layers = new ArrayList<>();
          Tensor total = null;
          for (LayerPrediction prediction : instances.layers()) {
            Layer layer =
                masks == null
                    ? nothing(prediction, share)
                    : layer(
                        prediction, targets, pairs, inViews, masks, instances.maskMap(), divisors);
            layers.add(layer.kept(scope));
            Tensor weighted = layer.weighted(config.loss());
            total = total == null ? weighted : total.add(weighted);
          }
          return new InstanceLoss(List.copyOf(layers), scope.keep(Objects.requireNonNull(total)));
        });
  }

  /**
   * Masks at the cells of the mask map: their value at the middle of each, which may lie between
   * pixels.
   *
   * @param masks BOOL or floating [P, H, W]
   * @param like [.., h, w]
   * @return [P, h w] in [0, 1], of the type of like
   */
  public static Tensor maskTargets(Tensor masks, Tensor like) {
    return Scope.tensor(
        () ->
            Functional.upsampleBilinear(
                    masks.to(like.dtype()).unsqueeze(1), like.size(-2), like.size(-1), false)
                .flatten(1, 3));
  }

  /** What sums over the batch are divided by. */
  private record Divisors(BatchShare share, long pairs, long views) {
    Tensor perPair(Tensor ownSum) {
      return share.sum(ownSum).div(pairs);
    }

    Tensor perView(Tensor ownSum) {
      return share.sum(ownSum).div(views);
    }
  }

  private static Layer nothing(LayerPrediction prediction, BatchShare share) {
    Tensor logits = prediction.logits();
    Tensor zero = Tensors.zeros(logits.dtype(), logits.device());
    Tensor background = share.sum(DetectionLosses.focal(logits, logits.detach().mul(0)).sum());
    return new Layer(background, zero, zero, zero, zero, zero);
  }

  private static Layer layer(
      LayerPrediction prediction,
      Targets targets,
      Matching.Pairs pairs,
      Matching.Pairs inViews,
      Tensor wantedMasks,
      Tensor maskMap,
      Divisors divisors) {
    Tensor logits = prediction.logits();
    Tensor isObject =
        Tensors.zeros(logits.dtype(), logits.device(), logits.shape())
            .indexPut_(
                Tensors.ones(logits.dtype(), logits.device(), pairs.size()),
                pairs.column(0),
                pairs.column(1));
    Tensor cls = divisors.perPair(DetectionLosses.focal(logits, isObject).sum());
    Tensor centroid =
        divisors.perPair(
            prediction
                .points()
                .index(pairs.column(0), pairs.column(1))
                .sub(targets.centroids().index(pairs.column(0), pairs.column(2)))
                .abs()
                .sum());

    Tensor boxes =
        prediction.boxes().index(inViews.column(0), inViews.column(3), inViews.column(1));
    Tensor wanted = targets.boxes().index(inViews.column(0), inViews.column(2), inViews.column(3));
    Tensor box = divisors.perView(boxes.sub(wanted).abs().sum());
    Tensor giou = divisors.perView(DetectionLosses.giou(boxes, wanted).neg().add(1).sum());

    Tensor masks =
        prediction
            .masks(maskMap)
            .index(inViews.column(0), inViews.column(3), inViews.column(1))
            .flatten(1, 2);
    Tensor mask = divisors.perView(DetectionLosses.maskCrossEntropy(masks, wantedMasks).sum());
    Tensor dice = divisors.perView(DetectionLosses.dice(masks, wantedMasks).sum());
    return new Layer(cls, box, giou, mask, dice, centroid);
  }
}
