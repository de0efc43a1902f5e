// For tests of runs: an archive that is laid by hand, a speed layer that says what the test wants, and a ClickHouse that
// fails on demand.
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { readCurrentRun, readRunLinks, runsOffChain } from '../runtime/batch-runs.ts';
import { type ClickHouse, ensureTables, openClickHouse } from '../runtime/clickhouse.ts';
import type { RecordSet } from '../runtime/kafka/record-log.ts';
import { createLogger } from '../runtime/logger.ts';
import { versionsSql } from '../schemas/chain-sql.ts';
import { encodeEvent } from '../schemas/codec.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import { createGeneration, type Generation } from '../schemas/generation.ts';
import { type BatchRun, viewTable } from '../schemas/layout-clickhouse.ts';
import { emptyLedger } from '../schemas/layout-redis.ts';
import { itemTotals, type LogEntry, orderTotals, prefixOf } from '../schemas/oracle.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { createArchiveBlockBuilder } from './archive-block.ts';
import { type BatchRunnerOptions, createBatchRunner, runLimits } from './batch-runner.ts';
import type { SpeedPosition } from './choose-tidemark.ts';
import { createClickHouseArchiveStore } from './clickhouse-archive-store.ts';
import { createClickHouseRunStore } from './clickhouse-run-store.ts';
import type { AbsorbedEpoch } from './speed-state.ts';

export const hourMs = 3_600_000;
const hashKey = '000102030405060708090a0b0c0d0e0f';

export interface Held {
  readonly event: OrderEvent;
  readonly timestampMs: number;
}

function recordSet(partition: number, from: number, held: readonly Held[]): RecordSet {
  return {
    partition,
    from,
    next: from + held.length,
    highWatermark: 0,
    logStart: 0,
    walk(visitor) {
      for (const [i, { event, timestampMs }] of held.entries()) {
        const key = Buffer.from(event.orderId);
        visitor.record({ offset: from + i, timestampMs, key, value: encodeEvent(event), headers: [] });
      }
    },
  };
}

/** An epoch as speed would have counted these events, of [from, to). */
export function epochOf(
  generation: Generation,
  from: number,
  to: number,
  counted: readonly OrderEvent[],
): AbsorbedEpoch {
  const cells = emptyCells(generation.definition);
  for (const event of counted) compileFold(generation).add(event, cells);
  const deferred = to - from - counted.length;
  const ledger = { ...emptyLedger(), counted: counted.length, deferred, newest: 0, cells: [], facts: [] };
  return { from, to, cells, ledger };
}

interface SpeedAsSaid {
  positions: (SpeedPosition | undefined)[];
  epochs: (AbsorbedEpoch[] | undefined)[];
}

