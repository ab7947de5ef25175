package io.github.vla3d.labelling.truth;

import java.util.regex.Pattern;

/** Furniture that simulators give an instance id: those of LIBERO, and of Tabletop. */
final class Fixtures {
  private static final Pattern NAMES =
      Pattern.compile(
          "(flat_stove|wine_rack|wooden_cabinet)(_\\d+)?|cabinet|lower_drawer|upper_drawer");

  private Fixtures() {}

  static boolean includes(String name) {
    return NAMES.matcher(name).matches();
  }
}
