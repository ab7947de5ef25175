package io.github.vla3d.policy.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.policy.processing.PromptTokens;
import io.github.vla3d.policy.processing.Prompts;
import io.github.vla3d.policy.processing.StateBins;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.policy.processing.openpi.OpenpiPipeline;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Bins, prompts and tokens: all to the last character. */
final class TextParts {
  static final String MODEL = "tokenizer.model";

  private static final int OLD_STATE_LENGTH = 32;

  private TextParts() {}

  static void bins(Fixture fixture) {
    String file = "state_bins.safetensors";
    for (String name : fixture.specs(file).keySet()) {
      if (name.startsWith("in.")) {
        int[] bins = StateBins.of(fixture.input(file, name));
        fixture.compare(
            file,
            "bins." + name.substring("in.".length()),
            Tensors.of(Arrays.stream(bins).asLongStream().toArray(), bins.length),
            Tolerance.EXACT);
      }
    }
  }

  static void lerobot(Fixture fixture) {
    String file = "lerobot_prompts.json";
    JsonNode json = fixture.json(file);
    String padded = "prompt_state_padded_to_" + OLD_STATE_LENGTH + "_then_same_step";
    int number = 0;
    for (JsonNode item : json.path("prompts")) {
      String name = file + "#prompts[" + number++ + "].";
      String task = item.path("task").asText();
      int[] bins = bins(item.path("state"));
      equal(fixture, name, item, "prompt_unpadded", Prompts.withState(task, bins));
      equal(
          fixture,
          name,
          item,
          padded,
          Prompts.withState(task, StateBins.padded(bins, OLD_STATE_LENGTH)));
      equal(fixture, name, item, "prompt_no_state", Prompts.withoutState(task));
      equal(fixture, name, item, "pi0_prompt", Prompts.line(task));
    }
    try (Tokenizer tokenizer = Tokenizer.open(fixture.path(MODEL))) {
      number = 0;
      for (JsonNode item : json.path("tokenized")) {
        int[] ids = tokenizer.encode(item.path("text").asText(), true);
        int length = item.path("max_length").asInt();
        PromptTokens got = PromptTokens.of(ids, length, tokenizer.pad());
        equalTokens(fixture, file + "#tokenized[" + number++ + "].", item, got);
      }
    }
  }

  static void openpi(Fixture fixture) {
    String file = "openpi_tokenize.json";
    JsonNode json = fixture.json(file);
    try (Tokenizer tokenizer =
        Tokenizer.open(fixture.path(json.path("tokenizer_model").asText(MODEL)))) {
      int number = 0;
      for (JsonNode item : json.path("cases")) {
        int @Nullable [] bins = item.path("state").isArray() ? bins(item.path("state")) : null;
        PromptTokens got =
            OpenpiPipeline.tokens(
                tokenizer, item.path("prompt").asText(), bins, item.path("max_len").asInt());
        equalTokens(fixture, file + "#cases[" + number++ + "].", item, got);
      }
    }
  }

  static void openpiStrings(Fixture fixture) {
    String file = "pi05_prompt_strings_openpi.json";
    int number = 0;
    for (JsonNode item : fixture.json(file).path("openpi")) {
      equal(
          fixture,
          file + "#openpi[" + number++ + "].",
          item,
          "full_prompt",
          Prompts.withState(item.path("prompt").asText(), bins(item.path("state"))));
    }
  }

  private static int[] bins(JsonNode state) {
    return StreamSupport.stream(state.spliterator(), false)
        .mapToInt(x -> StateBins.of(x.asDouble()))
        .toArray();
  }

  private static void equal(
      Fixture fixture, String prefix, JsonNode wanted, String key, String got) {
    fixture.compareEqual(prefix + key, wanted.path(key).asText(), got);
  }

  private static void equalTokens(
      Fixture fixture, String prefix, JsonNode wanted, PromptTokens got) {
    List<Long> mask = new ArrayList<>();
    for (boolean valid : got.mask()) {
      mask.add(valid ? 1L : 0L);
    }
    fixture.compareEqual(
        prefix + "ids", longs(wanted.path("ids")), Arrays.stream(got.ids()).boxed().toList());
    fixture.compareEqual(prefix + "mask", longs(wanted.path("mask")), mask);
  }

  private static List<Long> longs(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asLong).toList();
  }
}
