package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.verify.Comparison;
import io.github.vla3d.verify.Verification;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vla3d verify}: replays reference tensors through our code. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Replays folders of reference tensors through our code and prints, per tensor, the largest differences, the"
            + " tolerance and the verdict. Status 1 if anything differs, is left out, or is not known.")
final class VerifyCommand extends DocumentCommand {
  @Parameters(paramLabel = "DIR", arity = "1..*", description = "Folders of reference tensors.")
  private List<Path> folders = new ArrayList<>();

  @Option(names = "--failures", description = "Print only what failed, and the totals.")
  private boolean failuresOnly;

  VerifyCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    ArrayNode results = new ObjectMapper().createArrayNode();
    boolean passed = true;
    for (Path folder : folders) {
      try {
        Verification verification = Verification.of(folder);
        print(verification);
        results.add(document(verification));
        passed &= verification.passed();
      } catch (TorchException e) {
        // A folder that cannot be replayed must not hide the others.
        output.note("vla3d: %s", String.valueOf(e.getMessage()));
        results
            .addObject()
            .put("folder", folder.toString())
            .put("passed", false)
            .put("error", e.getMessage());
        passed = false;
      }
    }
    ObjectNode document = new ObjectMapper().createObjectNode().put("passed", passed);
    document.set("folders", results);
    output.json(document);
    return passed ? 0 : 1;
  }

  private void print(Verification verification) {
    int width =
        verification.comparisons().stream().mapToInt(c -> c.name().length()).max().orElse(10);
    String head = "%-" + width + "s  %9s  %9s  %-28s  %s";
    output.line("%s (%s)", verification.folder(), verification.kind());
    output.line("%s", String.format(head, "tensor", "max abs", "max rel", "tolerance", "verdict"));
    for (Comparison c : verification.comparisons()) {
      if (!failuresOnly || !c.passed()) {
        String verdict = c.passed() ? "ok" : ("FAIL " + c.note()).strip();
        output.line(
            "%s",
            String.format(
                head,
                c.name(),
                String.format("%.2e", c.maxAbsolute()),
                String.format("%.2e", c.maxRelative()),
                c.tolerance(),
                verdict));
      }
    }
    for (String name : verification.unused()) {
      output.line("%s", String.format(head, name, "", "", "", "FAIL neither read nor compared"));
    }
    long failed = verification.comparisons().stream().filter(c -> !c.passed()).count();
    output.line(
        "%d compared, %d failed, %d left out: %s",
        verification.comparisons().size(),
        failed,
        verification.unused().size(),
        verification.passed() ? "passed" : "FAILED");
  }

  private static ObjectNode document(Verification verification) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node =
        mapper
            .createObjectNode()
            .put("folder", verification.folder().toString())
            .put("kind", verification.kind())
            .put("passed", verification.passed());
    ArrayNode tensors = node.putArray("tensors");
    for (Comparison c : verification.comparisons()) {
      ObjectNode tensor = tensors.addObject().put("name", c.name());
      // JSON has no infinity.
      tensor.put("max_abs", Double.isFinite(c.maxAbsolute()) ? c.maxAbsolute() : null);
      tensor.put("max_rel", Double.isFinite(c.maxRelative()) ? c.maxRelative() : null);
      tensor.put("tolerance", c.tolerance()).put("passed", c.passed());
      if (!c.note().isEmpty()) {
        tensor.put("note", c.note());
      }
    }
    node.set("left_out", mapper.valueToTree(verification.unused()));
    return node;
  }
}
