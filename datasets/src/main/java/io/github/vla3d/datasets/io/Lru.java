package io.github.vla3d.datasets.io;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Things used lately, up to a bound on their total weight; what falls out is handed to a closer.
 * The newest always stays. Not thread safe.
 */
public final class Lru<K, V> {
  private final long bound;
  private final ToLongFunction<V> weigher;
  private final Consumer<V> closer;
  private final LinkedHashMap<K, V> entries = new LinkedHashMap<>(16, 0.75f, true);
  private long weight;

  public Lru(long bound, ToLongFunction<V> weigher, Consumer<V> closer) {
    this.bound = bound;
    this.weigher = weigher;
    this.closer = closer;
  }

  /** At most so many things. */
  public static <K, V> Lru<K, V> ofCount(int most, Consumer<V> closer) {
    return new Lru<>(most, value -> 1, closer);
  }

  /** The thing of this key, made if it is not there. */
  public V get(K key, Supplier<V> make) {
    V known = entries.get(key);
    if (known != null) {
      return known;
    }
    V made = make.get();
    entries.put(key, made);
    weight += weigher.applyAsLong(made);
    Iterator<Map.Entry<K, V>> oldest = entries.entrySet().iterator();
    while (weight > bound && entries.size() > 1) {
      V out = oldest.next().getValue();
      oldest.remove();
      weight -= weigher.applyAsLong(out);
      closer.accept(out);
    }
    return made;
  }

  /** Closes everything. */
  public void clear() {
    entries.values().forEach(closer);
    entries.clear();
    weight = 0;
  }
}
