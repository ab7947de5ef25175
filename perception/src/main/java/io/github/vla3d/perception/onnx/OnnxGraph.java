package io.github.vla3d.perception.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.vla3d.data.DataException;
import io.github.vla3d.torch.io.HashedFolder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A frozen graph in a file, of a signature that is checked before it runs. */
final class OnnxGraph implements AutoCloseable {
  /** A dimension that callers choose: the graph must leave it open. */
  static final long OPEN = -1;

  /** Type and sizes of an input or output. */
  record Port(OnnxJavaType type, List<Long> shape) {
    static Port floats(long... shape) {
      return new Port(OnnxJavaType.FLOAT, Arrays.stream(shape).boxed().toList());
    }

    static Port longs(long... shape) {
      return new Port(OnnxJavaType.INT64, Arrays.stream(shape).boxed().toList());
    }

    @Override
    public String toString() {
      return type + " " + shape;
    }
  }

  /** What a graph takes and gives; a graph may give more. */
  record Signature(String model, Map<String, Port> inputs, Map<String, Port> outputs) {}

  /** Numbers with their sizes, row-major. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
  record Floats(float[] values, long[] shape) {}

  /** Whole numbers with their sizes, row-major. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
  record Longs(long[] values, long[] shape) {}

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final Path file;
  private final Signature signature;
  private final String hash;

  private OnnxGraph(
      OrtEnvironment environment, OrtSession session, Path file, Signature signature, String hash) {
    this.environment = environment;
    this.session = session;
    this.file = file;
    this.signature = signature;
    this.hash = hash;
  }

  /**
   * @param cuda whether to run on the first GPU; where that cannot be, the processor does it
   * @param notes is told why a GPU is not used
   * @throws DataException if the file is missing, no graph, or one of another signature
   */
  static OnnxGraph open(Path file, Signature signature, boolean cuda, Consumer<String> notes) {
    if (!Files.isRegularFile(file)) {
      throw wrong(file, signature, "no such file");
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    OrtSession session = null;
    try {
      environment.setTelemetry(false);
      session = session(environment, file, cuda, signature, notes);
      OnnxGraph graph =
          new OnnxGraph(environment, session, file, signature, HashedFolder.sha256(file));
      graph.check();
      return graph;
    } catch (OrtException e) {
      throw wrong(file, signature, "a file that ONNX Runtime refuses: " + firstLine(e));
    } catch (DataException e) {
      close(session);
      throw e;
    }
  }

  private static OrtSession session(
      OrtEnvironment environment,
      Path file,
      boolean cuda,
      Signature signature,
      Consumer<String> notes)
      throws OrtException {
    if (cuda) {
      try (OrtSession.SessionOptions options = options()) {
        options.addCUDA(0);
        return environment.createSession(file.toString(), options);
      } catch (OrtException e) {
        notes.accept(signature.model + " runs on the processor, not on a GPU: " + firstLine(e));
      }
    }
    try (OrtSession.SessionOptions options = options()) {
      return environment.createSession(file.toString(), options);
    }
  }

  private static OrtSession.SessionOptions options() throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setDeterministicCompute(true);
    // Its threads would wait busily for the next call while the engine's want the cores.
    options.addConfigEntry("session.intra_op.allow_spinning", "0");
    return options;
  }

