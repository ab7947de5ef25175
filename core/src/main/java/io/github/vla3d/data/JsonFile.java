package io.github.vla3d.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A JSON document of a data set and typed access that names the key which is wrong. */
public final class JsonFile {
  /** Metadata beyond this size is not read into memory. */
  private static final long MAX_BYTES = 256L << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String file;
  private final String path;
  private final JsonNode node;

  private JsonFile(String file, String path, JsonNode node) {
    this.file = file;
    this.path = path;
    this.node = node;
  }

  /**
   * @throws DataException if the file is missing, too large or no JSON
   */
  public static JsonFile read(Path path) {
    return parse(path.toString(), text(path));
  }

  /** One document per line, as in {@code .jsonl}; empty lines are skipped. */
  public static List<JsonFile> readLines(Path path) {
    List<JsonFile> lines = new ArrayList<>();
    long row = 0;
    for (String line : text(path).lines().toList()) {
      if (!line.isBlank()) {
        lines.add(new JsonFile(path.toString(), "line " + row, tree(path.toString(), row, line)));
      }
      row++;
    }
    return lines;
  }

  /** From a text that came with a file, for example an attribute. */
  public static JsonFile parse(String file, String text) {
    return new JsonFile(file, "", tree(file, DataException.NO_ROW, text));
  }

  private static JsonNode tree(String file, long row, String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      if (node == null || node.isMissingNode()) {
        throw new DataException(file, null, row, "JSON", "nothing");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new DataException(file, null, row, "JSON", e.getOriginalMessage(), e);
    }
  }

  private static String text(Path path) {
    try {
      if (!Files.isRegularFile(path)) {
        throw new DataException(path.toString(), null, -1, "a JSON file", "no such file");
      }
      long size = Files.size(path);
      if (size > MAX_BYTES) {
        throw new DataException(
            path.toString(), null, -1, "at most " + MAX_BYTES + " bytes", size + " bytes");
      }
      return Files.readString(path, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new DataException(
          path.toString(), null, -1, "readable UTF-8", String.valueOf(e.getMessage()), e);
    }
  }

  /** The document itself. */
  public JsonNode node() {
    return node;
  }

  /** Whether a key is there and not null. */
  public boolean has(String key) {
    return node.hasNonNull(key);
  }

  /** The value under a key, which must be there. */
  public JsonFile get(String key) {
    if (!node.hasNonNull(key)) {
      throw fault(key, "a value", "none");
    }
    return new JsonFile(file, child(key), node.get(key));
  }

  /** The elements of this array. */
  public List<JsonFile> elements() {
    if (!node.isArray()) {
      throw fault(null, "an array", kind(node));
    }
    List<JsonFile> elements = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      elements.add(new JsonFile(file, path + "[" + i + "]", node.get(i)));
    }
    return elements;
  }

  /** The keys of this object, in the order of the file. */
  public List<String> keys() {
    if (!node.isObject()) {
      throw fault(null, "an object", kind(node));
    }
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** The text under a key. */
  public String text(String key) {
    JsonNode value = get(key).node;
    if (!value.isTextual()) {
      throw fault(key, "a text", kind(value));
    }
    return value.asText();
  }

  /** The text under a key, or a default where there is none. */
  public String text(String key, String otherwise) {
    return has(key) ? text(key) : otherwise;
  }

  /** The finite number under a key. */
  public double number(String key) {
    JsonNode value = get(key).node;
    if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
      throw fault(key, "a finite number", value.isNumber() ? value.asText() : kind(value));
    }
    return value.asDouble();
  }

  /** The whole number under a key, within bounds. */
  public int integer(String key, int least, int most) {
    JsonNode value = get(key).node;
    if (!value.canConvertToExactIntegral()
        || !value.canConvertToInt()
        || value.asInt() < least
        || value.asInt() > most) {
      throw fault(key, "a whole number from " + least + " to " + most, shortened(value.toString()));
    }
    return value.asInt();
  }

  /** The truth value under a key, or a default where there is none. */
  public boolean flag(String key, boolean otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    JsonNode value = get(key).node;
    if (!value.isBoolean()) {
      throw fault(key, "true or false", kind(value));
    }
    return value.asBoolean();
  }

  /** The finite numbers of this array. */
  public double[] numbers() {
    List<JsonFile> elements = elements();
    double[] numbers = new double[elements.size()];
    for (int i = 0; i < numbers.length; i++) {
      JsonNode value = elements.get(i).node;
      if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
        throw fault("[" + i + "]", "a finite number", shortened(value.toString()));
      }
      numbers[i] = value.asDouble();
    }
    return numbers;
  }

  /** The finite numbers of the array under a key, of a given length. */
  public double[] numbers(String key, int length) {
    double[] numbers = get(key).numbers();
    if (numbers.length != length) {
      throw fault(key, length + " numbers", String.valueOf(numbers.length));
    }
    return numbers;
  }

  /** Refuses keys that nobody knows: they may change what the document means. */
  public void onlyKeys(String... known) {
    for (String key : keys()) {
      if (!List.of(known).contains(key)) {
        throw fault(key, "no other keys than " + List.of(known), "this one");
      }
    }
  }

  /** A fault at a key of this document (null: the document itself). */
  public DataException fault(@Nullable String key, String wanted, String got) {
    String column = key == null ? path : child(key);
    return new DataException(file, column.isEmpty() ? null : column, -1, wanted, got);
  }

  private String child(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String kind(JsonNode value) {
    return value.getNodeType().name().toLowerCase(Locale.ROOT);
  }

  private static String shortened(String text) {
    return text.length() > 60 ? text.substring(0, 60) + "..." : text;
  }
}
