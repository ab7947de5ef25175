package io.github.vla3d.torch.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Token-wise JSON with bounds, for headers that come from strangers. */
final class StrictJson {
  /** Names are up to this long: longer ones are no names. */
  static final int MAX_NAME = 4096;

  private static final int MAX_TEXT = 16 << 20;

  /** Names of tensors are not interned: a hostile file would fill the table of the process. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(16)
                  .maxNumberLength(32)
                  .maxNameLength(MAX_NAME)
                  .maxStringLength(MAX_TEXT)
                  .build())
          .build();

  private StrictJson() {}

  /**
   * A parser standing on the opening brace.
   *
   * @throws IOException if the text is not UTF-8 or does not start with an object
   */
  static JsonParser object(ByteBuffer utf8) throws IOException {
    CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(utf8);
    JsonParser json = FACTORY.createParser(text.array(), text.arrayOffset(), text.remaining());
    expect(json, json.nextToken(), JsonToken.START_OBJECT);
    return json;
  }

  static void expect(JsonParser json, @Nullable JsonToken got, JsonToken wanted) {
    if (got != wanted) {
      throw new TorchException(
          "wanted "
              + name(wanted)
              + " at character "
              + Math.max(0, json.currentTokenLocation().getCharOffset())
              + ", got "
              + (got == null ? "nothing" : name(got)));
    }
  }

  private static String name(JsonToken token) {
    return token.name().toLowerCase(Locale.ROOT);
  }

  static String text(JsonParser json) throws IOException {
    expect(json, json.nextToken(), JsonToken.VALUE_STRING);
    return valid(json.getText());
  }

  /** Refuses halves of surrogate pairs, which JSON can spell and UTF-8 cannot. */
  static String valid(String text) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new TorchException("text with an invalid character");
    }
    return text;
  }

  static long natural(JsonParser json) throws IOException {
    expect(json, json.currentToken(), JsonToken.VALUE_NUMBER_INT);
    long value = json.getLongValue();
    if (value < 0) {
      throw new TorchException("wanted a number >= 0, got " + value);
    }
    return value;
  }

  static void end(JsonParser json) throws IOException {
    if (json.nextToken() != null) {
      throw new TorchException("text after the closing brace");
    }
  }
}
