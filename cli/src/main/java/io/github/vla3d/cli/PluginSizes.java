package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.scene.PartSizes;
import io.github.vla3d.scene.Ports;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.layers.Body;
import java.util.List;
import java.util.Locale;

/**
 * Parameters of the plug-in by part beside the two readings of the paper's 0.086 billion.
 *
 * @param preset name or file
 * @param base what it is plugged onto
 * @param parts of the module; nothing is allocated for them
 */
record PluginSizes(String preset, Base base, List<PartSizes> parts) {
  /** Frozen PointAttN, which the second reading counts. */
  private static final long POINTATTN = 36_662_793;

  private static final String ROW = "  %-34s %,14d %14s %14s";

  /** Policies by the width of their tokens. */
  enum Base {
    PI0(2048),
    PI05(2048),
    XVLA(1024);

    private final int width;

    Base(int width) {
      this.width = width;
    }
  }

  static PluginSizes of(Preset preset, Base base, int arms) {
    try (SceneModule module =
        new SceneModule(preset.scene(), new Ports(base.width, base.width, arms), Body.FULL)) {
      return new PluginSizes(preset.name(), base, PartSizes.of(module));
    }
  }

  /** Of everything, which all is trained; the action expert and the policy are not in it. */
  long total() {
    return parts.stream().mapToLong(PartSizes::parameters).sum();
  }

  void print(Output output) {
    output.line(
        "plug-in, preset %s, on %s (tokens of %d channels)",
        preset, base.name().toLowerCase(Locale.ROOT), base.width);
    output.line("  %-34s %14s %14s %14s", "part", "here", "R86: 6+6+6", "R49: 3+3+3");
    for (PartSizes part : parts) {
      output.line(ROW, part.name(), part.parameters(), number(part.r86()), number(part.r49()));
    }
    long r86 = parts.stream().mapToLong(PartSizes::r86).sum();
    long r49 = parts.stream().mapToLong(PartSizes::r49).sum();
    output.line(ROW, "trained in total", total(), number(r86), number(r49));
    output.line(
        "  %-34s %14s %14s %14s",
        "with frozen PointAttN",
        number(total() + POINTATTN),
        number(r86 + POINTATTN),
        number(r49 + POINTATTN));
    output.line("");
    output.line(
        "R86 and R49 are the readings of the paper's \"+0.086 B\" with 10 frequency bands and");
    output.line("tokens of 2048 channels: without PointAttN, and with it.");
  }

  private static String number(long n) {
    return n == 0 ? "-" : String.format(Locale.ROOT, "%,d", n);
  }

  ObjectNode document() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    ObjectNode plugin = root.putObject("plugin");
    plugin.put("preset", preset).put("base", base.name().toLowerCase(Locale.ROOT));
    plugin.put("parameters", total());
    ArrayNode rows = plugin.putArray("parts");
    for (PartSizes part : parts) {
      rows.addObject()
          .put("part", part.name())
          .put("parameters", part.parameters())
          .put("r86", part.r86())
          .put("r49", part.r49());
    }
    return root;
  }
}
