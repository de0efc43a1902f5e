// What one archive insert holds: rows of valid events, dead letters, and for each partition the range they come from.
// Pure: record sets in, one block out. No I/O, no clock.
import type { LogRecord, RecordSet } from '../runtime/kafka/record-log.ts';
import type { Generation } from '../schemas/generation.ts';
import { identityOf } from '../schemas/identity.ts';
import { judgeRecord, type RejectionCode } from '../schemas/judge-record.ts';
import { orderEventColumns } from '../schemas/layout-clickhouse.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { createRowBinaryWriter, writeHeader } from './row-binary.ts';

/** A record that cannot be counted, as it was, with the reason. */
export interface DeadLetter {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
  readonly code: RejectionCode;
  readonly message: string;
}

/** One partition's part of a block: offsets [from, to), each a row, a rejection or in a gap. */
interface ArchivedRange {
  readonly partition: number;
  readonly from: number;
  to: number;
  rows: number;
  readonly chunks: Set<number>;
  readonly rejected: [offset: number, code: RejectionCode][];
  readonly gaps: [from: number, to: number][];
  /** Where they change; see RecordSet. */
  readonly leaderEpochs: [from: number, epoch: number][];
}

export interface ArchiveBlock {
  readonly rows: number;
  /** RowBinaryWithNamesAndTypes with the columns of order_events. */
  readonly bytes: Buffer;
  readonly ranges: readonly ArchivedRange[];
  readonly deadLetters: readonly DeadLetter[];
}

export interface ArchiveBlockBuilder {
  readonly records: number;
  readonly bytes: number;
  /** The next offset of a partition after what was added; undefined where nothing was. */
  next(partition: number): number | undefined;
  add(set: RecordSet): void;
  /** Takes all that was added; undefined where that is nothing. */
  take(): ArchiveBlock | undefined;
}

export function createArchiveBlockBuilder(generation: Generation): ArchiveBlockBuilder {
  const { archiveId, rules, chunkMs, identityKey } = generation;
  const writer = createRowBinaryWriter();
  let ranges = new Map<number, ArchivedRange>();
  let deadLetters: DeadLetter[] = [];
  let deadBytes = 0;
  let rows = 0;
  let records = 0;

  function visit(range: ArchivedRange, record: LogRecord): void {
    const { offset, timestampMs, key, value, headers, unreadable } = record;
    const judgement = judgeRecord({ partition: range.partition, timestampMs, key, value, unreadable }, rules);
    if (judgement.kind === 'rejected') {
      const { code, message } = judgement;
      range.rejected.push([offset, code]);
      const copied = headers.map(([name, text]) => [name, text && Buffer.from(text)] as const);
      const raw = { key: key && Buffer.from(key), value: value && Buffer.from(value), headers: copied };
      deadBytes += (key?.length ?? 0) + (value?.length ?? 0);
      deadLetters.push({ partition: range.partition, offset, timestampMs, ...raw, code, message });
    } else {
      writeRow(range, record, judgement.event, judgement.schemaId);
    }
    range.to = offset + 1;
    records += 1;
  }

  function writeRow(range: ArchivedRange, record: LogRecord, event: OrderEvent, schemaId: number): void {
    if (rows === 0) writeHeader(writer, orderEventColumns);
    const chunk = Math.floor(event.occurredAt / chunkMs);
    const identity = identityOf(event, identityKey);
    const items = event.items;
    writer.text(archiveId);
    writer.uint32(chunk);
    writer.uint32(range.partition);
    writer.uint64Halves(identity.high, identity.low);
    writer.uint64(record.offset);
    writer.int64(record.timestampMs);
    writer.uint32(schemaId);
    writer.text(event.eventId);
    writer.text(event.type);
    writer.text(event.orderId);
    writer.nullable(event.sequence, writer.int64);
    writer.nullable(event.customerId, writer.text);
    writer.text(event.storeId);
    writer.text(event.channel);
    writer.text(event.country);
    writer.text(event.currency);
    writer.int64(event.occurredAt);
    writer.int64(event.placedAt ?? event.occurredAt);
    writer.int64(event.amountMinor);
    writer.list(items, (item) => writer.text(item.sku));
    writer.list(items, (item) => writer.nullable(item.name, writer.text));
    writer.list(items, (item) => writer.text(item.category));
    writer.list(items, (item) => writer.int64(item.quantity));
    writer.list(items, (item) => writer.int64(item.amountMinor));
    writer.text(record.value ?? '');
    writer.list(record.headers, ([name]) => writer.text(name));
    writer.list(record.headers, ([, value]) => writer.nullable(value, writer.text));
    range.chunks.add(chunk);
    range.rows += 1;
    rows += 1;
  }

  return {
    get records() {
      return records;
    },
    get bytes() {
      return writer.bytes + deadBytes;
    },
    next: (partition) => ranges.get(partition)?.to,
    add(set) {
      const { partition, from } = set;
      const range = ranges.get(partition) ?? {
        partition,
        from,
        to: from,
        rows: 0,
        chunks: new Set<number>(),
        rejected: [],
        gaps: [],
        leaderEpochs: [],
      };
      if (range.to !== from)
        throw new Error(`partition ${partition}: the record set begins at ${from}, expected ${range.to}`);
      ranges.set(partition, range);
      for (const { from: since, epoch } of set.leaderEpochs ?? [])
        if (range.leaderEpochs.at(-1)?.[1] !== epoch) range.leaderEpochs.push([since, epoch]);
      set.walk({
        record: (record) => visit(range, record),
        gap(gapFrom, gapTo) {
          range.gaps.push([gapFrom, gapTo]);
          range.to = gapTo;
        },
      });
      if (range.to !== set.next)
        throw new Error(`partition ${partition}: the record set ended at ${range.to}, said ${set.next}`);
    },
    take() {
      if (ranges.size === 0) return undefined;
      const block = { rows, bytes: writer.take(), ranges: [...ranges.values()], deadLetters };
      ranges = new Map();
      deadLetters = [];
      deadBytes = 0;
      rows = 0;
      records = 0;
      return block;
    },
  };
}
