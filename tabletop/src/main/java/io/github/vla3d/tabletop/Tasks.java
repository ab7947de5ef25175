package io.github.vla3d.tabletop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tasks of the benchmark. Their names and layouts are for ever: change nothing, add. */
public final class Tasks {
  private static final Map<String, Task> ALL = new LinkedHashMap<>();

  // The scene of the goal suite: the same things, and only the words say what to do with them.
  private static final List<Slot> KITCHEN =
      List.of(
          cabinet(),
          drawer("lower_drawer", 0),
          drawer("upper_drawer", 0),
          Slot.at("black_bowl", "black bowl", -0.12, 0.05, 0.03),
          Slot.at("plate", "plate", 0.06, 0.2, 0.03),
          Slot.at("blue_mug", "blue mug", -0.13, 0.24, 0.03).facing(1.6, 0.6),
          Slot.at("red_block", "red block", 0.06, 0.02, 0.025));

  static {
    spatial();
    object();
    goal();
    twoStep();
  }

  private Tasks() {}

  private static Slot cabinet() {
    return Slot.at("cabinet", "cabinet", -0.06, -0.31, 0.012).facing(Math.PI, 0);
  }

  private static Slot drawer(String label, double open) {
    return Slot.at(label, "drawer", 0, 0, 0).on("cabinet").open(open);
  }

  private static void add(
      String suite,
      String name,
      List<String> instructions,
      List<Slot> slots,
      List<Skill> plan,
      List<Goal> goals,
      String... targets) {
    ALL.put(name, new Task(suite, name, instructions, slots, plan, goals, List.of(targets)));
  }

  private static void spatial() {
    add(
        "spatial",
        "bowl_next_to_mug",
        List.of(
            "pick up the black bowl next to the red mug and place it on the plate",
            "put the black bowl beside the red mug on the plate",
            "place the bowl that is next to the red mug on the plate",
            "move the black bowl by the red mug onto the plate"),
        List.of(
            Slot.at("black_bowl_1", "black bowl", -0.1, -0.12, 0.025),
            Slot.at("red_mug", "red mug", -0.12, -0.25, 0.015).facing(-1.6, 0.5),
            Slot.at("black_bowl_2", "black bowl", -0.1, 0.17, 0.025),
            Slot.at("tea_box", "tea box", -0.11, 0.29, 0.015),
            Slot.at("plate", "plate", 0.07, 0.02, 0.025)),
        List.of(new Skill.Put("black_bowl_1", "plate")),
        List.of(new Goal.On("black_bowl_1", "plate")),
        "black_bowl_1");
    add(
        "spatial",
        "block_between_cans",
        List.of(
            "pick up the green block between the cans and place it in the basket",
            "put the green block that is between the two cans in the basket",
            "place the block between the cans in the basket",
            "move the green block from between the cans into the basket"),
        List.of(
            Slot.at("green_block_1", "green block", -0.02, -0.08, 0.015).facing(0, 0.2),
            Slot.at("tomato_can", "tomato can", -0.02, -0.19, 0.01),
            Slot.at("bean_can", "bean can", -0.02, 0.03, 0.01),
            Slot.at("green_block_2", "green block", -0.18, -0.05, 0.02),
            Slot.at("basket", "basket", -0.04, 0.24, 0.02).facing(0, 0.1)),
        List.of(new Skill.Put("green_block_1", "basket")),
        List.of(new Goal.In("green_block_1", "basket")),
        "green_block_1");
    add(
        "spatial",
        "mug_near_cabinet",
        List.of(
            "pick up the white mug near the cabinet and place it on the plate",
            "put the mug that stands by the cabinet on the plate",
            "place the white mug closest to the cabinet on the plate",
            "move the white mug near the cabinet onto the plate"),
        List.of(
            cabinet(),
            drawer("lower_drawer", 0),
            drawer("upper_drawer", 0),
            Slot.at("white_mug_1", "white mug", -0.08, -0.08, 0.02).facing(0, 0.8),
            Slot.at("white_mug_2", "white mug", -0.1, 0.25, 0.025).facing(0, 0.8),
            Slot.at("plate", "plate", 0.08, 0.1, 0.025)),
        List.of(new Skill.Put("white_mug_1", "plate")),
        List.of(new Goal.On("white_mug_1", "plate")),
        "white_mug_1");
  }

  /** Texts that have every word of every instruction, reworded ones included. */
  public static List<String> texts() {
    List<String> texts = new ArrayList<>(Phrases.texts());
    ALL.values().forEach(task -> texts.addAll(task.instructions()));
    return List.copyOf(texts);
  }

  private static List<Slot> shelf(String a, String b, String c) {
    return List.of(
        Slot.at(a.replace(' ', '_'), a, -0.14, -0.12, 0.05),
        Slot.at(b.replace(' ', '_'), b, 0.03, -0.2, 0.05),
        Slot.at(c.replace(' ', '_'), c, 0.06, -0.03, 0.04),
        Slot.at("basket", "basket", -0.05, 0.22, 0.03).facing(0, 0.2));
  }

