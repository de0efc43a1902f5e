// A generation: a version of everything that judges and counts. Whatever is derived is keyed by its id.
import { createHash } from 'node:crypto';
import { currentSchemaId } from './codec.ts';
import { type Definition, definition } from './definition.ts';
import { type HashKey, parseHashKey } from './identity.ts';
import type { RecordRules } from './judge-record.ts';
import { currencyDigits } from './order-event.ts';

export interface GenerationSettings {
  readonly topic: string;
  readonly partitions: number;
  /** How far behind its record's timestamp an event may have occurred and still be counted live. */
  readonly horizonMs: number;
  /** 32 hexadecimal digits. */
  readonly hashKey: string;
}

export interface Generation extends GenerationSettings {
  /** 12 hexadecimal digits: a digest of everything below. */
  readonly id: string;
  /** Digest of what decides how a record is archived; generations that agree on it share an archive. */
  readonly archiveId: string;
  readonly definition: Definition;
  readonly rules: RecordRules;
  readonly chunkMs: number;
  readonly identityKey: HashKey;
  /** What the id was made of, as stored in `generations`; holds the hash key's digest, never the key. */
  readonly description: string;
}

const chunkMs = 600_000;
const maxAheadMs = 5 * 60_000;
const earliestMs = Date.UTC(2000, 0, 1);

export function createGeneration(settings: GenerationSettings): Generation {
  const { topic, partitions, horizonMs, hashKey } = settings;
  const rules: RecordRules = { earliestMs, maxAheadMs, schemaIds: [currentSchemaId], partitions };
  const judging = {
    topic,
    rules,
    chunkMs,
    currencies: digest(JSON.stringify(currencyDigits)),
    hashKey: digest(hashKey),
  };
  const description = JSON.stringify({ ...judging, horizonMs, definition });
  return {
    ...settings,
    id: digest(description),
    archiveId: digest(JSON.stringify(judging)),
    definition,
    rules,
    chunkMs,
    identityKey: parseHashKey(hashKey),
    description,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
