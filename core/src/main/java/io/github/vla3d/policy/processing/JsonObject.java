package io.github.vla3d.policy.processing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;

/**
 * An object of a JSON file that is read key by key. Whoever has read it asks {@link #done} whether
 * a key was left over: a key that we do not know may change what the file means.
 *
 * <p>All methods throw {@link ProcessingException} with the file and the place in it.
 */
public final class JsonObject {
  private static final long MAX_BYTES = 64 << 20;

  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(32).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final String place;
  private final JsonNode node;
  private final Set<String> unread = new TreeSet<>();

  private JsonObject(String place, JsonNode node) {
    this.place = place;
    this.node = node;
    if (!node.isObject()) {
      throw new ProcessingException(place + ": wanted an object, got " + kind(node));
    }
    node.fieldNames().forEachRemaining(unread::add);
  }

  /**
   * @throws ProcessingException if the file is missing, larger than 64 MiB, or no JSON object
   */
  public static JsonObject read(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new ProcessingException(
            file + ": wanted at most " + MAX_BYTES + " bytes, got " + size);
      }
      return new JsonObject(file.toString(), JSON.readTree(Files.readAllBytes(file)));
    } catch (JsonProcessingException e) {
      throw new ProcessingException(file + ": no JSON: " + e.getOriginalMessage(), e);
    } catch (NoSuchFileException e) {
      throw new ProcessingException(file + ": no such file", e);
    } catch (IOException e) {
      throw new ProcessingException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Where this object stands, for messages. */
  public String place() {
    return place;
  }

  /** Whether there is a value (null is none). */
  public boolean has(String key) {
    if (node.path(key).isNull()) {
      unread.remove(key);
    }
    return node.hasNonNull(key);
  }

  /** All keys in the order of the file. */
  public List<String> keys() {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  public String text(String key) {
    return text(place + "." + key, take(key));
  }

  public String text(String key, String otherwise) {
    return has(key) ? text(key) : otherwise;
  }

  public int integer(String key) {
    JsonNode value = take(key);
    if (!value.canConvertToExactIntegral() || !value.canConvertToInt()) {
      throw wrong(key, "an integer", value);
    }
    return value.intValue();
  }

  public double number(String key) {
    JsonNode value = take(key);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong(key, "a finite number", value);
    }
    return value.doubleValue();
  }

  public boolean bool(String key) {
    JsonNode value = take(key);
    if (!value.isBoolean()) {
      throw wrong(key, "true or false", value);
    }
    return value.booleanValue();
  }

  public boolean bool(String key, boolean otherwise) {
    return has(key) ? bool(key) : otherwise;
  }

  public JsonObject object(String key) {
    return new JsonObject(place + "." + key, take(key));
  }

  public List<JsonObject> objects(String key) {
    return list(key, JsonObject::new);
  }

  public List<String> texts(String key) {
    return list(key, JsonObject::text);
  }

  public double[] numbers(String key) {
    return list(
            key,
            (where, value) -> {
              if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
                throw new ProcessingException(
                    where + ": wanted a finite number, got " + kind(value));
              }
              return value.doubleValue();
            })
        .stream()
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  public int[] integers(String key) {
    return list(
            key,
            (where, value) -> {
              if (!value.canConvertToExactIntegral() || !value.canConvertToInt()) {
                throw new ProcessingException(where + ": wanted an integer, got " + kind(value));
              }
              return value.intValue();
            })
        .stream()
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** All keys with their texts. */
  public Map<String, String> textMap(String key) {
    JsonObject object = object(key);
    Map<String, String> map = new LinkedHashMap<>();
    object.keys().forEach(name -> map.put(name, object.text(name)));
    return map;
  }

  private <T> List<T> list(String key, BiFunction<String, JsonNode, T> element) {
    JsonNode value = take(key);
    if (!value.isArray()) {
      throw wrong(key, "a list", value);
    }
    List<T> list = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      list.add(element.apply(place + "." + key + "[" + i + "]", value.get(i)));
    }
    return list;
  }

  /**
   * @throws ProcessingException naming every key that nobody has read
   */
  public void done() {
    if (!unread.isEmpty()) {
      throw new ProcessingException(place + ": unknown keys " + unread);
    }
  }

  private JsonNode take(String key) {
    unread.remove(key);
    JsonNode value = node.path(key);
    if (value.isMissingNode()) {
      throw new ProcessingException(place + ": wanted a key '" + key + "', got " + keys());
    }
    return value;
  }

  private static String text(String place, JsonNode value) {
    if (!value.isTextual()) {
      throw new ProcessingException(place + ": wanted a text, got " + kind(value));
    }
    return value.textValue();
  }

  private ProcessingException wrong(String key, String wanted, JsonNode got) {
    return new ProcessingException(place + "." + key + ": wanted " + wanted + ", got " + kind(got));
  }

  private static String kind(JsonNode node) {
    if (node.isContainerNode()) {
      return node.isArray() ? "a list" : "an object";
    }
    String text = node.isMissingNode() ? "nothing" : node.toString();
    return text.length() <= 40 ? text : text.substring(0, 37) + "...";
  }
}
