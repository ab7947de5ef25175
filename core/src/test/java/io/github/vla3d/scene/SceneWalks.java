package io.github.vla3d.scene;

import io.github.vla3d.scene.completion.BlockMasks;
import io.github.vla3d.scene.completion.BranchTeacher;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenTokens;
import io.github.vla3d.scene.completion.MirrorCompleter;
import io.github.vla3d.scene.completion.Predictor;
import io.github.vla3d.scene.completion.SelfSupervisedLoss;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.InstanceLoss;
import io.github.vla3d.scene.instance.Matching;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that comes up when a configuration walks through one fixed scene, bit by bit: as in training
 * with labels, self-supervision and its moving teacher, and as at inference. Two configurations
 * have the same weights wherever shapes agree, and the same corner of those that do not.
 */
final class SceneWalks {
  private static final long SEED = 1;
  private static final int BATCH = 2;
  private static final int VIEWS = 3;
  private static final int OBJECTS = 3;

  /** Bits by the name of what they are; groups of names by what the table calls them. */
  private final Map<String, String> bits = new TreeMap<>();

  /** Places of instances among the tokens; they come first. */
  private final long instances;

  private SceneWalks(long instances) {
    this.instances = instances;
  }

  static SceneWalks of(SceneConfig config) {
    SceneWalks walks = new SceneWalks(config.selection().instances());
    try (SceneModule module = module(config)) {
      module
          .parameters()
          .forEach((name, p) -> walks.bits.put("parameters " + name, p.spec().toString()));
      Scope.run(() -> Autograd.noGrad(() -> walks.all(module)));
    }
    return walks;
  }

  /** The names, as the table has them, under which something differs from another walk. */
  Set<String> differences(SceneWalks other) {
    Set<String> all = new TreeSet<>(bits.keySet());
    all.addAll(other.bits.keySet());
    Set<String> different = new TreeSet<>();
    for (String name : all) {
      String mine = bits.get(name);
      if (mine == null || !mine.equals(other.bits.get(name))) {
        different.add(group(name));
      }
    }
    return different;
  }

  /** What there is to differ. */
  Set<String> groups() {
    Set<String> groups = new TreeSet<>();
    bits.keySet().forEach(name -> groups.add(group(name)));
    return groups;
  }

  /** Of parameters the part, of decoder layers behind the first all together. */
  private static String group(String name) {
    return name.replaceFirst("^(parameters \\w+)\\..*", "$1")
        .replaceFirst("^(training |acting )?layer[1-9]\\..*", "$1later layers")
        .replaceFirst("^(training |acting )?layer0\\.(u_raw|u|z|valid)$", "$1layer0.projection")
        .replaceFirst("^(training |acting )?layer0\\.(head_u|head_valid)$", "$1layer0.points")
        .replaceFirst("^(training |acting )?layer0\\.after_.*", "$1layer0.content")
        .replaceFirst("^(training |acting )?fusion\\.block.*", "$1fusion.blocks")
        .replaceFirst("^(training |acting )?pyramid\\..*", "$1pyramid")
        .replaceFirst("^(ssl|training completion|acting completion)\\.block.*", "$1.output")
        .replaceFirst("^teacher .*", "teacher");
  }

  // ---------------------------------------- weights

  private static SceneModule module(SceneConfig config) {
    SceneModule module = Scenes.module(config, SEED);
    try (SceneModule reference = Scenes.module(Scenes.config(), SEED)) {
      alike(module, reference);
    }
    return module;
  }

  private static void alike(Module module, Module reference) {
    Map<String, Parameter> wanted = reference.parameters();
    Scope.run(
        () ->
            module
                .parameters()
                .forEach(
                    (name, parameter) -> {
                      Parameter other = wanted.get(name);
                      if (other != null) {
                        Tensor into = parameter.value().detach();
                        Tensor from = other.value().detach();
                        for (int d = 0; d < into.dim(); d++) {
                          long n = Math.min(into.size(d), from.size(d));
                          into = into.narrow(d, 0, n);
                          from = from.narrow(d, 0, n);
                        }
                        into.copy_(from);
                      }
                    }));
  }

  // ---------------------------------------- walks

