package io.github.vla3d.scene.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A named set of choices, in sections that each part of the program reads as a record of its own. A
 * file may extend a preset; dotted keys override single choices. A key that does not exist is an
 * error, and so is one that is missing.
 */
public final class Preset {
  /** The presets that come with the program. */
  public static final List<String> NAMES = List.of("paper", "default", "lite", "tiny", "test");

  private static final ObjectMapper YAML =
      new ObjectMapper(
              new YAMLFactory()
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER))
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);

  private static final String EXTENDS = "extends";
  private static final int DEEPEST = 4;

  private final String name;
  private final ObjectNode tree;

  private Preset(String name, ObjectNode tree) {
    this.name = name;
    this.tree = tree;
  }

  /**
   * One that comes with the program, or a YAML file.
   *
   * @param nameOrFile one of {@link #NAMES}, or a path that ends in .yaml
   * @throws ConfigException if there is none of that name, or the file is no YAML mapping
   */
  public static Preset of(String nameOrFile) {
    return new Preset(nameOrFile, resolve(nameOrFile, 0));
  }

  /**
   * A resolved configuration as {@link #toYaml} writes it.
   *
   * @param where what messages call it
   * @throws ConfigException if it is no YAML mapping
   */
  public static Preset parse(String where, String yaml) {
    return new Preset(where, extended(where, mapping(where, yaml), 0));
  }

  private static ObjectNode resolve(String nameOrFile, int depth) {
    if (depth > DEEPEST) {
      throw new ConfigException("preset " + nameOrFile + ": presets extend each other too deeply");
    }
    return extended(nameOrFile, mapping(nameOrFile, text(nameOrFile)), depth);
  }

  private static ObjectNode extended(String where, ObjectNode own, int depth) {
    JsonNode base = own.remove(EXTENDS);
    if (base == null) {
      return own;
    }
    ObjectNode tree = resolve(base.asText(), depth + 1);
    merge(where, "", tree, own);
    return tree;
  }

  private static String text(String nameOrFile) {
    try {
      if (NAMES.contains(nameOrFile)) {
        String file = "/io/github/vla3d/scene/presets/" + nameOrFile + ".yaml";
        try (InputStream in = Preset.class.getResourceAsStream(file)) {
          if (in == null) {
            throw new IllegalStateException("no resource " + file);
          }
          return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
      }
      if (nameOrFile.endsWith(".yaml") && Files.isRegularFile(Path.of(nameOrFile))) {
        return Files.readString(Path.of(nameOrFile));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new ConfigException(
        "preset: wanted one of " + NAMES + " or a .yaml file, got '" + nameOrFile + "'");
  }

  private static ObjectNode mapping(String where, String yaml) {
    try {
      if (YAML.readTree(yaml) instanceof ObjectNode node) {
        return node;
      }
    } catch (JacksonException e) {
      throw new ConfigException(where + ": no YAML: " + e.getOriginalMessage(), e);
    }
    throw new ConfigException(where + ": wanted a YAML mapping");
  }

  private static void merge(String where, String path, ObjectNode into, ObjectNode from) {
    for (Map.Entry<String, JsonNode> entry : from.properties()) {
      String key = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
      JsonNode before = into.get(entry.getKey());
      if (before == null) {
        throw unknown(where, key, into);
      }
      if (before instanceof ObjectNode inner && entry.getValue() instanceof ObjectNode more) {
        merge(where, key, inner, more);
      } else {
        into.set(entry.getKey(), entry.getValue());
      }
    }
  }

  private static ConfigException unknown(String where, String key, ObjectNode siblings) {
    List<String> names = new ArrayList<>();
    siblings.fieldNames().forEachRemaining(names::add);
    return new ConfigException(where + ": no key '" + key + "'; there are " + names);
  }

  /**
   * The same with one choice changed.
   *
   * @param key dotted, e.g. scene.sizes.probes
   * @param value as it would stand in YAML
   * @throws ConfigException if there is no such key
   */
  public Preset with(String key, String value) {
    ObjectNode copy = tree.deepCopy();
    ObjectNode at = copy;
    String[] parts = key.split("\\.", -1);
    for (int i = 0; i < parts.length; i++) {
      JsonNode next = at.get(parts[i]);
      if (next == null) {
        throw unknown(name, key, at);
      }
      if (i < parts.length - 1) {
        if (!(next instanceof ObjectNode inner)) {
          throw new ConfigException(name + ": key '" + key + "' goes below a value");
        }
        at = inner;
        continue;
      }
      try {
        at.set(parts[i], YAML.readTree(value));
      } catch (JacksonException e) {
        throw new ConfigException(key + ": no YAML value: " + value, e);
      }
    }
    return new Preset(name, copy);
  }

  /** The same with several choices changed. */
  public Preset with(Map<String, String> choices) {
    Preset result = this;
    for (Map.Entry<String, String> choice : choices.entrySet()) {
      result = result.with(choice.getKey(), choice.getValue());
    }
    return result;
  }

  /** The section {@code scene}. */
  public SceneConfig scene() {
    return section("scene", SceneConfig.class);
  }

  /**
   * A section as the record that its part of the program reads.
   *
   * @throws ConfigException if a key is missing, superfluous or of a value that cannot be
   */
  public <T> T section(String section, Class<T> type) {
    JsonNode node = tree.get(section);
    if (node == null) {
      throw unknown(name, section, tree);
    }
    try {
      return YAML.treeToValue(node, type);
    } catch (JacksonException e) {
      Throwable cause = e.getCause();
      String what =
          cause instanceof IllegalArgumentException && cause.getMessage() != null
              ? cause.getMessage()
              : e.getOriginalMessage();
      String key = path(section, e);
      throw new ConfigException(
          "%s: %s: %s".formatted(name, key, firstLine(what).replaceFirst(" \\(for .*$", "")), e);
    }
  }

  /** The dotted key at which reading stopped. */
  private static String path(String section, JacksonException e) {
    StringBuilder path = new StringBuilder(section);
    if (e instanceof JsonMappingException mapping) {
      for (JsonMappingException.Reference at : mapping.getPath()) {
        if (at.getFieldName() != null) {
          path.append('.').append(at.getFieldName());
        }
      }
    }
    return path.toString();
  }

  private static String firstLine(@Nullable String text) {
    return String.valueOf(text).lines().findFirst().orElse("");
  }

  /** What was asked for: a name or a file. */
  public String name() {
    return name;
  }

  /** All choices, resolved: what is saved beside every result. */
  public String toYaml() {
    try {
      return YAML.writeValueAsString(tree);
    } catch (JacksonException e) {
      throw new IllegalStateException(e);
    }
  }
}
