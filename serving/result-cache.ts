// Results that never change, kept while they fit: the least recently used ones go first. Equal reads that are under way
// at the same time share one promise; a failed one is forgotten.

export interface ResultCache<T> {
  get(key: string, make: () => Promise<T>): Promise<T>;
}

export interface CacheBounds {
  readonly entries: number;
  /** Sum of the weights of what is kept. */
  readonly weight: number;
}

export function createResultCache<T>(bounds: CacheBounds, weigh: (value: T) => number): ResultCache<T> {
  const kept = new Map<string, { readonly promise: Promise<T>; weight: number }>();
  let total = 0;

  function drop(key: string): void {
    total -= kept.get(key)?.weight ?? 0;
    kept.delete(key);
  }

  function shrink(): void {
    for (const key of kept.keys()) {
      if (kept.size <= bounds.entries && total <= bounds.weight) return;
      drop(key);
    }
  }

  return {
    get(key, make) {
      const known = kept.get(key);
      if (known) {
        kept.delete(key);
        kept.set(key, known);
        return known.promise;
      }
      const entry = { promise: make(), weight: 0 };
      kept.set(key, entry);
      entry.promise.then(
        (value) => {
          if (kept.get(key) !== entry) return;
          entry.weight = weigh(value);
          total += entry.weight;
          // One that would push out all the others is not worth them.
          if (entry.weight > bounds.weight) drop(key);
          shrink();
        },
        () => {
          if (kept.get(key) === entry) drop(key);
        },
      );
      return entry.promise;
    },
  };
}