  private boolean all(SceneModule module) {
    SceneConfig config = module.config();
    SceneInput input = Scenes.input(BATCH, VIEWS, SEED);
    Targets targets = Scenes.targets(BATCH, OBJECTS, VIEWS, SEED);
    Perception trained;
    try (Generator noise = new Generator(SEED)) {
      trained =
          module.perceive(
              input,
              new Guidance(
                  targets,
                  module.predictor() == null ? null : CompletionSource.of(queries(config)),
                  noise),
              (stage, value) -> see("training ", stage, value));
    }
    labels(trained, targets, input, config);
    Predictor predictor = module.predictor();
    if (predictor != null) {
      selfSupervision(module, predictor, trained, input);
    }
    Perception acting =
        module.perceive(
            input,
            Guidance.inference(module.completionSource(new MirrorCompleter())),
            (stage, value) -> see("acting ", stage, value));
    CompletionQueries queries = acting.queries();
    if (queries != null) {
      see("acting ", "queries", queries.points());
      see("acting ", "queries", queries.viewIds());
      see("acting ", "queries", queries.valid());
    }
    return true;
  }

  /** The same points for all, of which a configuration takes as many as it has places for. */
  private static CompletionQueries queries(SceneConfig config) {
    SceneConfig whole = Scenes.config();
    CompletionQueries all = Scenes.queries(whole, BATCH, SEED, 30, 10);
    int n = config.completion().slots();
    return new CompletionQueries(
        all.points().narrow(1, 0, n), all.viewIds().narrow(1, 0, n), all.valid().narrow(1, 0, n));
  }

  private void labels(
      Perception perception, Targets targets, SceneInput input, SceneConfig config) {
    Matching.Match match = perception.match();
    if (match == null) {
      throw new IllegalStateException("no match");
    }
    see("", "masks", perception.instances().last().masks(perception.instances().maskMap()));
    see(
        "",
        "match.cost",
        Matching.cost(perception.instances().last(), targets, input.present(), config.loss()));
    see("", "match", match.toTensor());
    InstanceLoss loss =
        InstanceLoss.of(perception.instances(), targets, match, input.present(), config);
    loss.layers()
        .get(loss.layers().size() - 1)
        .byName()
        .forEach((name, value) -> see("", "loss." + name, value));
    see("", "loss", loss.total());
  }

  private void selfSupervision(
      SceneModule module, Predictor predictor, Perception perception, SceneInput input) {
    SceneConfig config = module.config();
    HiddenTokens hidden;
    try (Generator random = new Generator(SEED)) {
      BlockMasks.Drawn drawn =
          new BlockMasks(config.ssl())
              .draw(perception.memory().placement(), VIEWS, Scenes.GRID, Scenes.GRID, random);
      see("", "ssl.masked", drawn.masked());
      hidden = HiddenTokens.of(drawn.masked(), drawn.supervised());
    }
    try (@Nullable BranchTeacher teacher = teacher(predictor, config)) {
      SelfSupervisedLoss loss =
          module.selfSupervise(
              input,
              perception,
              perception.embedded(),
              hidden,
              teacher == null ? null : teacher.predictor(),
              (stage, value) -> see("", stage, value));
      see("", "ssl.recon", loss.recon());
      see("", "ssl.cos", loss.cos());
      see("", "ssl.var", loss.var());
      see("", "ssl.loss", loss.total());
    }
  }

  /** After one step towards a predictor that has gone on. */
  private @Nullable BranchTeacher teacher(Predictor student, SceneConfig config) {
    if (config.ssl().teacher() != SceneConfig.Teacher.BRANCH) {
      return null;
    }
    BranchTeacher teacher = new BranchTeacher(student, config, Body.FULL);
    try (Predictor later = new Predictor(config, Body.FULL)) {
      Scenes.stir(later, SEED + 1);
      teacher.update(later);
    }
    teacher.state().forEach((name, value) -> see("teacher ", name, value));
    return teacher;
  }

  // ---------------------------------------- bits

  private void see(String walk, String stage, Tensor value) {
    if (stage.equals("tokens") || stage.equals("tokens.mask")) {
      put(walk + stage + ".instances", value.narrow(1, 0, instances));
      put(walk + stage + ".completed", value.narrow(1, instances, value.size(1) - instances));
    } else {
      put(walk + stage, value);
    }
  }

  private void put(String name, Tensor value) {
    String what =
        Scope.call(
            scope ->
                Arrays.toString(value.shape())
                    + value.dtype()
                    + Arrays.hashCode(value.detach().contiguous().toBytes()));
    bits.merge(name, what, (a, b) -> a + b);
  }
}
