// From a published text to a flush message; undefined where it is none.
import type { FlushMessage } from '../schemas/layout-redis.ts';

export function parseFlushMessage(text: string, partitions: number): FlushMessage | undefined {
  let message: Partial<FlushMessage> | null;
  try {
    message = JSON.parse(text) as Partial<FlushMessage> | null;
  } catch {
    return undefined;
  }
  if (typeof message !== 'object' || message === null) return undefined;
  const { partition, epoch, from, next, closed, ledger, cells } = message;
  const isOffset = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const sound =
    [partition, epoch, from, next].every(isOffset) &&
    partition! < partitions &&
    typeof closed === 'boolean' &&
    isTexts(ledger) &&
    Array.isArray(cells) &&
    cells.every(isTexts);
  return sound ? (message as FlushMessage) : undefined;
}

/** Flat fields and values. */
function isTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((text) => typeof text === 'string');
}
