// Reads request bodies under bounds: chunk by chunk with a limit on standing still, or whole with a limit on size.
import type { Readable } from 'node:stream';
import { overloaded, serviceClosing } from '../runtime/http-server.ts';
import { bodyTimeout, bodyTooLarge } from './errors.ts';

/**
 * Bytes of whole bodies that are in memory at a time, all requests together. It counts their text; the objects that
 * JSON.parse makes of them come on top, up to some twenty times as much (`[{},{},…]`).
 */
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

/** A body that brings less than this in its idle time trickles: it holds a place of others. */
const progressBytes = 1024;

export interface BodyBounds {
  readonly idleMs: number;
  /** Aborts when the process closes and waits for no body any more. */
  readonly closing?: AbortSignal;
}

/**
 * The body's chunks, read only as fast as they are consumed. Leaving early does not destroy the connection, so that an
 * answer can still be sent. `eventsTaken` counts what the consumer made of them: a slow feed of events is no trickle.
 * @throws Problem 408 `body-timeout` where `idleMs` of waiting bring neither 1 KiB nor an event; the time between two
 * reads does not count. Problem 503 `closing`.
 */
export async function* readChunks(
  body: Readable,
  { idleMs, closing }: BodyBounds,
  eventsTaken?: () => number,
): AsyncGenerator<Buffer> {
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const progress = `at least ${progressBytes} bytes${eventsTaken ? ' or a valid event' : ''}`;
  const tooSlow = () => bodyTimeout(`${progress} every ${idleMs / 1000} s`);
  let leftMs = idleMs;
  let bytes = 0;
  let events = eventsTaken?.();
  for (;;) {
    const askedAt = performance.now();
    const next = await within(leftMs, chunks.next(), tooSlow, closing);
    if (next.done) return;
    leftMs -= performance.now() - askedAt;
    bytes += next.value.length;
    yield next.value;
    if (bytes < progressBytes && eventsTaken?.() === events) continue;
    leftMs = idleMs;
    bytes = 0;
    events = eventsTaken?.();
  }
}

/**
 * The whole body.
 * @throws Problem 413 above `limitBytes`, 408 where it stands still, 503 where the budget is spent or the process closes.
 */
export async function readWhole(
  body: Readable,
  { limitBytes, budget, ...bounds }: BodyBounds & { limitBytes: number; budget: ByteBudget },
): Promise<{ readonly bytes: Buffer; readonly release: () => void }> {
  const parts: Buffer[] = [];
  const { idleMs } = bounds;
  let size = 0;
  const release = () => {
    budget.give(size);
    size = 0;
  };
  try {
    // The least progress would let 5 MiB take a day and a half: the whole has a limit of its own.
    const deadline = performance.now() + 4 * idleMs;
    for await (const chunk of readChunks(body, bounds)) {
      if (size + chunk.length > limitBytes) throw bodyTooLarge(limitBytes);
      if (performance.now() > deadline) throw bodyTimeout(`the whole within ${(4 * idleMs) / 1000} s`);
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
    for await (const chunk of readChunks(body, { idleMs: mostMs })) {
      left -= chunk.length;
      if (left < 0 || performance.now() > deadline) return;
    }
  } catch {
    // The client has gone or stands still: nothing is owed to it.
  }
}

async function within<T>(mostMs: number, work: Promise<T>, tooSlow: () => Error, closing?: AbortSignal): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const end = () => reject(serviceClosing());
  const timer = setTimeout(() => reject(tooSlow()), Math.max(mostMs, 0));
  closing?.addEventListener('abort', end);
  if (closing?.aborted) end();
  try {
    return await Promise.race([work, cut]);
  } finally {
    clearTimeout(timer);
    closing?.removeEventListener('abort', end);
  }
}