  private static void object() {
    for (String[] names :
        new String[][] {
          {"tomato can", "bean can", "corn can"},
          {"mustard bottle", "ketchup bottle", "water bottle"},
          {"cream cheese", "butter", "tea box"}
        }) {
      String label = names[0].replace(' ', '_');
      add(
          "object",
          label + "_in_basket",
          List.of(
              "pick up the " + names[0] + " and place it in the basket",
              "put the " + names[0] + " in the basket",
              "place the " + names[0] + " into the basket",
              "move the " + names[0] + " into the basket"),
          shelf(names[0], names[1], names[2]),
          List.of(new Skill.Put(label, "basket")),
          List.of(new Goal.In(label, "basket")),
          label);
    }
  }

  private static void goal() {
    add(
        "goal",
        "open_upper_drawer",
        List.of(
            "open the upper drawer of the cabinet",
            "open the top drawer",
            "pull out the upper drawer",
            "pull the top drawer of the cabinet open"),
        KITCHEN,
        List.of(new Skill.Pull("upper_drawer")),
        List.of(new Goal.Open("upper_drawer")),
        "upper_drawer");
    add(
        "goal",
        "bowl_on_plate",
        List.of(
            "put the bowl on the plate",
            "place the black bowl on the plate",
            "pick up the bowl and place it on the plate",
            "move the bowl onto the plate"),
        KITCHEN,
        List.of(new Skill.Put("black_bowl", "plate")),
        List.of(new Goal.On("black_bowl", "plate")),
        "black_bowl");
    add(
        "goal",
        "mug_on_cabinet",
        List.of(
            "put the mug on top of the cabinet",
            "place the blue mug on the cabinet",
            "pick up the mug and place it on top of the cabinet",
            "move the blue mug onto the cabinet"),
        KITCHEN,
        List.of(new Skill.Put("blue_mug", "cabinet")),
        List.of(new Goal.On("blue_mug", "cabinet")),
        "blue_mug");
    add(
        "goal",
        "block_in_bowl",
        List.of(
            "put the red block in the bowl",
            "place the red block in the black bowl",
            "pick up the block and place it in the bowl",
            "drop the red block into the bowl"),
        KITCHEN,
        List.of(new Skill.Put("red_block", "black_bowl")),
        List.of(new Goal.In("red_block", "black_bowl")),
        "red_block");
  }

  private static void twoStep() {
    add(
        "two_step",
        "two_blocks_in_basket",
        List.of(
            "put the red block and the blue block in the basket",
            "place both the red and the blue block in the basket",
            "pick up the red block and the blue block and place them in the basket",
            "move the red and the blue block into the basket"),
        List.of(
            Slot.at("red_block", "red block", -0.14, -0.14, 0.04),
            Slot.at("blue_block", "blue block", 0.04, -0.22, 0.04),
            Slot.at("yellow_block", "yellow block", 0.05, -0.04, 0.03),
            Slot.at("green_block", "green block", -0.12, 0.0, 0.025),
            Slot.at("basket", "basket", -0.05, 0.22, 0.03).facing(0, 0.2)),
        List.of(
            new Skill.Put("red_block", "basket", -0.045, 0),
            new Skill.Put("blue_block", "basket", 0.045, 0)),
        List.of(new Goal.In("red_block", "basket"), new Goal.In("blue_block", "basket")),
        "red_block",
        "blue_block");
    add(
        "two_step",
        "block_in_drawer",
        List.of(
            "put the yellow block in the open drawer and close it",
            "place the yellow block in the drawer and shut the drawer",
            "pick up the yellow block, place it in the drawer and close the drawer",
            "stow the yellow block in the drawer and push the drawer shut"),
        List.of(
            cabinet(),
            drawer("lower_drawer", 0),
            drawer("upper_drawer", 0.125),
            Slot.at("yellow_block", "yellow block", -0.06, 0.16, 0.04),
            Slot.at("green_block", "green block", 0.1, 0.2, 0.03),
            Slot.at("white_mug", "white mug", -0.14, 0.29, 0.02).facing(0, 1)),
        List.of(
            new Skill.Put("yellow_block", "upper_drawer", 0, -0.025),
            new Skill.Push("upper_drawer")),
        List.of(new Goal.In("yellow_block", "upper_drawer"), new Goal.Closed("upper_drawer")),
        "yellow_block");
    add(
        "two_step",
        "butter_in_chest",
        List.of(
            "put the butter in the chest and put the lid on",
            "place the butter in the green chest and cover it with the lid",
            "pick up the butter, place it in the chest and close the chest with its lid",
            "stow the butter in the chest, then put the lid on the chest"),
        List.of(
            Slot.at("butter", "butter", -0.1, -0.22, 0.03),
            Slot.at("cream_cheese", "cream cheese", 0.07, -0.24, 0.03),
            Slot.at("chest", "chest", 0.02, 0.02, 0.02).facing(0, 0.1),
            Slot.at("lid", "lid", -0.1, 0.23, 0.02).facing(0, 0.1)),
        List.of(new Skill.Put("butter", "chest"), new Skill.Put("lid", "chest")),
        List.of(new Goal.In("butter", "chest"), new Goal.On("lid", "chest")),
        "butter");
  }

  /** All tasks, suite by suite. */
  public static List<Task> all() {
    return new ArrayList<>(ALL.values());
  }

  /**
   * The task of this name.
   *
   * @throws IllegalArgumentException if there is none; the message names all
   */
  public static Task get(String name) {
    Task task = ALL.get(name);
    if (task == null) {
      throw new IllegalArgumentException(
          "task: wanted one of " + ALL.keySet() + ", got '" + name + "'");
    }
    return task;
  }
}
