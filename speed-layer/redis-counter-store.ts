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
import { type CounterStore, type Flush, refusalReasons, type StoredEpoch, type WriteOutcome } from './counter-store.ts';
import { storeFault } from './errors.ts';

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
  async function run(partition: number, lua: string, keys: string[], args: (string | number | Buffer)[]) {
    try {
      return await redis.callBuffer('EVAL', lua, keys.length, ...keys, ...args);
    } catch (error) {
      throw storeFault(partition, error);
    }
  }

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
        partition,
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
      return { ...stored, epochs: epochs.map(readEpoch) };
    },
    async flush(partition, flush) {
      const keys = keysOf(partition);
      const ledger = encodeEpochLedger(flush.ledger, rollups);
      const reply = await run(
        partition,
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
        partition,
        scripts.reset,
        [keys.state, keys.epochs],
        [...state, to, maxTimestamp ?? '', clock(), keys.prefix, parts, leaderEpoch ?? ''],
      );
      return outcome(reply as ScriptReply);
    },
    async collect(partition, mark) {
      const keys = keysOf(partition);
      return (await run(partition, scripts.collect, [keys.epochs], [mark, keys.prefix, parts])) as number;
    },
  };
}

function messageOf(partition: number, flush: Flush, ledger: string[]): FlushMessage {
  const { epoch, from, next, close, cells } = flush;
  return { partition, epoch, from, next, closed: close, ledger: next === from ? [] : ledger, cells };
}

function outcome([done, why]: ScriptReply): WriteOutcome {
  if (done === 1) return { kind: 'done' };
  const reason = refusalReasons.find((known) => known === why?.toString());
  if (reason === undefined) throw new Error(`a script refused for an unknown reason: ${String(why)}`);
  return { kind: 'refused', why: reason };
}

function readOptional(text: string): number | undefined {
  return text === '' ? undefined : Number(text);
}

function loadScript(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
