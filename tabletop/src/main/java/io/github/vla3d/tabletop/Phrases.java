package io.github.vla3d.tabletop;

import java.util.ArrayList;
import java.util.List;

/** Other words for the same task, from polite to roundabout. */
final class Phrases {
  private static final List<String> POLITE =
      List.of("please %s", "%s, please", "could you %s", "robot, %s", "now %s");

  private static final List<String> EAGER =
      List.of(
          "I would like you to %s",
          "your job is to %s",
          "it would be great if you could %s",
          "the next thing to do is to %s");

  private static final List<String> DISTRACTING =
      List.of(
          "we have guests tonight and the kitchen is a mess, so %s",
          "ignore everything else that is lying around and %s",
          "before the kettle boils, %s",
          "never mind the noise next door, just %s");

  private static final List<String> CAREFUL =
      List.of(
          "look at the table first, find what is meant, and then %s without touching the rest",
          "take your time: with a steady hand, %s, and leave everything else as it is",
          "think about which of the things is meant; then %s and stop");

  private static final String[][] SYNONYMS = {
    {"pick up", "grab", "take"},
    {"place", "set", "lay"},
    {"put", "deposit", "set"},
    {"basket", "wicker basket", "woven container"},
    {"plate", "dish", "round plate"},
    {"bowl", "round dish", "bowl"},
    {"mug", "cup", "drinking cup"},
    {"block", "cube", "little cube"},
    {"can ", "tin ", "tin "},
    {"bottle", "flask", "squeeze bottle"},
    {"drawer", "pull-out compartment", "drawer"},
    {"cabinet", "wooden cupboard", "chest of drawers"},
    {"lid", "cover", "wooden cover"}
  };

  private Phrases() {}

  /**
   * @param severity 1 adds a polite word, 2 changes the words, 3 the sentence, 4 adds what does not
   *     matter, 5 all of it
   */
  static String reworded(Task task, int severity, Dice dice) {
    String plain = task.instructions().get(dice.below(task.instructions().size()));
    return switch (severity) {
      case 1 -> pick(POLITE, dice).formatted(plain);
      case 2 -> synonyms(plain, dice);
      case 3 -> pick(EAGER, dice).formatted(synonyms(plain, dice));
      case 4 -> pick(DISTRACTING, dice).formatted(synonyms(plain, dice));
      default -> pick(CAREFUL, dice).formatted(synonyms(plain, dice));
    };
  }

  /** All words that instructions may have beside those of the tasks. */
  static List<String> texts() {
    List<String> texts = new ArrayList<>();
    for (List<String> forms : List.of(POLITE, EAGER, DISTRACTING, CAREFUL)) {
      forms.forEach(form -> texts.add(form.replace("%s", " ")));
    }
    for (String[] words : SYNONYMS) {
      texts.addAll(List.of(words));
    }
    return texts;
  }

  private static String pick(List<String> forms, Dice dice) {
    return forms.get(dice.below(forms.size()));
  }

  private static String synonyms(String text, Dice dice) {
    String result = text;
    for (String[] words : SYNONYMS) {
      result = result.replace(words[0], words[1 + dice.below(2)]);
    }
    return result;
  }
}