  private static DataException wrong(Path file, Signature signature, String got) {
    return new DataException(
        file.toString(), signature.model, DataException.NO_ROW, "its ONNX graph", got);
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private void check() throws OrtException {
    Set<String> names = new TreeSet<>(session.getInputNames());
    if (!names.equals(signature.inputs.keySet())) {
      throw new DataException(
          file.toString(),
          signature.model,
          DataException.NO_ROW,
          "a graph with the inputs " + new TreeSet<>(signature.inputs.keySet()),
          names.toString());
    }
    check("input", signature.inputs, session.getInputInfo());
    check("output", signature.outputs, session.getOutputInfo());
  }

  private void check(String kind, Map<String, Port> wanted, Map<String, NodeInfo> got) {
    wanted.forEach(
        (name, port) -> {
          @Nullable NodeInfo node = got.get(name);
          if (node == null || !(node.getInfo() instanceof TensorInfo info)) {
            throw new DataException(
                file.toString(),
                signature.model,
                DataException.NO_ROW,
                "an %s %s %s".formatted(kind, name, port),
                new TreeSet<>(got.keySet()).toString());
          }
          long[] shape = info.getShape();
          boolean fits = info.type == port.type && shape.length == port.shape.size();
          for (int i = 0; fits && i < shape.length; i++) {
            long asked = port.shape.get(i);
            // What an output leaves open is seen when it has run.
            fits = shape[i] == -1 || (asked == OPEN ? kind.equals("output") : shape[i] == asked);
          }
          if (!fits) {
            throw new DataException(
                file.toString(),
                signature.model,
                DataException.NO_ROW,
                "an %s %s %s (-1: open)".formatted(kind, name, port),
                info.type + " " + Arrays.toString(shape));
          }
        });
  }

  /** SHA-256 of the file. */
  String hash() {
    return hash;
  }

  /**
   * Runs it.
   *
   * @param inputs {@link Floats} or {@link Longs} by name
   * @return the outputs of the signature
   * @throws DataException if it fails, or an output has other sizes than the signature says
   */
  Map<String, Floats> run(Map<String, ? extends Record> inputs) {
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    try {
      for (var entry : inputs.entrySet()) {
        tensors.put(entry.getKey(), tensor(entry.getValue()));
      }
      try (OrtSession.Result result = session.run(tensors, signature.outputs.keySet())) {
        Map<String, Floats> outputs = new LinkedHashMap<>();
        for (var entry : signature.outputs.entrySet()) {
          OnnxTensor value =
              (OnnxTensor)
                  result
                      .get(entry.getKey())
                      .orElseThrow(() -> wrong(file, signature, "no " + entry.getKey()));
          outputs.put(entry.getKey(), floats(entry.getKey(), entry.getValue(), value));
        }
        return outputs;
      }
    } catch (OrtException e) {
      throw wrong(file, signature, "a failure while it ran: " + firstLine(e));
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  /** An output of the signature, which {@link #run} has filled. */
  static float[] values(Map<String, Floats> outputs, String name) {
    return Objects.requireNonNull(outputs.get(name), name).values();
  }

  private OnnxTensor tensor(Record value) throws OrtException {
    if (value instanceof Floats f) {
      return OnnxTensor.createTensor(environment, FloatBuffer.wrap(f.values), f.shape);
    }
    if (value instanceof Longs l) {
      return OnnxTensor.createTensor(environment, LongBuffer.wrap(l.values), l.shape);
    }
    throw new IllegalArgumentException("graph input: " + value);
  }

  private Floats floats(String name, Port port, OnnxTensor value) {
    long[] shape = value.getInfo().getShape();
    List<Long> sizes = new ArrayList<>();
    boolean fits = shape.length == port.shape.size();
    for (int i = 0; i < shape.length; i++) {
      sizes.add(shape[i]);
      fits &= i < port.shape.size() && (port.shape.get(i) == OPEN || port.shape.get(i) == shape[i]);
    }
    if (!fits) {
      throw new DataException(
          file.toString(), signature.model, DataException.NO_ROW, name + " " + port, "" + sizes);
    }
    FloatBuffer buffer = value.getFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return new Floats(values, shape);
  }

  @Override
  public void close() {
    close(session);
  }

  private static void close(@Nullable OrtSession session) {
    if (session != null) {
      try {
        session.close();
      } catch (OrtException e) {
        throw new IllegalStateException("ONNX Runtime: a session cannot be closed", e);
      }
    }
  }
}
