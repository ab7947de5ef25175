package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.PluginFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vla3d export}: a policy or a plug-in once more, in another precision. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a policy as a folder of its own, in the precision that is asked for. A plug-in stays a"
          + " folder that refers to its policy.",
      "--precision bf16_tower halves the files; what is trained on should stay fp32."
    })
final class ExportCommand extends DocumentCommand {
  @Option(
      names = "--policy",
      required = true,
      paramLabel = "MODEL",
      description = "Folder of the policy.")
  private Path policy = Path.of(".");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to; must be missing or empty.")
  private Path out = Path.of(".");

  @Option(
      names = "--on",
      paramLabel = "MODEL",
      description =
          "Writes the action expert alone and a reference to this policy, from which nothing else"
              + " may differ.")
  private @Nullable Path on;

  @Mixin private AgentMixin agent = new AgentMixin();

  ExportCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    Files.createDirectories(out);
    try (var files = Files.list(out)) {
      if (files.findAny().isPresent()) {
        throw new IllegalArgumentException(out + ": wanted an empty folder, got one with files");
      }
    }
    AgentOptions options = agent.options();
    try (Agent loaded = Agent.load(policy, options)) {
      if (on != null) {
        PluginFolder.saveExpert(loaded, options, on, out);
      } else if (loaded.memory().isPresent()) {
        PluginFolder.save(loaded, out, out);
      } else {
        loaded.save(out);
      }
    }
    long bytes;
    try (var files = Files.walk(out)) {
      bytes = files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
    output.line("%s: %.1f MB", out, bytes / 1e6);
    output.json(
        new ObjectMapper().createObjectNode().put("out", out.toString()).put("bytes", bytes));
    return 0;
  }
}
