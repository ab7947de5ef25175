package io.github.vla3d.torch.io;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the pickle of a {@code torch.save} file without executing anything.
 *
 * <p>A pickle is a program that may call any function. Instead of a general interpreter with a list
 * of what is forbidden, this is one in which nothing else exists than what a state dict is made of:
 * the opcodes that Python's pickler writes for dicts, lists, tuples, texts and numbers, and the few
 * names of {@link #call} and {@link #STORAGES}. There is nothing to call that is not written here,
 * every length is checked against the bytes that are left, and every opcode makes at most one small
 * object, so that memory is bounded by the pickle's own length.
 */
final class StatePickle {
  private static final Map<String, DType> STORAGES =
      Map.of(
          "torch.DoubleStorage", DType.F64,
          "torch.FloatStorage", DType.F32,
          "torch.BFloat16Storage", DType.BF16,
          "torch.HalfStorage", DType.F16,
          "torch.LongStorage", DType.I64,
          "torch.IntStorage", DType.I32,
          "torch.ShortStorage", DType.I16,
          "torch.CharStorage", DType.I8,
          "torch.ByteStorage", DType.U8,
          "torch.BoolStorage", DType.BOOL);

  private static final String ORDERED_DICT = "collections.OrderedDict";
  private static final String TENSOR = "torch._utils._rebuild_tensor_v2";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final String SIZE = "torch.Size";
  private static final Set<String> FUNCTIONS = Set.of(ORDERED_DICT, TENSOR, PARAMETER, SIZE);

  private static final int MAX_DIMS = 64;
  private static final int MAX_DEPTH = 32;

  /** A name may be short in the pickle by references, but not by this factor. */
  private static final long PATHS_PER_BYTE = 16;

  /** Values that the file has but a map of tensors does not: None. */
  private static final Object NONE = new Object();

  private static final Object MARK = new Object();

  private record Global(String name) {}

  /** Not a list: Python's tuples cannot be appended to. */
  private record Tuple(List<Object> items) {}

  /** A run of elements in an entry of the archive. */
  record Storage(DType dtype, String key, long numel) {}

  /** A strided view of a storage, inside its bounds; strides in elements. */
  record View(TensorSpec spec, Storage storage, long offset, List<Long> strides) {}

  private final ByteBuffer in;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();

  private StatePickle(byte[] pickle) {
    this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * All tensors of the pickled object by their path: keys of dicts and indices of lists joined with
   * dots. Other values (numbers, texts) are left out.
   *
   * @throws TorchException if the pickle is damaged or wants anything else
   */
  static Map<String, View> tensors(byte[] pickle) {
    StatePickle reader = new StatePickle(pickle);
    Object root = reader.run();
    Map<String, View> tensors = new LinkedHashMap<>();
    new Flattener(tensors, PATHS_PER_BYTE * pickle.length).add("", root, 0);
    return tensors;
  }

  // Python's opcodes, by their letters or numbers in pickletools.
  private Object run() {
    while (true) {
      int at = in.position();
      int op = in.hasRemaining() ? in.get() & 0xff : -1;
      switch (op) {
        case 0x80 -> number(1); // PROTO
        case 0x95 -> number(8); // FRAME
        case '(' -> stack.add(MARK);
        case '}' -> stack.add(new LinkedHashMap<>());
        case ']' -> stack.add(new ArrayList<>());
        case ')' -> stack.add(new Tuple(List.of()));
        case 'N' -> stack.add(NONE);
        case 0x88 -> stack.add(true);
        case 0x89 -> stack.add(false);
        case 'K' -> stack.add(number(1));
        case 'M' -> stack.add(number(2));
        case 'J' -> stack.add((long) (int) number(4));
        case 0x8a -> stack.add(longNumber());
        case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(number(8))));
        case 'X' -> stack.add(text(number(4)));
        case 0x8c -> stack.add(text(number(1)));
        case 0x8d -> stack.add(text(number(8)));
        case 'q' -> memo.put(number(1), top());
        case 'r' -> memo.put(number(4), top());
        case 0x94 -> memo.put((long) memo.size(), top());
        case 'h' -> stack.add(remembered(number(1)));
        case 'j' -> stack.add(remembered(number(4)));
        case 't' -> stack.add(new Tuple(popToMark()));
        case 0x85 -> stack.add(new Tuple(pop(1)));
        case 0x86 -> stack.add(new Tuple(pop(2)));
        case 0x87 -> stack.add(new Tuple(pop(3)));
        case 'a' -> append(pop(1));
        case 'e' -> append(popToMark());
        case 's' -> setItems(pop(2));
        case 'u' -> setItems(popToMark());
        case 'c' -> stack.add(global(line() + "." + line()));
        case 0x93 -> {
          List<Object> name = pop(2);
          stack.add(global(as(String.class, name.get(0)) + "." + as(String.class, name.get(1))));
        }
        case 'Q' -> stack.add(storage(pop(1).get(0)));
        case 'R' -> {
          List<Object> call = pop(2);
          stack.add(
              call(as(Global.class, call.get(0)).name(), as(Tuple.class, call.get(1)).items()));
        }
        case 'b' -> {
          // An OrderedDict's attributes: versions of modules, which no tensor depends on.
          as(LinkedHashMap.class, pop(1).get(0));
          as(LinkedHashMap.class, top());
        }
        case '.' -> {
          Object root = pop(1).get(0);
          if (in.hasRemaining() || !stack.isEmpty()) {
            throw new TorchException("pickle: more than one object");
          }
          return root;
        }
        case -1 -> throw new TorchException("pickle: ends too early");
        default ->
            throw new TorchException(
                "pickle: byte %d: opcode 0x%02x is not used for tensors".formatted(at, op));
      }
    }
  }

  /** Little-endian and unsigned, but for 8 bytes. */
  private long number(int bytes) {
    need(bytes);
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (in.get() & 0xffL) << (8 * i);
    }
    return value;
  }

  /** Little-endian two's complement with its length in front. */
  private long longNumber() {
    int bytes = (int) number(1);
    if (bytes > 8) {
      throw new TorchException("pickle: a whole number of " + bytes + " bytes");
    }
    long value = number(bytes);
    int unused = 64 - 8 * bytes;
    return bytes == 0 ? 0 : value << unused >> unused;
  }

  private void need(long bytes) {
    if (bytes < 0 || bytes > in.remaining()) {
      throw new TorchException(
          "pickle: wanted %s bytes more, got %d"
              .formatted(Long.toUnsignedString(bytes), in.remaining()));
    }
  }

  private String text(long bytes) {
    need(bytes);
    ByteBuffer utf8 = in.slice(in.position(), (int) bytes);
    in.position(in.position() + (int) bytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw new TorchException("pickle: a text is not UTF-8", e);
    }
  }

  private String line() {
    for (int i = in.position(); i < in.limit(); i++) {
      if (in.get(i) == '\n') {
        String line = text(i - in.position());
        in.get();
        return line;
      }
    }
    throw new TorchException("pickle: ends too early");
  }

  private Object top() {
    return stack.isEmpty() ? popOfNothing() : unmarked(stack.get(stack.size() - 1));
  }

  private static Object popOfNothing() {
    throw new TorchException("pickle: wanted a value on the stack, got none");
  }

  private static Object unmarked(Object value) {
    return value == MARK ? popOfNothing() : value;
  }

  private List<Object> pop(int n) {
    if (stack.size() < n) {
      popOfNothing();
    }
    List<Object> tail = stack.subList(stack.size() - n, stack.size());
    List<Object> values = List.copyOf(tail);
    tail.clear();
    values.forEach(StatePickle::unmarked);
    return values;
  }

  private List<Object> popToMark() {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      popOfNothing();
    }
    List<Object> values = pop(stack.size() - mark - 1);
    stack.remove(mark);
    return values;
  }

  private Object remembered(long key) {
    Object value = memo.get(key);
    if (value == null) {
      throw new TorchException("pickle: nothing was remembered as " + key);
    }
    return value;
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> values) {
    as(ArrayList.class, top()).addAll(values);
  }

  @SuppressWarnings("unchecked")
  private void setItems(List<Object> values) {
    Map<Object, Object> map = as(LinkedHashMap.class, top());
    if (values.size() % 2 != 0) {
      throw new TorchException("pickle: a dict's key without a value");
    }
    for (int i = 0; i < values.size(); i += 2) {
      Object key = values.get(i);
      // Anything else would have to be hashed, however deep it is.
      if (!(key instanceof String || key instanceof Long || key instanceof Boolean)) {
        throw new TorchException("pickle: wanted a text or a whole number as a dict's key");
      }
      if (map.put(key, values.get(i + 1)) != null) {
        throw new TorchException("pickle: '" + key + "' is in a dict twice");
      }
    }
  }

  private static Global global(String name) {
    if (!FUNCTIONS.contains(name) && !STORAGES.containsKey(name)) {
      throw new TorchException(
          "pickle: wants '"
              + shorten(name)
              + "', which is not a tensor of a known type: refused, nothing was executed");
    }
    return new Global(name);
  }

  private static Object call(String function, List<Object> args) {
    return switch (function) {
      case ORDERED_DICT -> {
        if (!args.isEmpty()) {
          throw new TorchException("pickle: wanted an empty OrderedDict to fill");
        }
        yield new LinkedHashMap<>();
      }
      case TENSOR -> view(args);
      case PARAMETER -> as(View.class, argument(args, 0));
      case SIZE -> as(Tuple.class, argument(args, 0));
      default -> throw new TorchException("pickle: calls '" + function + "', a type");
    };
  }

  private static Object argument(List<Object> args, int i) {
    if (i >= args.size()) {
      throw new TorchException("pickle: wanted more than " + args.size() + " arguments");
    }
    return args.get(i);
  }

  /** ('storage', type, name of the entry, device, number of elements). */
  private static Storage storage(Object id) {
    List<Object> args = as(Tuple.class, id).items();
    if (args.size() != 5 || !args.get(0).equals("storage")) {
      throw new TorchException("pickle: wanted a storage of five parts, got " + args.size());
    }
    DType dtype = STORAGES.get(as(Global.class, args.get(1)).name());
    if (dtype == null) {
      throw new TorchException("pickle: a storage of no type");
    }
    return new Storage(
        dtype, as(String.class, args.get(2)), natural(as(Long.class, args.get(4)), "storage"));
  }

  /** (storage, offset, sizes, strides, requires gradient, hooks): the last two are not data. */
  private static View view(List<Object> args) {
    Storage storage = as(Storage.class, argument(args, 0));
    long offset = natural(as(Long.class, argument(args, 1)), "offset");
    List<Long> shape = naturals(argument(args, 2), "size");
    List<Long> strides = naturals(argument(args, 3), "stride");
    if (shape.size() != strides.size()) {
      throw new TorchException("pickle: a tensor of sizes " + shape + " and strides " + strides);
    }
    try {
      long numel = 1;
      long last = offset;
      for (int i = 0; i < shape.size(); i++) {
        numel = Math.multiplyExact(numel, Math.max(shape.get(i), 1));
        last =
            Math.addExact(last, Math.multiplyExact(Math.max(shape.get(i), 1) - 1, strides.get(i)));
      }
      Math.multiplyExact(numel, storage.dtype().bytes());
      if (!shape.contains(0L) && last >= storage.numel()) {
        throw new TorchException(
            "pickle: a tensor of sizes %s and strides %s at %d in a storage of %d elements"
                .formatted(shape, strides, offset, storage.numel()));
      }
    } catch (ArithmeticException e) {
      throw new TorchException("pickle: a tensor of sizes " + shape + " is too large", e);
    }
    return new View(new TensorSpec(storage.dtype(), shape), storage, offset, strides);
  }

  private static List<Long> naturals(Object tuple, String what) {
    List<Object> items = as(Tuple.class, tuple).items();
    if (items.size() > MAX_DIMS) {
      throw new TorchException("pickle: a tensor of " + items.size() + " dimensions");
    }
    return items.stream().map(item -> natural(as(Long.class, item), what)).toList();
  }

  private static long natural(long value, String what) {
    if (value < 0) {
      throw new TorchException("pickle: " + what + ": wanted >= 0, got " + value);
    }
    return value;
  }

  private static <T> T as(Class<T> wanted, Object value) {
    if (!wanted.isInstance(value)) {
      throw new TorchException(
          "pickle: wanted a "
              + wanted.getSimpleName()
              + ", got a "
              + value.getClass().getSimpleName());
    }
    return wanted.cast(value);
  }

  private static String shorten(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }

  /** Walks the pickled object; ends on cycles and on objects that multiply by references. */
  private static final class Flattener {
    private final Map<String, View> tensors;
    private long budget;

    /**
     * @param budget for characters of all paths
     */
    Flattener(Map<String, View> tensors, long budget) {
      this.tensors = tensors;
      this.budget = budget;
    }

    void add(String path, Object value, int depth) {
      budget -= 1 + path.length();
      if (budget < 0 || depth > MAX_DEPTH || path.length() > StrictJson.MAX_NAME) {
        throw new TorchException("pickle: nested too deep, at '" + shorten(path) + "'");
      }
      if (value instanceof View view) {
        if (path.isEmpty()) {
          throw new TorchException("pickle: wanted a dict or a list of tensors, got one tensor");
        }
        if (tensors.put(path, view) != null) {
          throw new TorchException("pickle: two tensors are named '" + shorten(path) + "'");
        }
      } else if (value instanceof Map<?, ?> map) {
        map.forEach((key, item) -> add(join(path, key), item, depth + 1));
      } else if (value instanceof List<?> list) {
        addAll(path, list, depth);
      } else if (value instanceof Tuple tuple) {
        addAll(path, tuple.items(), depth);
      }
    }

    private void addAll(String path, List<?> items, int depth) {
      for (int i = 0; i < items.size(); i++) {
        add(join(path, i), items.get(i), depth + 1);
      }
    }

    private static String join(String path, Object key) {
      return path.isEmpty() ? key.toString() : path + "." + key;
    }
  }
}
