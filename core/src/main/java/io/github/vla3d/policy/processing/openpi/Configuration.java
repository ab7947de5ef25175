package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.policy.processing.ProcessingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The named configurations of openpi for which checkpoints of pi0 and pi0.5 are published.
 *
 * @param name as openpi calls it
 * @param pi05 pi0.5, else pi0
 * @param horizon number of actions in a chunk
 * @param assetId folder of {@code norm_stats.json} below {@code assets}
 * @param settings of the transforms
 */
public record Configuration(
    String name, boolean pi05, int horizon, String assetId, Settings settings) {
  private static final int PIXELS = 224;
  private static final int ACTION = 32;
  private static final String LIBERO = "physical-intelligence/libero";

  private static final List<Configuration> ALL = all();

  private static List<Configuration> all() {
    List<Boolean> none = List.of();
    List<Boolean> arm = Settings.mask(6, -1);
    List<Boolean> joints = Settings.mask(7, -1);
    List<Boolean> arms = Settings.mask(6, -1, 6, -1);
    Robot libero = Robot.libero();
    Robot droid = Robot.droid();
    Robot aloha = Robot.aloha(true);
    List<Configuration> all = new ArrayList<>();
    all.add(of("pi0_libero", false, 50, LIBERO, libero, arm, false, null));
    // The state that this one gets is normalised and dropped.
    all.add(of("pi05_libero", true, 10, LIBERO, libero, none, false, null));
    all.add(of("pi0_droid", false, 10, "droid", droid, none, false, null));
    all.add(of("pi05_droid", true, 15, "droid", droid, none, true, null));
    all.add(of("pi05_full_droid_finetune", true, 16, "droid", droid, joints, true, null));
    all.add(of("pi05_droid_finetune", true, 16, "droid", droid, none, true, null));
    all.add(of("pi05_droid_jointpos_polaris", true, 15, "droid", droid, joints, true, null));
    all.add(of("pi0_aloha", false, 50, "trossen", aloha, arms, false, null));
    all.add(of("pi05_aloha", true, 50, "trossen", aloha, arms, true, null));
    all.add(of("pi0_aloha_towel", false, 50, "trossen", aloha, arms, false, "fold the towel"));
    all.add(
        of(
            "pi0_aloha_tupperware",
            false,
            50,
            "trossen",
            aloha,
            arms,
            false,
            "open the tupperware and put the food on the plate"));
    all.add(of("pi0_aloha_pen_uncap", false, 50, "trossen", aloha, arms, false, "uncap the pen"));
    all.add(of("pi05_aloha_pen_uncap", true, 50, "trossen", aloha, arms, true, "uncap the pen"));
    all.add(
        of(
            "pi0_aloha_sim",
            false,
            50,
            "lerobot/aloha_sim_transfer_cube_human",
            aloha,
            none,
            false,
            "Transfer cube"));
    return List.copyOf(all);
  }

  private static Configuration of(
      String name,
      boolean pi05,
      int horizon,
      String assetId,
      Robot robot,
      List<Boolean> delta,
      boolean stateInPrompt,
      @Nullable String prompt) {
    return new Configuration(
        name,
        pi05,
        horizon,
        assetId,
        new Settings(
            robot, pi05, delta, stateInPrompt, pi05 ? 200 : 48, PIXELS, PIXELS, ACTION, prompt));
  }

  /** All of them. */
  public static List<Configuration> known() {
    return ALL;
  }

  /**
   * @throws ProcessingException if there is none of that name
   */
  public static Configuration named(String name) {
    Optional<Configuration> found = ALL.stream().filter(c -> c.name.equals(name)).findFirst();
    return found.orElseThrow(
        () ->
            new ProcessingException(
                "openpi: wanted one of %s, got '%s'"
                    .formatted(ALL.stream().map(Configuration::name).toList(), name)));
  }
}
