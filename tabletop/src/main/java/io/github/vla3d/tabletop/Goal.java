package io.github.vla3d.tabletop;

/** Something that must be so, in terms of the labels of an episode's things. */
public sealed interface Goal {
  /** The label of what something is to be on, in, or what is to be moved. */
  default String where() {
    if (this instanceof On on) {
      return on.support();
    }
    if (this instanceof In in) {
      return in.container();
    }
    return this instanceof Open open ? open.drawer() : ((Closed) this).drawer();
  }

  /** A thing stands on the flat part of another one, let go. */
  record On(String thing, String support) implements Goal {}

  /** A thing lies within another one, let go. */
  record In(String thing, String container) implements Goal {}

  /** A drawer is out by 9 cm or more. */
  record Open(String drawer) implements Goal {}

  /** A drawer is in, to 12 mm. */
  record Closed(String drawer) implements Goal {}
}
