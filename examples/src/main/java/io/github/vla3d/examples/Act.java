package io.github.vla3d.examples;

import io.github.vla3d.agent.ActionChunk;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Loads a policy for LIBERO and asks it once what to do. */
final class Act {
  private Act() {}

  public static void main(String[] args) {
    try (Agent agent = Agent.load(Path.of(args[0]), AgentOptions.DEFAULTS)) {
      View front = grey("agentview");
      View wrist = grey("wrist");
      float[] state = new float[agent.stateSize()];
      Observation seen =
          new Observation(List.of(front, wrist), state, List.of(), "put the bowl on the plate", 0);
      ActionChunk chunk = agent.act(seen, 0);
      for (int step = 0; step < chunk.horizon(); step++) {
        System.out.println(Arrays.toString(chunk.action(step)));
      }
    }
  }

  private static View grey(String name) {
    byte[] pixels = new byte[3 * 256 * 256];
    Arrays.fill(pixels, (byte) 128);
    RgbImage picture = RgbImage.owning(256, 256, pixels);
    return View.of(name, picture, Optional.empty(), Optional.empty());
  }
}
