// CounterStore in Redis: each verb is one Lua script (flush.lua, restore.lua, reset.lua, collect.lua). Layout: schemas/layout-redis.ts.
import { readFile } from 'node:fs/promises';
import type { Redis } from '../runtime/redis.ts';
import type { Generation } from '../schemas/generation.ts';
import {
  channels,
  decodeEpochLedger,
  encodeEpochLedger,
  epochParts,
  type FlushMessage,
  ledgerSum,
  partitionKeys,
} from '../schemas/layout-redis.ts';
import type { CounterStore, Flush, StoredEpoch, WriteOutcome } from './counter-store.ts';

export interface RedisCounterStoreOptions {
  readonly redis: Redis;
  readonly redisPrefix: string;
  readonly generation: Generation;
  readonly clock: () => number;
}

type ScriptReply = [number, Buffer?];
type EpochReply = [Buffer, Buffer, Buffer[], Buffer, ...number[]];
type RestoreReply = null | [Buffer, Buffer, Buffer, EpochReply[], Buffer];

export async function openRedisCounterStore(options: RedisCounterStoreOptions): Promise<CounterStore> {
  const { redis, redisPrefix, generation, clock } = options;
  const rollups = generation.definition.rollups;
  const channel = channels(redisPrefix, generation).flush;
  const parts = JSON.stringify(epochParts(generation));
  const keysOf = (partition: number) => partitionKeys(redisPrefix, generation, partition);
  const scripts = {
    flush: await loadScript('flush.lua'),
    restore: await loadScript('restore.lua'),
    reset: await loadScript('reset.lua'),
    collect: await loadScript('collect.lua'),
  };
  const run = (lua: string, keys: string[], args: (string | number | Buffer)[]) =>
    redis.callBuffer('EVAL', lua, keys.length, ...keys, ...args);

  function readEpoch([from, to, ledgerFields, ids, ...cellCounts]: EpochReply): StoredEpoch {
    const fields = new Map<string, string>();
    for (let i = 0; i < ledgerFields.length; i += 2)
      fields.set(ledgerFields[i]!.toString(), ledgerFields[i + 1]!.toString());
    const ledger = decodeEpochLedger(fields, rollups);
    const range = { from: Number(from), to: Number(to) };
    const whole =
      ledger !== undefined &&
      ledgerSum(ledger) === range.to - range.from &&
      ids.length === ledger.counted * 8 &&
      ledger.cells.every((cells, i) => cells === cellCounts[i]);
    return { ...range, whole, ids };
  }

  return {
    async restore(partition, tidemark) {
      const keys = keysOf(partition);
      const reply = (await run(
        scripts.restore,
        [keys.state, keys.epochs],
        [keys.prefix, tidemark, parts],
      )) as RestoreReply;
      if (!reply) return undefined;
      const [next, epoch, maxTimestamp, epochs, leaderEpoch] = reply;
      const stored = {
        next: Number(next),
        epoch: Number(epoch),
        maxTimestamp: readOptional(maxTimestamp.toString()),
        leaderEpoch: readOptional(leaderEpoch.toString()),
      };
      if (!Number.isSafeInteger(stored.next) || !Number.isSafeInteger(stored.epoch)) return undefined;
      return { ...stored, epochs: epochs.map(readEpoch) };
    },
    async flush(partition, flush) {
      const keys = keysOf(partition);
      const ledger = encodeEpochLedger(flush.ledger, rollups);
      const reply = await run(
        scripts.flush,
        [keys.state, keys.epochs, ...keys.epoch(flush.epoch), ...keys.epoch(flush.next)],
        [
          flush.from,
          flush.epoch,
          flush.next,
          flush.maxTimestamp ?? '',
          clock(),
          flush.close ? '1' : '0',
          flush.before.idsBytes,
          flush.ids,
          JSON.stringify(ledger),
          JSON.stringify(flush.cells),
          JSON.stringify(flush.before.cells),
          channel,
          JSON.stringify(messageOf(partition, flush, ledger)),
          flush.leaderEpoch ?? '',
        ],
      );
      return outcome(reply as ScriptReply);
    },
    async reset(partition, expected, to, maxTimestamp, leaderEpoch) {
      const keys = keysOf(partition);
      const state = [expected?.next ?? '', expected?.epoch ?? ''];
      const reply = await run(
        scripts.reset,
        [keys.state, keys.epochs],
        [...state, to, maxTimestamp ?? '', clock(), keys.prefix, parts, leaderEpoch ?? ''],
      );
      return outcome(reply as ScriptReply);
    },
    async collect(partition, mark) {
      const keys = keysOf(partition);
      return (await run(scripts.collect, [keys.epochs], [mark, keys.prefix, parts])) as number;
    },
  };
}

function messageOf(partition: number, flush: Flush, ledger: string[]): FlushMessage {
  const { epoch, from, next, close, cells } = flush;
  return { partition, epoch, from, next, closed: close, ledger: next === from ? [] : ledger, cells };
}

function outcome([done, why]: ScriptReply): WriteOutcome {
  return done === 1 ? { kind: 'done' } : { kind: 'refused', why: why?.toString() ?? 'unknown' };
}

function readOptional(text: string): number | undefined {
  return text === '' ? undefined : Number(text);
}

function loadScript(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
