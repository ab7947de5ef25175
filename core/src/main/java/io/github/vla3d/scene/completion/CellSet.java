package io.github.vla3d.scene.completion;

import java.util.Arrays;

/** A hash set of grid cells that keeps who came first into each, up to a number of cells. */
final class CellSet {
  private static final int AXIS_BITS = 21;
  private static final long AXIS_MASK = (1L << AXIS_BITS) - 1;
  private static final long MIX = 0x9e3779b97f4a7c15L;

  private final int most;
  private final int shift;
  private final long[] keys;
  private final int[] cellOf; // in the table: number of the cell plus 1, 0 for a free place
  private final int[] first;
  private final int[] count;
  private int size;

  CellSet(int most) {
    this.most = most;
    int bits = 33 - Integer.numberOfLeadingZeros(most);
    this.shift = 64 - bits;
    this.keys = new long[1 << bits];
    this.cellOf = new int[1 << bits];
    this.first = new int[most];
    this.count = new int[most];
  }

  void clear() {
    Arrays.fill(cellOf, 0);
    size = 0;
  }

  /** Counts a visitor of a cell; false if it would be one cell too many. */
  boolean add(long x, long y, long z, int visitor) {
    long key = (x & AXIS_MASK) << 2 * AXIS_BITS | (y & AXIS_MASK) << AXIS_BITS | (z & AXIS_MASK);
    int place = (int) (key * MIX >>> shift);
    while (cellOf[place] != 0) {
      if (keys[place] == key) {
        count[cellOf[place] - 1]++;
        return true;
      }
      place = (place + 1) & (keys.length - 1);
    }
    if (size == most) {
      return false;
    }
    keys[place] = key;
    first[size] = visitor;
    count[size] = 1;
    cellOf[place] = ++size;
    return true;
  }

  int size() {
    return size;
  }

  /** The first visitor of a cell, in the order in which cells were met. */
  int first(int cell) {
    return first[cell];
  }

  /** How many visitors a cell had. */
  int count(int cell) {
    return count[cell];
  }
}
