package io.github.vla3d.cli.scene;

import io.github.vla3d.datasets.view.CloudPicture;
import io.github.vla3d.torch.nn.Taps;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One sheet of what the method made of an observation, with captions for people who have not read
 * the paper: probes, masks, boxes and gates over the pictures, features before and after fusion,
 * the scene in space from two viewpoints, gates and routing in numbers.
 */
public final class SceneSheet {
  private static final int PANEL = 340;
  private static final int GAP = 10;
  private static final int WIDTH = 4 * PANEL + 5 * GAP;
  private static final int SPACE_HEIGHT = 470;

  /** Where a person stands who looks at the scene. */
  private record Stand(String words, CloudPicture.Viewpoint viewpoint) {}

  private static final List<Stand> STANDS =
      List.of(
          new Stand(
              "from opposite the robot, at its right, half above",
              new CloudPicture.Viewpoint(Math.toRadians(-40), Math.toRadians(32), 1.75)),
          new Stand(
              "from above; the robot stands at the bottom and looks up",
              new CloudPicture.Viewpoint(Math.toRadians(180), Math.toRadians(80), 1.75)));

  private final SceneShot shot;
  private final List<Block> blocks = new ArrayList<>();

  /** Pictures side by side, with words above each and below all. */
  private record Block(List<BufferedImage> pictures, List<String> heads, String caption) {}

  private SceneSheet(SceneShot shot) {
    this.shot = shot;
  }

  /**
   * Draws it.
   *
   * @param title of what is shown
   * @param origin where the weights come from
   * @param warning whether the origin is a reason not to trust the picture
   */
  public static BufferedImage render(SceneShot shot, String title, String origin, boolean warning) {
    SceneSheet sheet = new SceneSheet(shot);
    sheet.fill();
    return sheet.draw(title, origin, warning);
  }

  private void fill() {
    ViewPanels views = new ViewPanels(shot, PANEL);
    Taps.Tap key = shot.taps().get("token.key");
    boolean[] counts = new boolean[key.values().length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = key.values()[i] > 0;
    }
    PrincipalColours before = PrincipalColours.of(shot.tokens(), counts);
    PrincipalColours after = PrincipalColours.of(shot.taps().get("memory"), counts);
    boolean tokens = shot.instances().stream().anyMatch(SceneShot.Instance::isToken);
    for (int view = 0; view < shot.views().size(); view++) {
      String name = shot.views().get(view).source().name();
      boolean last = view == shot.views().size() - 1;
      blocks.add(
          new Block(
              List.of(
                  views.instances(view),
                  views.probes(view),
                  views.features(view, before),
                  views.features(view, after)),
              List.of(
                  name + ": masks and boxes",
                  name + ": probes and gates",
                  name + ": tokens before fusion",
                  name + ": memory after fusion"),
              last ? viewCaption(tokens, before, after) : ""));
    }
    List<BufferedImage> space = new ArrayList<>();
    for (Stand stand : STANDS) {
      space.add(new SpacePanel(shot, stand.viewpoint, 2 * PANEL + GAP, SPACE_HEIGHT).render());
    }
    blocks.add(
        new Block(
            space,
            STANDS.stream().map(stand -> "in space, " + stand.words).toList(),
            String.format(
                Locale.ROOT,
                "Points: measured depth of all views, in their colours. Numbered discs: the same"
                    + " instances as above, with the way their probes took (ring: start). Pale"
                    + " dots: the other probes. Diamonds: %d completion points, where hidden parts"
                    + " are completed, in the colour of the nearest instance. Red, green, blue: x,"
                    + " y, z of the end-effector, 10 cm. Dashed: the workspace. White pyramids: the"
                    + " cameras.",
                shot.hidden().size())));
    WeightPanel weights = new WeightPanel(shot, views, 2 * PANEL + GAP);
    blocks.add(
        new Block(
            List.of(weights.gates(), weights.routing()),
            List.of("gates: how much each view counts", "routing: what instances read"),
            "Left: normalised gate of each view for each instance, layer by layer; a dash where the"
                + " probe is outside the view. Right: attention of each instance over the"
                + " completion points near it (mean over heads, each row sums to 1 or is empty);"
                + " unsure is 1 - score; gate is the share of what it read that it takes in (mean"
                + " over channels)."));
  }

  private String viewCaption(boolean tokens, PrincipalColours before, PrincipalColours after) {
    return String.format(
        Locale.ROOT,
        "%s Ring: where a probe starts; dots: where each layer moves it; disc: where it ends, the"
            + " larger the more this view counts for it (gate of the last layer). Pale: all other"
            + " probes. Features: their three principal components over all views as red, green and"
            + " blue, so that alike features have alike colours (%.0f %% of the variance before,"
            + " %.0f %% after fusion); black may not be read.",
        tokens
            ? String.format(
                Locale.ROOT,
                "%d of %d probes are instance tokens, one colour each (number and score at its"
                    + " box).",
                shot.instances().size(),
                shot.probes().size())
            : String.format(
                Locale.ROOT,
                "No probe passes the score of %s, so no instance becomes a token; dashed: the %d"
                    + " surest probes.",
                shot.config().selection().score(),
                shot.instances().size()),
        100 * before.explained(),
        100 * after.explained());
  }

  // ---------------------------------------- layout

  private BufferedImage draw(String title, String origin, boolean warning) {
    BufferedImage probe = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    Graphics2D measure = Ink.on(probe);
    measure.setFont(Ink.font(13));
    int height = 66;
    for (Block block : blocks) {
      height += 24 + tallest(block) + captionHeight(measure, block) + GAP;
    }
    measure.dispose();
    BufferedImage sheet = new BufferedImage(WIDTH, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = Ink.on(sheet);
    try {
      g.setColor(Ink.PAPER);
      g.fillRect(0, 0, WIDTH, height);
      g.setColor(Ink.TEXT);
      g.setFont(Ink.bold(18));
      g.drawString(title, GAP, 28);
      g.setColor(warning ? Ink.WARNING : Ink.QUIET);
      g.setFont(warning ? Ink.bold(14) : Ink.font(14));
      g.drawString(origin, GAP, 52);
      int y = 66;
      for (Block block : blocks) {
        y = block(g, block, y);
      }
    } finally {
      g.dispose();
    }
    return sheet;
  }

  private static int tallest(Block block) {
    return block.pictures.stream().mapToInt(BufferedImage::getHeight).max().orElse(0);
  }

  private static int captionHeight(Graphics2D g, Block block) {
    return block.caption.isEmpty()
        ? 0
        : 8 + 17 * Ink.wrapped(g, block.caption, WIDTH - 2 * GAP).size();
  }

  private static int block(Graphics2D g, Block block, int top) {
    int x = GAP;
    for (int i = 0; i < block.pictures.size(); i++) {
      g.setColor(Ink.TEXT);
      g.setFont(Ink.bold(13));
      g.drawString(block.heads.get(i), x, top + 17);
      g.drawImage(block.pictures.get(i), x, top + 24, null);
      x += block.pictures.get(i).getWidth() + GAP;
    }
    int y = top + 24 + tallest(block);
    g.setFont(Ink.font(13));
    g.setColor(new Color(60, 60, 66));
    if (!block.caption.isEmpty()) {
      y += 8;
      for (String line : Ink.wrapped(g, block.caption, WIDTH - 2 * GAP)) {
        y += 17;
        g.drawString(line, GAP, y - 4);
      }
    }
    return y + GAP;
  }
}
