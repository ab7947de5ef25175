package io.github.vla3d.torch.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PthFileTest {
  @TempDir Path folder;

  @Test
  void nestedDictsBecomeNamesWithDots() {
    Scope.run(
        () -> {
          try (PthFile read = PthFile.open(Fixtures.file("nested.pth"))) {
            for (DType dtype : DType.values()) {
              assertSame(read, "types." + dtype, Fixtures.ramp(dtype, 3, 5));
            }
            Tensor whole = Fixtures.ramp(DType.F32, 4, 6);
            assertSame(read, "views.whole", whole);
            assertSame(read, "views.turned", whole.transpose(0, 1));
            assertSame(read, "views.part", whole.narrow(0, 1, 2).narrow(1, 2, 3));
            assertSame(read, "views.steps", whole.slice(1, 0, 6, 2));
            assertSame(read, "views.same", whole.select(0, 1));
            assertSame(read, "views.expanded", whole.select(0, 0).narrow(0, 0, 1).expand(5));
            assertSame(read, "views.scalar", whole.select(0, 2).select(0, 3));
            assertSame(read, "views.empty", whole.narrow(0, 0, 0));
            assertThat(read.get("views.turned").sharesStorageWith(read.get("views.whole")))
                .isTrue();
            assertSame(read, "list.0", Fixtures.ramp(DType.I64, 3));
            assertSame(read, "list.1.0", Fixtures.ramp(DType.I64, 2));
            assertSame(read, "list.1.1.3", Fixtures.ramp(DType.I64, 1));
            assertSame(read, "parameter", Fixtures.ramp(DType.F32, 2, 2));
            assertSame(read, "model.0.weight", Fixtures.ramp(DType.F32, 2, 3));
            assertThat(read.get("model.1.num_batches_tracked").itemLong()).isEqualTo(6);
            assertThat(read.specs()).hasSize(10 + 8 + 3 + 1 + 7);
          }
        });
  }

  @Test
  void aPrefixSelectsOneDict() {
    try (PthFile read = PthFile.open(Fixtures.file("nested.pth"), "model")) {
      assertThat(read.specs()).hasSize(7).containsEntry("0.weight", TensorSpec.of(DType.F32, 2, 3));
    }
    assertThatThrownBy(() -> PthFile.open(Fixtures.file("nested.pth"), "mode"))
        .hasMessageContaining("no tensor under 'mode'");
  }

  @Test
  void otherProtocolsAreRead() {
    Scope.run(
        () -> {
          try (PthFile read = PthFile.open(Fixtures.file("protocol4.pth"))) {
            assertSame(read, "a", Fixtures.ramp(DType.F32, 4));
          }
        });
  }

  /** A checkpoint as PointAttN's training writes it, against the reference run's weights. */
  @Test
  void pointAttNsCheckpointHoldsTheReferenceWeights() {
    try (PthFile read = PthFile.open(Fixtures.file("tiny_net_state_dict.pth"), "net_state_dict");
        Safetensors wanted = Safetensors.open(Fixtures.file("cross_transformer.safetensors"))) {
      assertThat(read.specs()).hasSize(14);
      Scope.run(
          () ->
              read.specs()
                  .keySet()
                  .forEach(
                      name ->
                          assertSame(
                              read, name, wanted.get(name.replace("encoder.sa1.", "ct.w.")))));
    }
  }

  private static void assertSame(PthFile read, String name, Tensor wanted) {
    assertThat(read.specs()).containsEntry(name, TensorSpec.of(wanted));
    assertThat(TensorSpec.of(read.get(name))).isEqualTo(TensorSpec.of(wanted));
    assertThat(read.get(name).toBytes()).as(name).isEqualTo(wanted.toBytes());
  }

  @ParameterizedTest
  @CsvSource({
    "legacy.pth, legacy file",
    "bare.pth, got one tensor",
    "device.pth, wants 'torch.device'",
    "sparse.pth, wants 'torch._utils._rebuild_sparse_tensor'",
    "complex.pth, wants 'torch.ComplexFloatStorage'",
    "v1.npy, wanted a zip archive",
    "stored.npz, 'wanted one data.pkl in the archive, got 0'"
  })
  void otherFilesAreRefused(String name, String message) {
    Path file = Fixtures.file(name);
    assertThatThrownBy(() -> PthFile.open(file))
        .isInstanceOf(TorchException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void nothingIsExecuted() throws Exception {
    Path witness = folder.resolve("witness");
    assertRefused(
        pickle().text("cposix\nsystem\n").op('(').string("touch " + witness).op('t').op('R'),
        "wants 'posix.system', which is not a tensor of a known type");
    assertRefused(
        pickle().string("builtins").string("eval").op(0x93).string("1").op(0x85).op('R'),
        "wants 'builtins.eval'");
    assertRefused(pickle().text("cbuiltins\ngetattr\n"), "wants 'builtins.getattr'");
    assertRefused(pickle().text("cjava.lang\nRuntime\n"), "wants 'java.lang.Runtime'");
    assertRefused(pickle().text("ctorch\nload\n"), "wants 'torch.load'");
    // INST, OBJ, NEWOBJ, EXT1, PERSID and the text opcodes do not exist.
    for (int op : new int[] {'i', 'o', 0x81, 0x82, 'P', 'I', 'L', 'S', 'V', 'F', 'd', 'l', '2'}) {
      assertRefused(pickle().op(op).text("1\n1\n"), "is not used for tensors");
    }
    assertThat(witness).doesNotExist();
  }

  @Test
  void lengthsAreCheckedBeforeTheyAreUsed() throws Exception {
    assertRefused(pickle().op('X').int32(-1), "wanted 4294967295 bytes more");
    assertRefused(pickle().op('X').int32(1 << 30), "wanted 1073741824 bytes more");
    assertRefused(pickle().op(0x8d).int32(-1).int32(-1), "wanted 18446744073709551615 bytes more");
    assertRefused(pickle().op(0x8a).op(255), "a whole number of 255 bytes");
    assertRefused(pickle().op('j').int32(-1), "nothing was remembered");
    assertRefused(pickle().op('}').op('u'), "wanted a value on the stack");
    assertRefused(pickle().op('R'), "wanted a value on the stack");
    assertRefused(pickle().op(')').op('N').op('a'), "wanted a ArrayList, got a Tuple");
  }

  @Test
  void tensorsStayInTheirStorage() throws Exception {
    assertRefused(tensor(4, 0, 5, 1), "at 0 in a storage of 4 elements");
    assertRefused(tensor(4, 4, 1, 1), "at 4 in a storage of 4 elements");
    assertRefused(tensor(4, -1, 1, 1), "offset: wanted >= 0");
    assertRefused(tensor(4, 3, 2, -1), "stride: wanted >= 0");
    assertRefused(tensor(5, 0, 1, 1), "wanted 5 elements of F32, got 16 bytes");
    assertRefused(tensor(4, 0, Integer.MAX_VALUE, Integer.MAX_VALUE), "in a storage of 4");
    try (PthFile read = PthFile.open(write(tensor(4, 1, 3, 1)))) {
      assertThat(read.get("a").toFloats()).containsExactly(0, 0, 0);
    }
  }

  @Test
  void objectsThatMultiplyByReferencesEnd() throws Exception {
    Pickle laughs = pickle().op('(').op('(').op('t').op('q').op(0);
    for (int i = 0; i < 30; i++) {
      laughs.op('(');
      for (int j = 0; j < 10; j++) {
        laughs.op('h').op(i);
      }
      laughs.op('t').op('q').op(i + 1);
    }
    laughs.op('t');
    assertRefused(pickle().op('}').string("a").append(laughs).op('s'), "nested too deep");
    assertRefused(pickle().op(']').op('q').op(0).op('h').op(0).op('a'), "nested too deep");
    Pickle deep = pickle();
    for (int i = 0; i < 1_000_000; i++) {
      deep.op(']');
    }
    for (int i = 1; i < 1_000_000; i++) {
      deep.op('a');
    }
    assertRefused(deep, "nested too deep");
    Pickle keys = pickle().op('}').append(laughs).op('K').op(1).op('s');
    assertRefused(keys, "as a dict's key");
  }

  @Test
  void namesThatMultiplyByReferencesEnd() throws Exception {
    Pickle names = pickle().op('}').string("x".repeat(4000)).op('}');
    for (int i = 0; i < 2000; i++) {
      names.op('M').op(i & 255).op(i >> 8).op('N').op('s');
    }
    assertRefused(names.op('s'), "nested too deep");
  }

  @Test
  void aDamagedValueIsFoundWhenItIsRead() throws Exception {
    byte[] bytes = Files.readAllBytes(Fixtures.file("protocol4.pth"));
    int at = indexOf(bytes, new byte[] {0, 0, (byte) 0xc8, (byte) 0xc2}); // -100f
    bytes[at] ^= 1;
    try (PthFile read = PthFile.open(Files.write(folder.resolve("a.pth"), bytes))) {
      assertThatThrownBy(() -> read.get("a"))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("its check sum differs");
    }
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; ; i++) {
      if (java.util.Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
  }

  /** {'a': a tensor with one dimension on storage 0, which has 4 floats}. */
  private static Pickle tensor(int numel, int offset, int size, int stride) throws IOException {
    return pickle()
        .op('}')
        .string("a")
        .text("ctorch._utils\n_rebuild_tensor_v2\n")
        .op('(')
        .op('(')
        .string("storage")
        .text("ctorch\nFloatStorage\n")
        .string("0")
        .string("cpu")
        .op('J')
        .int32(numel)
        .op('t')
        .op('Q')
        .op('J')
        .int32(offset)
        .op('J')
        .int32(size)
        .op(0x85)
        .op('J')
        .int32(stride)
        .op(0x85)
        .op('t')
        .op('R')
        .op('s');
  }

  private void assertRefused(Pickle pickle, String message) throws IOException {
    Path file = write(pickle);
    assertThatThrownBy(() -> PthFile.open(file))
        .isInstanceOf(TorchException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  private Path write(Pickle pickle) throws IOException {
    return Files.write(
        folder.resolve("made.pth"),
        Fixtures.stored(
            Map.of("x/data.pkl", pickle.op('.').out.toByteArray(), "x/data/0", new byte[16])));
  }

  private static Pickle pickle() {
    return new Pickle().op(0x80).op(2);
  }

  /** Assembles opcodes. */
  private static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle op(int code) {
      out.write(code);
      return this;
    }

    Pickle text(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      return this;
    }

    Pickle int32(int value) throws IOException {
      out.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
      return this;
    }

    Pickle string(String value) throws IOException {
      return op('X').int32(value.getBytes(StandardCharsets.UTF_8).length).text(value);
    }

    /** The opcodes of another pickle, which starts with its protocol. */
    Pickle append(Pickle other) throws IOException {
      out.write(other.out.toByteArray(), 2, other.out.size() - 2);
      return this;
    }
  }
}
