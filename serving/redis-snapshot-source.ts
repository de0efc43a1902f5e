// SnapshotSource in Redis: snapshot.lua for what must be of one moment, pages for closed epochs. Layout: schemas/layout-redis.ts.
import { readFile } from 'node:fs/promises';
import type { Redis } from '../runtime/redis.ts';
import type { RollupCells } from '../schemas/cells.ts';
import type { Generation } from '../schemas/generation.ts';
import { decodeEpochLedger, epochParts, parseEpochMember, partitionKeys } from '../schemas/layout-redis.ts';
import { type Epoch, emptyEpoch, isWhole, tallyOf } from './epoch.ts';
import { pairsOf, readCells } from './growing-epoch.ts';
import type { SnapshotSource, StoredStand } from './snapshot-source.ts';

type SnapshotReply = null | [next: string, epoch: string, members: string[], hashes: string[][]];

/** Cells of one page of a closed epoch. */
const pageSize = 5_000;

export async function openRedisSnapshotSource(
  redis: Redis,
  redisPrefix: string,
  generation: Generation,
): Promise<SnapshotSource> {
  const { definition } = generation;
  const { rollups } = definition;
  const script = await readFile(new URL('snapshot.lua', import.meta.url), 'utf8');
  const parts = epochParts(generation).filter((part) => part !== 'ids');
  const partsJson = JSON.stringify(parts);
  const keysOf = (partition: number) => partitionKeys(redisPrefix, generation, partition);

  /** undefined where the hashes are not a whole epoch of that range. */
  function toEpoch(from: number, to: number, [ledgerList = [], ...cellLists]: string[][]): Epoch | undefined {
    if (from === to) return emptyEpoch(definition, from);
    const ledger = decodeEpochLedger(new Map(pairsOf(ledgerList)), rollups);
    const cells = rollups.map((rollup, i) => readCells(cellLists[i] ?? [], rollup.measures.length + 1));
    if (!ledger || cells.includes(undefined)) return undefined;
    const epoch = { from, to, ledger, cells: cells as RollupCells[] };
    return isWhole(epoch, ledger, tallyOf(epoch.cells), rollups) ? epoch : undefined;
  }

  async function readClosed(prefix: string, from: number, to: number): Promise<Epoch | undefined> {
    const lists: string[][] = [];
    for (const part of parts) lists.push(await readHash(`${prefix}:${from}:${part}`));
    return toEpoch(from, to, lists);
  }

  async function readHash(key: string): Promise<string[]> {
    const fields: string[] = [];
    let cursor = '0';
    do {
      const [next, page] = await redis.hscan(key, cursor, 'COUNT', pageSize);
      for (const text of page) fields.push(text);
      cursor = next;
    } while (cursor !== '0');
    return fields;
  }

  return {
    async take({ partition, v, find }) {
      const keys = keysOf(partition);
      const reply = (await redis.eval(script, 2, keys.state, keys.epochs, keys.prefix, partsJson)) as SnapshotReply;
      if (!reply) return { open: undefined, closed: [], notWhole: [] };
      const [next, epoch, members, hashes] = reply;
      const notWhole: { from: number; to: number }[] = [];
      const openRange = { from: Number(epoch), to: Number(next) };
      const open = toEpoch(openRange.from, openRange.to, hashes);
      if (!open) notWhole.push(openRange);
      const closed: Epoch[] = [];
      for (const member of members) {
        const range = parseEpochMember(member);
        if (!range || (v !== undefined && range.from < v)) continue;
        const found = find(range.from, range.to) ?? (await readClosed(keys.prefix, range.from, range.to));
        if (found) closed.push(found);
        else notWhole.push(range);
      }
      return { open, closed, notWhole };
    },
    async stands() {
      const pipeline = redis.pipeline();
      for (let p = 0; p < generation.partitions; p += 1)
        pipeline.hmget(keysOf(p).state, 'next', 'epoch', 'leaderEpoch');
      const replies = (await pipeline.exec()) ?? [];
      return replies.map(([error, values]): StoredStand | undefined => {
        // A key of another type is no state; anything else means that Redis did not answer.
        if (error?.message.startsWith('WRONGTYPE')) return undefined;
        if (error) throw error;
        // Number('') is 0: an empty text is no number.
        const read = (text: string | null | undefined) => (text ? Number(text) : Number.NaN);
        const [next = Number.NaN, epoch = Number.NaN, leaderEpoch] = (values as (string | null)[]).map(read);
        if (!Number.isSafeInteger(next) || !Number.isSafeInteger(epoch)) return undefined;
        return { next, epoch, leaderEpoch: Number.isSafeInteger(leaderEpoch) ? leaderEpoch : undefined };
      });
    },
  };
}
