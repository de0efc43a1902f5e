// All streams of this server: equal queries at equal intervals share one channel. Readers and channels are bounded; a
// channel that nobody reads is kept for a while, for those who come back.
import { Problem } from '../runtime/problem.ts';
import type { Query } from './query.ts';
import type { StreamChannel } from './stream-channel.ts';
import type { StreamCounts } from './stream-metrics.ts';

export interface StreamHub {
  /** Throws a 503 problem beyond the bounds. */
  enter(query: Query, minIntervalMs: number): StreamPlace;
  counts(): StreamCounts;
  close(): void;
}

/** A reader's place, until it leaves. */
interface StreamPlace {
  readonly channel: StreamChannel;
  leave(): void;
}

export interface StreamBounds {
  readonly readers: number;
  readonly queries: number;
  /** How long a channel is kept that nobody reads. */
  readonly keptMs: number;
}

interface Entry {
  readonly channel: StreamChannel;
  places: number;
  forget: NodeJS.Timeout | undefined;
}

export function createStreamHub(
  createChannel: (query: Query, minIntervalMs: number) => StreamChannel,
  bounds: StreamBounds,
): StreamHub {
  const entries = new Map<string, Entry>();
  let readers = 0;
  let closed = false;

  function drop(key: string, entry: Entry): void {
    clearTimeout(entry.forget);
    entry.channel.close();
    entries.delete(key);
  }

  function open(key: string, query: Query, minIntervalMs: number): Entry {
    if (entries.size >= bounds.queries) {
      const unread = [...entries].find(([, { places }]) => places === 0);
      if (!unread) throw tooMany(`${bounds.queries} different queries are streamed`);
      drop(...unread);
    }
    const entry: Entry = { channel: createChannel(query, minIntervalMs), places: 0, forget: undefined };
    entries.set(key, entry);
    return entry;
  }

  return {
    counts: () => ({ readers, queries: entries.size }),
    enter(query, minIntervalMs) {
      if (closed || readers >= bounds.readers) throw tooMany(closed ? 'closing' : `${bounds.readers} streams are read`);
      const key = JSON.stringify([minIntervalMs, query]);
      const entry = entries.get(key) ?? open(key, query, minIntervalMs);
      clearTimeout(entry.forget);
      entry.places += 1;
      readers += 1;
      let left = false;
      return {
        channel: entry.channel,
        leave() {
          if (left) return;
          left = true;
          entry.places -= 1;
          readers -= 1;
          if (entry.places === 0 && !closed) {
            entry.forget = setTimeout(() => drop(key, entry), bounds.keptMs).unref();
          }
        },
      };
    },
    close() {
      closed = true;
      for (const [key, entry] of entries) drop(key, entry);
    },
  };
}

function tooMany(why: string): Problem {
  return new Problem({
    code: 'too-many-streams',
    status: 503,
    title: 'Too many streams',
    detail: `no more streams are taken: ${why}`,
    retryAfterSeconds: 5,
  });
}
