// Reads request bodies under bounds: chunk by chunk with a limit on standing still, or whole with a limit on size.
import type { Readable } from 'node:stream';
import { bodyStandsStill, bodyTooLarge, overloaded } from './errors.ts';

/** Bytes of whole bodies that are in memory at a time, all requests together. */
export interface ByteBudget {
  /** False where the bytes do not fit; then nothing was taken. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function createByteBudget(mostBytes: number): ByteBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > mostBytes) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}

/**
 * The body's chunks, read only as fast as they are consumed. Leaving early does not destroy the connection, so that an
 * answer can still be sent.
 * @throws Problem 408 `body-timeout` where no byte comes for `idleMs`; the time between two reads does not count.
 */
export async function* readChunks(body: Readable, idleMs: number): AsyncGenerator<Buffer> {
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  for (;;) {
    const next = await orIdle(chunks.next(), idleMs);
    if (next.done) return;
    yield next.value;
  }
}

/**
 * The whole body.
 * @throws Problem 413 above `limitBytes`, 408 where it stands still, 503 where the budget is spent.
 */
export async function readWhole(
  body: Readable,
  { limitBytes, idleMs, budget }: { limitBytes: number; idleMs: number; budget: ByteBudget },
): Promise<{ readonly bytes: Buffer; readonly release: () => void }> {
  const parts: Buffer[] = [];
  let size = 0;
  const release = () => {
    budget.give(size);
    size = 0;
  };
  try {
    // A trickle of single bytes must not hold a place for ever: the whole has a limit of its own.
    const deadline = performance.now() + 4 * idleMs;
    for await (const chunk of readChunks(body, idleMs)) {
      if (size + chunk.length > limitBytes) throw bodyTooLarge(limitBytes);
      if (performance.now() > deadline) throw bodyStandsStill(4 * idleMs);
      if (!budget.take(chunk.length)) throw overloaded('too many bytes are being read');
      size += chunk.length;
      parts.push(chunk);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { bytes: Buffer.concat(parts), release };
}

/** Reads away what is left, bounded: a client that still sends would lose an early answer to a connection reset. */
export async function drain(body: Readable, mostBytes: number, mostMs: number): Promise<void> {
  const deadline = performance.now() + mostMs;
  let left = mostBytes;
  try {
    for await (const chunk of readChunks(body, mostMs)) {
      left -= chunk.length;
      if (left < 0 || performance.now() > deadline) return;
    }
  } catch {
    // The client has gone or stands still: nothing is owed to it.
  }
}

async function orIdle<T>(work: Promise<T>, idleMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(bodyStandsStill(idleMs)), idleMs);
  });
  try {
    return await Promise.race([work, idle]);
  } finally {
    clearTimeout(timer);
  }
}
