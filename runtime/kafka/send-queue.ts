// Packs the messages of many send calls into one flight at a time, and tells each call its offsets when its last message
// has landed. Pure bookkeeping: it sends nothing and knows no client.
import type { OutgoingMessage } from './event-producer.ts';

interface PlacedMessage extends OutgoingMessage {
  partition: number;
}

/** One call of `send`. */
export interface PendingSend {
  messages: readonly PlacedMessage[];
  /** Performance clock, milliseconds: not to take off after. */
  deadlineMs: number;
  landed: number;
  next: Map<number, number>;
  resolve: (next: Map<number, number>) => void;
  reject: (error: Error) => void;
}

export interface Flight {
  messages: PlacedMessage[];
  /** The call of each message. */
  owners: PendingSend[];
}

export interface SendQueue {
  add(pending: PendingSend): void;
  /** The next messages in order, as far as the limits allow; null if there are none. */
  take(): Flight | null;
  /** Forgets what is still queued of these calls. */
  drop(owners: ReadonlySet<PendingSend>): void;
  /** Forgets and returns the calls that have waited beyond their deadline. */
  dropLate(nowMs: number): PendingSend[];
}

/** A flight makes one batch for each partition, which must stay below the broker's `message.max.bytes` (1 MiB). */
export interface FlightLimits {
  partitionBytes: number;
  totalBytes: number;
}

export function createSendQueue({ partitionBytes, totalBytes }: FlightLimits): SendQueue {
  let waiting: PendingSend[] = [];
  let taken = 0; // of the first waiting call's messages

  function take(): Flight | null {
    const flight: Flight = { messages: [], owners: [] };
    const bytesOf = new Map<number, number>();
    let total = 0;
    for (let calls = 0; calls < waiting.length; calls++, taken = 0) {
      const owner = waiting[calls]!;
      for (; taken < owner.messages.length; taken++) {
        const message = owner.messages[taken]!;
        const bytes = messageBytes(message);
        const inPartition = (bytesOf.get(message.partition) ?? 0) + bytes;
        total += bytes;
        // A message goes through alone even if it is beyond the limits: the broker judges it then.
        if (flight.messages.length > 0 && (inPartition > partitionBytes || total > totalBytes)) {
          waiting = waiting.slice(calls);
          return flight;
        }
        bytesOf.set(message.partition, inPartition);
        flight.messages.push(message);
        flight.owners.push(owner);
      }
    }
    waiting = [];
    return flight.messages.length > 0 ? flight : null;
  }

  function drop(owners: ReadonlySet<PendingSend>): void {
    if (waiting[0] && owners.has(waiting[0])) taken = 0;
    waiting = waiting.filter((pending) => !owners.has(pending));
  }

  return {
    add(pending) {
      waiting.push(pending);
    },
    take,
    drop,
    dropLate(nowMs) {
      const late = waiting.filter((pending) => pending.deadlineMs < nowMs);
      if (late.length > 0) drop(new Set(late));
      return late;
    },
  };
}

/** Settles a landed flight: within a partition offsets follow each other from its base offset. */
export function landFlight(flight: Flight, baseOffsets: ReadonlyMap<number, number>): void {
  const offsets = new Map(baseOffsets);
  flight.messages.forEach(({ partition }, index) => {
    const owner = flight.owners[index]!;
    const next = offsets.get(partition)! + 1;
    offsets.set(partition, next);
    owner.next.set(partition, next);
    if (++owner.landed === owner.messages.length) owner.resolve(owner.next);
  });
}

const RECORD_OVERHEAD_BYTES = 32;

/** An upper estimate of the record's size in the log. */
export function messageBytes({ key, value, headers }: OutgoingMessage): number {
  let bytes = RECORD_OVERHEAD_BYTES + Buffer.byteLength(key) + value.length;
  if (headers) {
    for (const name in headers) bytes += 10 + Buffer.byteLength(name) + Buffer.byteLength(headers[name]!);
  }
  return bytes;
}
