// The one judgement of a record of the topic, by which speed and batch count alike.
import { decodeEvent } from './codec.ts';
import { partitionOf } from './murmur2.ts';
import {
  type EventProblemCode,
  type EventRules,
  findEventProblem,
  type OrderEvent,
  problemMessage,
} from './order-event.ts';

export type RejectionCode =
  | EventProblemCode
  | 'unreadable-batch'
  | 'no-value'
  | 'bad-frame'
  | 'unknown-schema'
  | 'undecodable'
  | 'key-mismatch'
  | 'misplaced';

export interface RecordRules extends EventRules {
  readonly schemaIds: readonly number[];
  readonly partitions: number;
}

export interface JudgedRecord {
  readonly partition: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Why nothing of the record could be read. */
  readonly unreadable?: string | undefined;
}

export type Judgement =
  | { readonly kind: 'valid'; readonly event: OrderEvent; readonly schemaId: number }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string };

/** Valid event or rejection of one record; a pure function of the record and the generation's rules. Never throws. */
export function judgeRecord(record: JudgedRecord, rules: RecordRules): Judgement {
  if (record.unreadable !== undefined)
    return { kind: 'rejected', code: 'unreadable-batch', message: record.unreadable };
  const decoded = decodeEvent(record.value, rules.schemaIds);
  if (decoded.kind === 'undecodable') return { kind: 'rejected', code: decoded.code, message: decoded.message };
  const { event, schemaId } = decoded;
  if (record.key === null || !record.key.equals(Buffer.from(event.orderId))) {
    return { kind: 'rejected', code: 'key-mismatch', message: "the record key is not the event's orderId" };
  }
  const expected = partitionOf(record.key, rules.partitions);
  if (expected !== record.partition) {
    const message = `the key belongs to partition ${expected} (murmur2), the record is in ${record.partition}`;
    return { kind: 'rejected', code: 'misplaced', message };
  }
  const problem = findEventProblem(event, rules, record.timestampMs);
  if (problem) return { kind: 'rejected', code: problem.code, message: problemMessage(problem) };
  return { kind: 'valid', event, schemaId };
}