/** A database of its own, and a world for each generation in it. */
export function openRunWorlds(clickhouseUrl: string) {
  const options = {
    clickhouseUrl,
    clickhouseUser: 'default',
    clickhousePassword: '',
    clickhouseDatabase: `t${randomBytes(5).toString('hex')}`,
  };
  const clickhouse = openClickHouse(options);

  async function open(topic: string, partitions = 1) {
    const generation = createGeneration({ topic, partitions, horizonMs: hourMs, hashKey });
    await ensureTables(options, generation, 0);
    const speed: SpeedAsSaid = { positions: [], epochs: [] };
    const log: LogEntry[] = [];
    const begins = Array.from({ length: partitions }, () => 0);

    async function runnerOn(on: ClickHouse, changes: Partial<BatchRunnerOptions> = {}) {
      const runner = createBatchRunner({
        runs: createClickHouseRunStore(on, generation),
        archive: createClickHouseArchiveStore(on, generation, () => 0),
        generation,
        limits: runLimits,
        speedState: {
          positions: async () => begins.map((_, p) => speed.positions[p]),
          epochs: async (partition) => speed.epochs[partition],
          askForCut: async () => undefined,
          announceRun: async () => undefined,
        },
        log: createLogger('test', 'silent'),
        clock: () => Date.now(),
        randomBits: () => randomBytes(4).readUInt32BE(),
        nudgeArchiver: () => undefined,
        checkArchive: async () => undefined,
        ...changes,
      });
      await runner.begin(begins);
      return runner;
    }

    /** What a run's views hold, all rollups of one grain alike. */
    async function totals(run: BatchRun) {
      const links = await readRunLinks(clickhouse, generation, run.base);
      const params = {
        generation: generation.id,
        run: run.run,
        base: run.base,
        offChain: runsOffChain(links, run.run),
      };
      return Promise.all(
        generation.definition.rollups.map(async (rollup) => {
          const sums = rollup.measures.map((name) => `toString(sum(${name})) AS ${name}`).join(', ');
          const sql = `SELECT ${sums} FROM ${viewTable(generation, rollup)} WHERE (chunk, run) IN (${versionsSql()})`;
          const [row] = await clickhouse.query<Record<string, string>>(sql, params);
          return Object.fromEntries(Object.entries(row!).map(([name, text]) => [name, Number(text)]));
        }),
      );
    }

    return {
      generation,
      speed,
      runnerOn,
      /** Archives and remembers what a partition of the log holds from `from` on. */
      async lay(partition: number, from: number, held: readonly Held[], on: ClickHouse = clickhouse) {
        for (const [i, { event, timestampMs }] of held.entries()) {
          const offset = from + i;
          if (log.some((entry) => entry.partition === partition && entry.offset === offset)) continue;
          log.push({ partition, offset, timestampMs, event });
        }
        const builder = createArchiveBlockBuilder(generation);
        builder.add(recordSet(partition, from, held));
        await createClickHouseArchiveStore(on, generation, () => 0).insert(builder.take()!);
      },
      /** The run's views (the current one's), all rollups, equal the naive count of the log below its V. */
      async expectExact(asked?: BatchRun): Promise<BatchRun> {
        const run = asked ?? (await readCurrentRun(clickhouse, generation))!;
        const { counted } = prefixOf(log, run.tidemark, run.tidemark, hourMs);
        expect(run.counted.reduce((a, b) => a + b, 0)).toBe(counted.length);
        const orders = orderTotals(counted, () => 'all').get('all');
        const items = itemTotals(counted, () => 'all').get('all');
        for (const [i, found] of (await totals(run)).entries()) {
          const { grain, measures } = generation.definition.rollups[i]!;
          const expected: Record<string, number> = { ...(grain === 'order' ? orders : items) };
          expect(found).toEqual(Object.fromEntries(measures.map((name) => [name, expected[name] ?? 0])));
        }
        return run;
      },
    };
  }

  return {
    clickhouse,
    open,
    async [Symbol.asyncDispose]() {
      await clickhouse.command(`DROP DATABASE ${options.clickhouseDatabase}`);
      await clickhouse.close();
    },
  };
}

export interface Statement {
  readonly kind: 'query' | 'write';
  /** SQL of a statement, or INSERT INTO a table. */
  readonly sql: string;
}

/** ClickHouse where each statement goes through `around`, which may fail before or after it, or hold it back. */
export function intercept(
  clickhouse: ClickHouse,
  around: (statement: Statement, apply: () => Promise<unknown>) => Promise<unknown>,
): ClickHouse {
  return {
    ...clickhouse,
    query: async <Row>(sql: string, ...rest: unknown[]) => {
      const [params, options] = rest as [Record<string, unknown>?, { timeoutMs?: number }?];
      return (await around({ kind: 'query', sql }, () => clickhouse.query(sql, params, options))) as Row[];
    },
    command: async (sql, params) => {
      await around({ kind: 'write', sql }, () => clickhouse.command(sql, params));
    },
    insertRows: async (table, rows) => {
      await around({ kind: 'write', sql: `INSERT INTO ${table}` }, () => clickhouse.insertRows(table, rows));
    },
    insertBinary: async (table, columns, bytes) => {
      await around({ kind: 'write', sql: `INSERT INTO ${table}` }, () =>
        clickhouse.insertBinary(table, columns, bytes),
      );
    },
  };
}
