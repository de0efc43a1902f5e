// SpeedState over Redis. Layout: schemas/layout-redis.ts. Closed epochs never change, so they are read without a script.
import type { Redis } from '../runtime/redis.ts';
import { countFacts, decodeCell, type RollupCells } from '../schemas/cells.ts';
import type { Generation } from '../schemas/generation.ts';
import { channels, decodeEpochLedger, ledgerSum, parseEpochMember, partitionKeys } from '../schemas/layout-redis.ts';
import type { SpeedPosition } from './choose-tidemark.ts';
import type { AbsorbedEpoch, SpeedState } from './speed-state.ts';

export function createRedisSpeedState(redis: Redis, redisPrefix: string, generation: Generation): SpeedState {
  const { definition, rules } = generation;
  const { cut, run } = channels(redisPrefix, generation);
  const keysOf = (partition: number) => partitionKeys(redisPrefix, generation, partition);

  async function position(partition: number): Promise<SpeedPosition | undefined> {
    const keys = keysOf(partition);
    const [state, members] = await Promise.all([redis.hgetall(keys.state), redis.zrange(keys.epochs, '0', '-1')]);
    const [next, epoch, flushedAt] = [
      Number(state['next'] ?? 'x'),
      Number(state['epoch'] ?? 'x'),
      Number(state['flushedAt'] ?? 0),
    ];
    if (!Number.isSafeInteger(next) || !Number.isSafeInteger(epoch)) return undefined;
    const boundaries = members.flatMap((member) => parseEpochMember(member)?.to ?? []);
    return { next, epoch, boundaries, flushedAt };
  }

  async function readEpoch(partition: number, from: number, to: number): Promise<AbsorbedEpoch | undefined> {
    const [ledgerKey, , ...cellKeys] = keysOf(partition).epoch(from);
    const fields = await redis.hgetall(ledgerKey!);
    const ledger = decodeEpochLedger(new Map(Object.entries(fields)), definition.rollups);
    if (!ledger || ledgerSum(ledger) !== to - from) return undefined;
    const cells: RollupCells[] = [];
    for (const [i, key] of cellKeys.entries()) {
      const map: RollupCells = new Map();
      for (const [field, text] of Object.entries(await redis.hgetall(key))) map.set(field, decodeCell(text));
      if (map.size !== ledger.cells[i] || countFacts(map) !== ledger.facts[i]) return undefined;
      cells.push(map);
    }
    return { from, to, ledger, cells };
  }

  return {
    positions: () =>
      Promise.all(
        Array.from({ length: rules.partitions }, (_, partition) => position(partition).catch(() => undefined)),
      ),
    async epochs(partition, from, to) {
      const members = await redis.zrange(keysOf(partition).epochs, '0', '-1');
      const inside = members
        .flatMap((member) => parseEpochMember(member) ?? [])
        .filter((epoch) => epoch.from >= from && epoch.to <= to);
      const epochs: AbsorbedEpoch[] = [];
      let at = from;
      for (const range of inside.toSorted((a, b) => a.from - b.from)) {
        const epoch = range.from === at ? await readEpoch(partition, range.from, range.to) : undefined;
        if (!epoch) return undefined;
        epochs.push(epoch);
        at = range.to;
      }
      return at === to ? epochs : undefined;
    },
    askForCut: async () => void (await redis.publish(cut, '')),
    announceRun: async () => void (await redis.publish(run, '')),
  };
}
