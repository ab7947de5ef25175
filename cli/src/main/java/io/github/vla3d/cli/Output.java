package io.github.vla3d.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.github.vla3d.data.DataException;
import io.github.vla3d.geometry.GeometryException;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;

/**
 * Standard output and error of a command. With {@code --json} standard output is claimed before
 * anything runs: what libraries and progress print there goes to standard error, so that it carries
 * one document and nothing else.
 */
final class Output {
  private final PrintStream document;
  private final boolean json;

  Output(PrintStream document, boolean json) {
    this.document = document;
    this.json = json;
  }

  static Output claim(String[] args) {
    PrintStream out = System.out;
    for (String arg : args) {
      if (arg.equals("--")) {
        break;
      }
      if (arg.equals("--json")) {
        System.setOut(System.err);
        return new Output(out, true);
      }
    }
    return new Output(out, false);
  }

  boolean isJson() {
    return json;
  }

  /** A line of the result for people; nothing with {@code --json}. */
  @FormatMethod
  void line(@FormatString String format, Object... args) {
    if (!json) {
      document.println(args.length == 0 ? format : String.format(format, args));
    }
  }

  /** The result as a document; only with {@code --json}. */
  void json(Object value) {
    if (json) {
      try {
        document.println(
            new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValueAsString(value));
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A line for people about what is going on. */
  @FormatMethod
  void note(@FormatString String format, Object... args) {
    System.err.println(args.length == 0 ? format : String.format(format, args));
  }

  /** Reports why a command failed, in a line if the reason is known. */
  int failure(Exception e) {
    Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
    if (cause instanceof NoSuchFileException missing) {
      note("vla3d: no such file or folder: %s", missing.getFile());
    } else if (cause instanceof TorchException
        || cause instanceof DataException
        || cause instanceof GeometryException
        || cause instanceof PolicyException
        || cause instanceof ProcessingException
        || cause instanceof IOException
        || cause instanceof IllegalArgumentException) {
      note("vla3d: %s", String.valueOf(cause.getMessage()));
    } else {
      note("vla3d: this should not have happened; please report it");
      e.printStackTrace();
    }
    return 1;
  }
}
